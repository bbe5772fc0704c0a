// A session that ran out: the password is asked for over the page, which stays as it is.

import { h, uniqueId } from "../../dom.js";
import { strings } from "../../strings/index.js";
import { summaryLine } from "../parts/field.js";
import { whenSent } from "../parts/sending.js";
import { passwordField } from "./password-field.js";

const words = strings.again;

/**
 * Asks; settles with whether the person is signed in again. `signal` ends it: they are, by another way, or shall not be.
 *
 * @param {object} needs
 * @param {string} needs.email
 * @param {(password: string) => Promise<unknown>} needs.onSubmit raises ApiError
 * @param {AbortSignal} needs.signal its reason is `true` where they are signed in
 * @returns {Promise<boolean>}
 */
export function askToSignInAgain({ email, onSubmit, signal }) {
  return new Promise((resolve) => {
    const titleId = uniqueId("again");
    const password = passwordField({ label: words.password, name: "password", isNew: false });
    const summary = summaryLine();
    const submit = h("button", { type: "submit", class: "primary-button" }, words.logIn);
    const leave = h("button", { type: "button", class: "quiet-button", on: { click: () => end(false) } }, words.leave);
    const form = h(
      "form",
      { class: "again-form" },
      h("h2", { id: titleId }, words.title),
      h("p", {}, words.about(email)),
      h("input", {
        type: "email",
        name: "email",
        autocomplete: "username",
        value: email,
        readonly: true,
        hidden: true,
      }),
      password.node,
      summary,
      h("div", { class: "field-row" }, leave, h("span", { class: "spring" }), submit),
    );
    const dialog = h("dialog", { class: "sheet again", "aria-labelledby": titleId }, form);
    let ended = false;

    /** @param {boolean} signedIn */
    function end(signedIn) {
      if (ended) return;
      ended = true;
      dialog.close();
      dialog.remove();
      resolve(signedIn);
    }

    dialog.addEventListener("cancel", (event) => event.preventDefault());
    // A browser may close it all the same; but only an answer ends it.
    dialog.addEventListener("close", () => {
      if (!ended) dialog.showModal();
    });
    signal.addEventListener("abort", () => end(signal.reason === true), { once: true });
    const run = async () => {
      await onSubmit(password.input.value);
      end(true);
    };
    whenSent({ form, button: submit, fields: new Map([["password", password]]), summary, run });
    document.body.append(dialog);
    dialog.showModal();
    password.input.focus();
  });
}
