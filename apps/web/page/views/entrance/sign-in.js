// Signing up and logging in.

import { h, setText } from "../../dom.js";
import { strings } from "../../strings/index.js";
import { summaryLine } from "../parts/field.js";
import { whenSent } from "../parts/sending.js";
import { emailField } from "./email-field.js";
import { entrance } from "./entrance.js";
import { passwordField } from "./password-field.js";

/** @import { Credentials } from "../../../types/chat-api.js" */
/** @typedef {"login" | "signup"} Mode */

/**
 * The view; `onSubmit` signs in or raises ApiError. `notice` says why one is here; who is invited signs up.
 *
 * @param {object} needs
 * @param {(mode: Mode, credentials: Credentials) => Promise<void>} needs.onSubmit
 * @param {(email: () => string) => void} needs.onForgot is handed what says what is typed as an address by then
 * @param {string} [needs.notice]
 * @param {boolean} [needs.invited]
 */
export function signInView({ onSubmit, onForgot, notice = "", invited = false }) {
  /** @type {Mode} */
  let mode = invited ? "signup" : "login";
  const email = emailField({ label: strings.signIn.email, autocomplete: "username" });
  const password = passwordField({ label: strings.signIn.password, name: "password", isNew: invited });
  const summary = summaryLine();
  const title = h("h1", {});
  const submit = h("button", { type: "submit", class: "primary-button" });
  const other = h("span", {});
  const swap = h("button", {
    type: "button",
    class: "link-button",
    on: { click: () => setMode(mode === "login" ? "signup" : "login") },
  });
  const forgot = h(
    "button",
    { type: "button", class: "link-button forgot", on: { click: () => onForgot(() => email.input.value.trim()) } },
    strings.signIn.forgot,
  );
  const fields = new Map(
    /** @type {[string, typeof email | typeof password][]} */ ([
      ["email", email],
      ["password", password],
    ]),
  );

  /** @param {Mode} next */
  function setMode(next) {
    mode = next;
    const words = strings.signIn[mode];
    setText(title, words.title);
    setText(submit, words.button);
    setText(other, words.other);
    setText(swap, words.swap);
    password.setNew(mode === "signup");
    forgot.hidden = mode === "signup";
    for (const one of fields.values()) one.setError();
    summary.hidden = true;
    if (email.node.isConnected) email.input.focus();
  }

  const form = h("form", { class: "sign-in-form" }, title, email.node, password.node, summary, submit, forgot);
  whenSent({
    form,
    button: submit,
    fields,
    summary,
    run: () => onSubmit(mode, { email: email.input.value.trim(), password: password.input.value }),
  });
  const node = entrance({ notice, card: [form, h("p", { class: "sign-in-other" }, other, " ", swap)] });
  setMode(mode);
  return { node, focus: () => email.input.focus() };
}
