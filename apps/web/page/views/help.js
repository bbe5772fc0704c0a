// The keyboard shortcuts, as a sheet.

import { find, h } from "../dom.js";
import { strings } from "../strings/later.js";
import { openSheet } from "./parts/sheet.js";

/** @import { Toaster } from "../notices/toaster.js" */

const words = { ...strings.help, ...strings.select.help };
const KEYS = [
  ["n", words.newTask],
  [words.ctrlK, words.palette],
  ["/", words.search],
  ["c", words.chat],
  ["j k ↓ ↑", words.nextAndPrevious],
  [words.space, words.toggle],
  [words.enter, words.open],
  ["t", words.today],
  [words.deleteKey, words.delete],
  ["x", words.select],
  [`${words.shift}+j ${words.shift}+k`, words.extend],
  [words.ctrlA, words.selectAll],
  [".", words.act],
  ["z", words.undo],
  [words.ctrlEnter, words.submit],
  [words.escape, words.close],
  ["?", words.help],
];

/**
 * Opens it.
 *
 * @param {{toaster: Toaster, onClose: () => void}} needs
 */
export function openHelp({ toaster, onClose }) {
  const entries = KEYS.map(([keys, meaning]) => {
    const pressed = keys.split(" ").map((key) => h("kbd", {}, key));
    return h("div", {}, h("dt", {}, pressed), h("dd", {}, meaning));
  });
  const list = h("dl", { class: "keys" }, entries);
  const sheet = openSheet({
    title: words.title,
    body: [list, ...[words.click, words.touch, words.about].map((text) => h("p", { class: "field-hint" }, text))],
    toaster,
    onClose,
  });
  // Nothing in it takes the focus, and who has keys alone scrolls it, too.
  find(sheet.dialog, ".sheet-body", HTMLElement)?.setAttribute("tabindex", "0");
  return sheet;
}
