// Where the person is logged in, and ending that.

import { h } from "../../dom.js";
import { deviceLabel } from "../../domain/browsers.js";
import { dayLabel, distanceLabel, withinSentence } from "../../domain/labels.js";
import { strings } from "../../strings/later.js";
import { openSheet } from "../parts/sheet.js";
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
    name: current ? strings.sessions.thisOne(deviceLabel(device)) : deviceLabel(device),
    title: device ?? undefined,
    details: [
      strings.sessions.since(
        withinSentence(dayLabel(created_at, clock)),
        distanceLabel(new Date(last_used_at), clock.now()),
      ),
    ],
    end: current ? null : strings.sessions.end,
  });
  const list = entryList({ api, path: "/api/v1/auth/sessions", words, empty: strings.sessions.none });
  return openSheet({
    title: strings.sessions.title,
    body: [h("p", { class: "intro" }, strings.sessions.intro), ...list],
    toaster,
    onClose,
  });
}
