// A sheet with one form, which closes when that went through. Nothing of it is kept, as there are passwords in it: it asks
// before it closes over what was typed.

import { h, uniqueId } from "../../dom.js";
import { strings } from "../../strings/later.js";
import { summaryLine } from "../parts/field.js";
import { whenSent } from "../parts/sending.js";
import { openSheet } from "../parts/sheet.js";

/**
 * @import { Child } from "../../dom.js"
 * @import { Toaster } from "../../notices/toaster.js"
 * @import { Checked } from "../parts/sending.js"
 */

/**
 * Opens it, with the first field focused.
 *
 * @param {object} about
 * @param {string} about.title
 * @param {Child[]} [about.intro] stands above the fields
 * @param {Map<string, Checked>} about.fields by their names in the body
 * @param {string} about.button
 * @param {boolean} [about.danger] whether it cannot be undone
 * @param {() => Promise<unknown>} about.run sends it, or raises ApiError
 * @param {() => Child[]} [about.after] what is shown in place of the form then, rather than nothing
 * @param {Toaster} about.toaster
 * @param {() => void} about.onClose
 */
export function openFormSheet({ title, intro = [], fields, button, danger = false, run, after, toaster, onClose }) {
  const id = uniqueId("account-form");
  const summary = summaryLine();
  const submit = h("button", { type: "submit", class: `primary-button ${danger ? "danger" : ""}`, form: id }, button);
  const inputs = [...fields.values()].map(({ node }) => node);
  const form = h("form", { id }, intro, inputs, summary);
  const body = h("div", {}, form);
  const cancel = h(
    "button",
    { type: "button", class: "quiet-button", on: { click: () => sheet.ask() } },
    strings.accountForm.cancel,
  );
  const notice = h("div", { class: "notice", role: "alert", hidden: true });
  const begun = held(form);
  const sheet = openSheet({
    title,
    body,
    footer: [notice, h("span", { class: "spring" }), cancel, submit],
    toaster,
    mayClose,
    onClose,
  });
  whenSent({ form, button: submit, fields, summary, run: send });
  inputs[0]?.querySelector("input")?.focus();

  function mayClose() {
    if (!form.isConnected || held(form) === begun) return true;
    const { unsaved, goOn, discard } = strings.draft;
    const keep = answer(goOn, "", () => {
      notice.hidden = true;
      inputs[0]?.querySelector("input")?.focus();
    });
    const drop = answer(discard, "danger", () => sheet.close());
    notice.replaceChildren(h("p", {}, unsaved), h("p", { class: "field-row" }, keep, drop));
    notice.hidden = false;
    keep.focus();
    return false;
  }

  async function send() {
    notice.hidden = true;
    await run();
    if (!after) return sheet.close();
    body.replaceChildren(...after().filter((part) => part instanceof Node));
    submit.remove();
    cancel.textContent = strings.accountForm.done;
    cancel.focus();
  }

  return sheet;
}

/**
 * What a form's fields hold, to be compared.
 *
 * @param {HTMLFormElement} form
 */
function held(form) {
  const entries = [...form.querySelectorAll("input, select")].map((one) =>
    one instanceof HTMLInputElement && one.type === "checkbox"
      ? one.checked
      : /** @type {HTMLInputElement} */ (one).value,
  );
  return JSON.stringify(entries);
}

/**
 * @param {string} label
 * @param {string} kind
 * @param {() => void} click
 */
function answer(label, kind, click) {
  return h("button", { type: "button", class: `quiet-button ${kind}`, on: { click } }, label);
}
