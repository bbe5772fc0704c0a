// Confirming an address by the link that was sent there. It takes a press: programs that look into mails open links.

import { h } from "../dom.js";
import { elsewhere, entrance } from "./entrance.js";
import { summaryLine } from "./field.js";
import { whenSent } from "./sending.js";

/**
 * Asks; `onConfirm` gives the address to the account or raises ApiError.
 *
 * @param {{onConfirm: () => Promise<unknown>, onLeave: () => void}} needs
 */
export function confirmEmailView({ onConfirm, onLeave }) {
  const summary = summaryLine();
  const submit = h("button", { type: "submit", class: "primary-button" }, "Confirm");
  const form = h(
    "form",
    { class: "sign-in-form" },
    h("h1", {}, "Confirm your e-mail address"),
    h(
      "p",
      {},
      "The address to which this link was sent becomes the one of your account. You log in with it from then on.",
    ),
    summary,
    submit,
  );
  whenSent({ form, button: submit, fields: new Map(), summary, run: onConfirm });
  return { node: entrance({ card: [form, elsewhere("Not now", onLeave)] }), focus: () => submit.focus() };
}
