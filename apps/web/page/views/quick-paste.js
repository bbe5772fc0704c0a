// Several lines pasted into the line for new tasks: several tasks, or one.

import { h } from "../dom.js";

const MOST = 50;
const BULLET = /^\s*(?:[-*•]\s+)?(?:\[[ xX]?\]\s+)?/;

/**
 * Watches the empty field; `onLines` is called with the lines that are to become tasks, `onOne` with all of them as one.
 *
 * @param {{input: HTMLInputElement, onLines: (lines: string[]) => void, onOne: (line: string) => void}} needs
 */
export function quickPaste({ input, onLines, onOne }) {
  const node = h("div", { class: "quick-paste", role: "group", "aria-label": "Pasted lines", hidden: true });
  input.addEventListener("paste", (event) => {
    const lines = linesOf(event.clipboardData?.getData("text/plain") ?? "");
    if (input.value || lines.length < 2 || lines.length > MOST) return;
    event.preventDefault();
    offer(lines);
  });

  function close() {
    node.hidden = true;
  }

  /** @param {string[]} lines */
  function offer(lines) {
    const several = () => {
      close();
      onLines(lines);
    };
    const one = () => {
      close();
      onOne(lines.join(" ").slice(0, input.maxLength));
      input.focus();
    };
    node.replaceChildren(
      h("p", { role: "status" }, `You pasted ${lines.length} lines.`),
      h("button", { type: "button", class: "chip-button", on: { click: several } }, `Add ${lines.length} tasks`),
      h("button", { type: "button", class: "chip-button", on: { click: one } }, "Put them in one line"),
    );
    node.hidden = false;
  }

  return { node, close };
}

/** @param {string} text */
function linesOf(text) {
  return text
    .split(/[\r\n]+/)
    .map((line) => line.replace(BULLET, "").trim())
    .filter(Boolean);
}
