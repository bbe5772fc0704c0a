// The keyboard shortcuts, as a sheet.

import { h } from "../dom.js";
import { openSheet } from "./sheet.js";

const KEYS = [
  ["n", "New task"],
  ["/", "Search"],
  ["c", "Chat"],
  ["↓ ↑", "Next and previous task"],
  ["Space", "Mark the task done, or open again"],
  ["Enter", "Open the task"],
  ["Esc", "Close, or leave a field"],
  ["?", "This help"],
];

/** Opens it. */
export function openHelp({ app, onClose }) {
  const list = h("dl", { class: "keys" }, KEYS.map(([keys, words]) => h("div", {}, h("dt", {}, keys.split(" ").map((key) => h("kbd", {}, key))), h("dd", {}, words))));
  return openSheet({ title: "Keyboard shortcuts", body: list, toaster: app.toaster, onClose });
}
