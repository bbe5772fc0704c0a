// Confirming an address by the link that was sent there. It takes a press: programs that look into mails open links.

import { h } from "../../dom.js";
import { strings } from "../../strings/later.js";
import { summaryLine } from "../parts/field.js";
import { whenSent } from "../parts/sending.js";
import { elsewhere, entrance } from "./entrance.js";

/**
 * Asks; `onConfirm` gives the address to the account or raises ApiError.
 *
 * @param {{onConfirm: () => Promise<unknown>, onLeave: () => void}} needs
 */
export function confirmEmailView({ onConfirm, onLeave }) {
  const summary = summaryLine();
  const submit = h("button", { type: "submit", class: "primary-button" }, strings.confirmEmail.confirm);
  const form = h(
    "form",
    { class: "sign-in-form" },
    h("h1", {}, strings.confirmEmail.title),
    h("p", {}, strings.confirmEmail.intro),
    summary,
    submit,
  );
  whenSent({ form, button: submit, fields: new Map(), summary, run: onConfirm });
  return {
    node: entrance({ card: [form, elsewhere(strings.confirmEmail.notNow, onLeave)] }),
    focus: () => submit.focus(),
  };
}
