// The keyboard shortcuts, as a sheet.

import { h } from "../dom.js";
import { openSheet } from "./sheet.js";

/** @import { Toaster } from "../notices/toaster.js" */

const KEYS = [
  ["n", "New task"],
  ["/", "Search"],
  ["c", "Chat"],
  ["↓ ↑", "Next and previous task"],
  ["Space", "Mark the task done, or open again"],
  ["Enter", "Open the task"],
  ["z", "Undo"],
  ["Esc", "Close, or leave a field"],
  ["?", "This help"],
];

/**
 * Opens it.
 *
 * @param {{toaster: Toaster, onClose: () => void}} needs
 */
export function openHelp({ toaster, onClose }) {
  const entries = KEYS.map(([keys, words]) => {
    const pressed = keys.split(" ").map((key) => h("kbd", {}, key));
    return h("div", {}, h("dt", {}, pressed), h("dd", {}, words));
  });
  const list = h("dl", { class: "keys" }, entries);
  return openSheet({ title: "Keyboard shortcuts", body: list, toaster, onClose });
}
