// Changing the password.

import { strings } from "../../strings/later.js";
import { passwordField } from "../entrance/password-field.js";
import { openFormSheet } from "./form-sheet.js";

/** @import { AccountNeeds } from "./account.js" */

/**
 * Opens it.
 *
 * @param {AccountNeeds} needs
 */
export function openNewPassword({ api, toaster, onClose }) {
  const current = passwordField({ label: strings.changePassword.present, name: "current", isNew: false });
  const next = passwordField({ label: strings.changePassword.next, name: "new", isNew: true });
  return openFormSheet({
    title: strings.changePassword.title,
    fields: new Map([
      ["current", current],
      ["new", next],
    ]),
    button: strings.changePassword.button,
    run: async () => {
      const body = { current: current.input.value, new: next.input.value };
      await api.json("POST", "/api/v1/auth/password", { body });
      toaster.show({ text: strings.changePassword.changed });
    },
    toaster,
    onClose,
  });
}
