// A lost password: asking for the link that sets another one, and setting it by that.

import { h } from "../../dom.js";
import { strings } from "../../strings/later.js";
import { summaryLine } from "../parts/field.js";
import { whenSent } from "../parts/sending.js";
import { emailField } from "./email-field.js";
import { elsewhere, entrance } from "./entrance.js";
import { passwordField } from "./password-field.js";

/**
 * Asks for the address to which the link is mailed; `onSend` raises ApiError. Whether there is such an account is not
 * said to anybody.
 *
 * @param {{email: string, onSend: (email: string) => Promise<unknown>, onLeave: () => void}} needs
 */
export function forgotView({ email: typed, onSend, onLeave }) {
  const email = emailField({ label: strings.signIn.email, autocomplete: "username", value: typed });
  const summary = summaryLine();
  const submit = h("button", { type: "submit", class: "primary-button" }, strings.lostPassword.send);
  const sent = h("p", { role: "status", tabindex: -1 });
  const form = h(
    "form",
    { class: "sign-in-form" },
    h("h1", {}, strings.lostPassword.title),
    h("p", {}, strings.lostPassword.intro),
    email.node,
    summary,
    submit,
    sent,
  );
  whenSent({ form, button: submit, fields: new Map([["email", email]]), summary, run: send });

  async function send() {
    const to = email.input.value.trim();
    await onSend(to);
    sent.textContent = strings.lostPassword.sent(to);
    submit.textContent = strings.lostPassword.sendAgain;
  }

  return {
    node: entrance({ card: [form, elsewhere(strings.lostPassword.logIn, onLeave)] }),
    focus: () => email.input.focus(),
  };
}

/**
 * Asks for the new password of whoever came by the link; `onSubmit` sets it or raises ApiError.
 *
 * @param {{onSubmit: (password: string) => Promise<unknown>, onLeave: () => void}} needs
 */
export function newPasswordView({ onSubmit, onLeave }) {
  const password = passwordField({ label: strings.newPassword.label, name: "password", isNew: true });
  const summary = summaryLine();
  const submit = h("button", { type: "submit", class: "primary-button" }, strings.newPassword.set);
  const form = h(
    "form",
    { class: "sign-in-form" },
    h("h1", {}, strings.newPassword.title),
    h("p", {}, strings.newPassword.intro),
    password.node,
    summary,
    submit,
  );
  const fields = new Map([["password", password]]);
  whenSent({ form, button: submit, fields, summary, run: () => onSubmit(password.input.value) });
  return {
    node: entrance({ card: [form, elsewhere(strings.lostPassword.logIn, onLeave)] }),
    focus: () => password.input.focus(),
  };
}
