// A dialog over the page: a card on a wide screen, a sheet from below on a phone. Escape and the page's Back close it.

import { find, h, rememberFocus, uniqueId } from "../dom.js";
import { icon } from "../icons.js";
import { strings } from "../strings/index.js";

/**
 * @import { Child } from "../dom.js"
 * @import { Toaster } from "../notices/toaster.js"
 */

/**
 * Opens a modal dialog. The focus goes back to where it was.
 *
 * @param {object} sheet
 * @param {string} sheet.title
 * @param {Child | Child[]} sheet.body
 * @param {Child[]} [sheet.footer]
 * @param {Toaster} sheet.toaster
 * @param {() => void} [sheet.onClose] is called once it is closed, by whatever way
 */
export function openSheet({ title, body, footer, toaster, onClose = () => {} }) {
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
        { type: "button", class: "icon-button", "aria-label": strings.sheet.close, on: { click: close } },
        icon("close"),
      ),
    ),
    h("div", { class: "sheet-body" }, body),
    footer ? h("div", { class: "sheet-foot" }, footer) : null,
  );

  function close() {
    dialog.close();
  }

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
    if (event.target === dialog && onBackdrop) close();
  });
  // What is entered is saved from wherever one is in the form.
  dialog.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey)) return;
    event.preventDefault();
    find(dialog, "button[type=submit]:not(:disabled)", HTMLElement)?.click();
  });
  document.body.append(dialog);
  dialog.showModal();
  toaster.moveTo(dialog);
  return { dialog, close };
}
