// Deleting the account: what that means, what outlives it, and the password.

import { h } from "../../dom.js";
import { passwordField } from "../password-field.js";
import { openFormSheet } from "./form-sheet.js";

/** @import { AccountNeeds } from "./account.js" */

const OUTLIVES = [
  "A hash of the account’s random id, for good: by it a backup that is restored is erased again.",
  "In the audit trail, that something changed and when; what you wrote there nobody can read any more.",
  "Events on their way between services, for up to 14 days.",
  "Backups and logs, as long as whoever runs this installation keeps them.",
];

/**
 * Opens it; the page goes with the account.
 *
 * @param {AccountNeeds} needs
 */
export function openDeletion({ toaster, go, onDelete, onClose }) {
  const password = passwordField({ label: "Your password, to confirm", name: "password", isNew: false });
  const words = "Download everything";
  const back = h("button", { type: "button", class: "link-button", on: { click: () => go("/account") } }, words);
  const points = OUTLIVES.map((one) => h("li", {}, one));
  const erased = "Your tasks, repeats, reminders, chats and settings are erased within minutes. There is no way back. ";
  return openFormSheet({
    title: "Delete your account?",
    intro: [
      h("p", {}, "It closes at once, for good: nobody logs in to it, and every session, token and reminder ends."),
      h("p", {}, erased, back, " first."),
      h("div", {}, h("p", {}, "What outlives it:"), h("ul", { class: "points" }, points)),
    ],
    fields: new Map([["password", password]]),
    button: "Delete the account",
    danger: true,
    run: () => onDelete(password.input.value),
    toaster,
    onClose,
  });
}
