// Deleting the account: what that means, what outlives it, and the password.

import { h } from "../../dom.js";
import { strings } from "../../strings/later.js";
import { passwordField } from "../entrance/password-field.js";
import { openFormSheet } from "./form-sheet.js";

/** @import { AccountNeeds } from "./account.js" */

const words = strings.deletion;

/**
 * Opens it; the page goes with the account.
 *
 * @param {AccountNeeds} needs
 */
export function openDeletion({ toaster, go, onDelete, onClose }) {
  const password = passwordField({ label: words.password, name: "password", isNew: false });
  const back = h(
    "button",
    { type: "button", class: "link-button", on: { click: () => go("/account") } },
    words.download,
  );
  const points = words.points.map((one) => h("li", {}, one));
  return openFormSheet({
    title: words.title,
    intro: [
      h("p", {}, words.closes),
      h("p", {}, words.erased, back, words.first),
      h("div", {}, h("p", {}, words.outlives), h("ul", { class: "points" }, points)),
    ],
    fields: new Map([["password", password]]),
    button: words.button,
    danger: true,
    run: () => onDelete(password.input.value),
    toaster,
    onClose,
  });
}
