// A dialog over the page: a card on a wide screen, a sheet from below on a phone. Escape and the page's Back close it.

import { find, h, rememberFocus, uniqueId } from "../../dom.js";
import { icon } from "../../icons.js";
import { strings } from "../../strings/index.js";
import { sayWhatIsCut } from "./cut-short.js";

/**
 * @import { Child } from "../../dom.js"
 * @import { Toaster } from "../../notices/toaster.js"
 */

/**
 * Opens a modal dialog. The focus goes back to where it was. What it returns closes it, or asks to (`ask`), as the person
 * does by Escape and its button.
 *
 * @param {object} sheet
 * @param {string} sheet.title
 * @param {Child | Child[]} sheet.body
 * @param {Child[]} [sheet.footer]
 * @param {Toaster} sheet.toaster
 * @param {() => boolean} [sheet.mayClose] whether the person may just close it; where not, it asks
 * @param {() => void} [sheet.onClose] is called once it is closed, by whatever way
 */
export function openSheet({ title, body, footer, toaster, mayClose = () => true, onClose = () => {} }) {
  const returnFocus = rememberFocus();
  const titleId = uniqueId("sheet");
  const dialog = h(
    "dialog",
    { class: "sheet", "aria-labelledby": titleId },
    h(
      "div",
      { class: "sheet-head" },
      h("h2", { id: titleId }, title),
      h(
        "button",
        { type: "button", class: "icon-button", "aria-label": strings.sheet.close, on: { click: ask } },
        icon("close"),
      ),
    ),
    h("div", { class: "sheet-body" }, body),
    footer ? h("div", { class: "sheet-foot" }, footer) : null,
  );

  function close() {
    dialog.close();
  }

  function ask() {
    if (mayClose()) close();
  }

  dialog.addEventListener("cancel", (event) => {
    if (event.target === dialog && !mayClose()) event.preventDefault();
  });
  dialog.addEventListener("close", () => {
    toaster.moveTo(document.querySelector("dialog[open]"));
    dialog.remove();
    returnFocus();
    onClose();
  });
  // A press that begins and ends on the backdrop closes; one that began in a field, selecting text, does not.
  let onBackdrop = false;
  dialog.addEventListener("pointerdown", (event) => {
    onBackdrop = event.target === dialog;
  });
  dialog.addEventListener("click", (event) => {
    if (event.target === dialog && onBackdrop) ask();
  });
  // What is entered is saved from wherever one is in the form.
  dialog.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey)) return;
    event.preventDefault();
    find(dialog, "button[type=submit]:not(:disabled)", HTMLElement)?.click();
  });
  sayWhatIsCut(dialog, (text) => toaster.show({ text, kind: "problem", key: "cut-short", seconds: 15 }));
  document.body.append(dialog);
  dialog.showModal();
  toaster.moveTo(dialog);
  return { dialog, close, ask };
}
