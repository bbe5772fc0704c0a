// Asking for another e-mail address, which counts once it is confirmed.

import { h } from "../../dom.js";
import { emailField } from "../email-field.js";
import { passwordField } from "../password-field.js";
import { openFormSheet } from "./form-sheet.js";

/**
 * @import { EmailAsked } from "../../../types/chat-api.js"
 * @import { AccountNeeds } from "./account.js"
 */

/**
 * Opens it.
 *
 * @param {AccountNeeds} needs
 */
export function openNewEmail({ api, toaster, onClose }) {
  const email = emailField({ label: "New e-mail address", autocomplete: "email" });
  const password = passwordField({ label: "Your password", name: "password", isNew: false });
  let mailed = true;
  return openFormSheet({
    title: "Change e-mail address",
    fields: new Map(
      /** @type {[string, typeof email | typeof password][]} */ ([
        ["email", email],
        ["password", password],
      ]),
    ),
    button: "Go on",
    run: async () => {
      const body = { email: email.input.value.trim(), password: password.input.value };
      /** @type {EmailAsked} */
      const answer = await api.json("POST", "/api/v1/auth/email", { body });
      mailed = answer.mailed;
    },
    after: () => [h("p", { role: "status" }, whatNow(email.input.value.trim(), mailed))],
    toaster,
    onClose,
  });
}

/**
 * @param {string} address
 * @param {boolean} mailed
 */
function whatNow(address, mailed) {
  const link = mailed
    ? `A link is on its way to ${address}. Open it within a day to confirm the address.`
    : `This installation sends no mail. Ask whoever runs it for the link that confirms ${address}.`;
  return `${link} Until then your account keeps the address that it has.`;
}
