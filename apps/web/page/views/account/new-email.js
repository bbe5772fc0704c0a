// Asking for another e-mail address, which counts once it is confirmed.

import { h } from "../../dom.js";
import { strings } from "../../strings/later.js";
import { emailField } from "../entrance/email-field.js";
import { passwordField } from "../entrance/password-field.js";
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
  const email = emailField({ label: strings.newEmail.label, autocomplete: "email" });
  const password = passwordField({ label: strings.accountForm.yourPassword, name: "password", isNew: false });
  let mailed = true;
  return openFormSheet({
    title: strings.newEmail.title,
    fields: new Map(
      /** @type {[string, typeof email | typeof password][]} */ ([
        ["email", email],
        ["password", password],
      ]),
    ),
    button: strings.newEmail.button,
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
  const link = mailed ? strings.newEmail.mailed(address) : strings.newEmail.notMailed(address);
  return `${link} ${strings.newEmail.untilThen}`;
}
