// Personal tokens: which there are, when they were used, and revoking them.

import { h } from "../../dom.js";
import { dayLabel, distanceLabel, withinSentence } from "../../domain/labels.js";
import { strings } from "../../strings/later.js";
import { openSheet } from "../parts/sheet.js";
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
    const used = last_used_at
      ? strings.tokens.lastUsed(distanceLabel(new Date(last_used_at), clock.now()))
      : strings.tokens.neverUsed;
    return {
      name,
      details: [
        [...SCOPES].flatMap(([scope, label]) => (scopes.includes(scope) ? label : [])).join(" · "),
        strings.tokens.ends(withinSentence(dayLabel(expires_at, clock)), used),
      ],
      end: strings.tokens.revoke,
      sure: strings.tokens.revokeNow,
    };
  };
  const list = entryList({ api, path: "/api/v1/auth/tokens", words, empty: strings.tokens.none });
  const make = () => go("/account/new-token");
  return openSheet({
    title: strings.tokens.title,
    body: [h("p", { class: "intro" }, strings.tokens.intro), ...list],
    footer: [
      h("span", { class: "spring" }),
      h("button", { type: "button", class: "primary-button", on: { click: make } }, strings.tokens.make),
    ],
    toaster,
    onClose,
  });
}
