// Personal tokens: which there are, when they were used, and revoking them.

import { h } from "../../dom.js";
import { dayLabel, distanceLabel, withinSentence } from "../../domain/labels.js";
import { openSheet } from "../sheet.js";
import { entryList } from "./entries.js";
import { SCOPES } from "./scopes.js";

/**
 * @import { TokenView } from "../../../types/chat-api.js"
 * @import { AccountNeeds } from "./account.js"
 */

/**
 * Opens it.
 *
 * @param {AccountNeeds} needs
 */
export function openTokens({ api, clock, toaster, go, onClose }) {
  const words = (/** @type {TokenView} */ { name, scopes, expires_at, last_used_at }) => {
    const used = last_used_at ? `last used ${distanceLabel(new Date(last_used_at), clock.now())}` : "never used";
    return {
      name,
      details: [
        [...SCOPES].flatMap(([scope, label]) => (scopes.includes(scope) ? label : [])).join(" · "),
        `Ends ${withinSentence(dayLabel(expires_at, clock))}, ${used}`,
      ],
      end: "Revoke",
      sure: "Revoke now",
    };
  };
  const intro = "A program that has a token does with your tasks what the token allows, and nothing with your account.";
  const list = entryList({ api, path: "/api/v1/auth/tokens", words, empty: "You have no tokens." });
  const make = () => go("/account/new-token");
  return openSheet({
    title: "Personal tokens",
    body: [h("p", { class: "intro" }, intro), ...list],
    footer: [
      h("span", { class: "spring" }),
      h("button", { type: "button", class: "primary-button", on: { click: make } }, "New token"),
    ],
    toaster,
    onClose,
  });
}
