// Where the person is logged in, and ending that.

import { h } from "../../dom.js";
import { deviceLabel } from "../../domain/browsers.js";
import { dayLabel, distanceLabel, withinSentence } from "../../domain/labels.js";
import { openSheet } from "../sheet.js";
import { entryList } from "./entries.js";

/**
 * @import { SessionView } from "../../../types/chat-api.js"
 * @import { AccountNeeds } from "./account.js"
 */

/**
 * Opens it.
 *
 * @param {AccountNeeds} needs
 */
export function openSessions({ api, clock, toaster, onClose }) {
  const words = (/** @type {SessionView} */ { device, created_at, last_used_at, current }) => ({
    name: current ? `${deviceLabel(device)} (this one)` : deviceLabel(device),
    title: device ?? undefined,
    details: [
      `Logged in ${withinSentence(dayLabel(created_at, clock))}, ` +
        `last renewed ${distanceLabel(new Date(last_used_at), clock.now())}`,
    ],
    end: current ? null : "Log out",
  });
  const intro = "A session is renewed now and then while it is used. What is logged out here stops within seconds.";
  const list = entryList({ api, path: "/api/v1/auth/sessions", words, empty: "There is none." });
  return openSheet({ title: "Sessions", body: [h("p", { class: "intro" }, intro), ...list], toaster, onClose });
}
