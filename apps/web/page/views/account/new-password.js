// Changing the password.

import { passwordField } from "../password-field.js";
import { openFormSheet } from "./form-sheet.js";

/** @import { AccountNeeds } from "./account.js" */

/**
 * Opens it.
 *
 * @param {AccountNeeds} needs
 */
export function openNewPassword({ api, toaster, onClose }) {
  const current = passwordField({ label: "Present password", name: "current", isNew: false });
  const next = passwordField({ label: "New password", name: "new", isNew: true });
  return openFormSheet({
    title: "Change password",
    fields: new Map([
      ["current", current],
      ["new", next],
    ]),
    button: "Change",
    run: async () => {
      const body = { current: current.input.value, new: next.input.value };
      await api.json("POST", "/api/v1/auth/password", { body });
      toaster.show({ text: "Your password is changed. Every other session has ended." });
    },
    toaster,
    onClose,
  });
}
