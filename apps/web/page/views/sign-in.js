// Signing up and logging in.

import { h, setText } from "../dom.js";
import { ApiError } from "../server/errors.js";
import { field, showErrors, summaryLine } from "./field.js";

/** @import { Credentials } from "../../types/chat-api.js" */
/** @typedef {"login" | "signup"} Mode */

const SHORTEST_PASSWORD = 8;

/** @type {Record<Mode, {title: string, button: string, other: string, swap: string, autocomplete: AutoFill}>} */
const WORDS = {
  login: {
    title: "Welcome back",
    button: "Log in",
    other: "New here?",
    swap: "Create an account",
    autocomplete: "current-password",
  },
  signup: {
    title: "Create your account",
    button: "Sign up",
    other: "Have an account?",
    swap: "Log in",
    autocomplete: "new-password",
  },
};

/**
 * The view; `onSubmit` signs in or raises ApiError. `notice` says why one is here.
 *
 * @param {{onSubmit: (mode: Mode, credentials: Credentials) => Promise<void>, notice?: string}} needs
 */
export function signInView({ onSubmit, notice = "" }) {
  /** @type {Mode} */
  let mode = "login";
  const email = field({
    label: "E-mail",
    input: h("input", {
      type: "email",
      name: "email",
      autocomplete: "username",
      inputmode: "email",
      required: true,
      maxlength: 255,
      spellcheck: "false",
    }),
  });
  const reveal = h("button", { type: "button", class: "quiet-button", "aria-pressed": "false" }, "Show");
  const password = field({
    label: "Password",
    input: h("input", { type: "password", name: "password", required: true }),
    extra: [reveal],
    hint: `At least ${SHORTEST_PASSWORD} characters.`,
    class: "password-field",
  });
  reveal.addEventListener("click", () => {
    const shown = password.input.type === "text";
    password.input.type = shown ? "password" : "text";
    reveal.setAttribute("aria-pressed", String(!shown));
    reveal.textContent = shown ? "Show" : "Hide";
  });
  const summary = summaryLine();
  const title = h("h1", {});
  const submit = h("button", { type: "submit", class: "primary-button" });
  const other = h("span", {});
  const swap = h("button", {
    type: "button",
    class: "link-button",
    on: { click: () => setMode(mode === "login" ? "signup" : "login") },
  });
  const fields = new Map([
    ["email", email],
    ["password", password],
  ]);

  /** @param {Mode} next */
  function setMode(next) {
    mode = next;
    const words = WORDS[mode];
    setText(title, words.title);
    setText(submit, words.button);
    setText(other, words.other);
    setText(swap, words.swap);
    password.input.autocomplete = words.autocomplete;
    password.node.classList.toggle("without-hint", mode === "login");
    for (const one of fields.values()) one.setError();
    summary.hidden = true;
    if (email.node.isConnected) email.input.focus();
  }

  /** What can be said without asking the server. */
  function check() {
    email.setError(email.input.validity.valid ? "" : "Enter an e-mail address, like ada@example.com.");
    const short = mode === "signup" && password.input.value.length < SHORTEST_PASSWORD;
    const missing = password.input.value === "";
    password.setError(missing ? "Enter your password." : short ? `Use at least ${SHORTEST_PASSWORD} characters.` : "");
    const wrong = !email.input.validity.valid ? email : missing || short ? password : null;
    wrong?.input.focus();
    return wrong === null;
  }

  /** @param {Event} event */
  async function send(event) {
    event.preventDefault();
    summary.hidden = true;
    if (!check()) return;
    submit.disabled = true;
    try {
      await onSubmit(mode, { email: email.input.value.trim(), password: password.input.value });
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      showErrors(error, fields, summary);
    } finally {
      submit.disabled = false;
    }
  }

  const form = h(
    "form",
    { class: "sign-in-form", novalidate: true, on: { submit: send } },
    title,
    email.node,
    password.node,
    summary,
    submit,
  );
  const node = h(
    "main",
    { class: "sign-in" },
    h(
      "p",
      { class: "brand brand-large" },
      h("img", { src: "/static/icon.svg", alt: "", width: 40, height: 40 }),
      "TaskFlow",
    ),
    notice ? h("p", { class: "notice", role: "status" }, notice) : null,
    h("div", { class: "card" }, form, h("p", { class: "sign-in-other" }, other, " ", swap)),
    h("p", { class: "sign-in-foot" }, "Tasks that repeat, remind, and stay the same in every tab."),
  );
  setMode(mode);
  return { node, focus: () => email.input.focus() };
}
