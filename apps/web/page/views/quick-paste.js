// Several lines pasted into the line for new tasks: several tasks, or one.

import { h } from "../dom.js";
import { strings } from "../strings/index.js";

const MOST = 50;
const BULLET = /^\s*(?:[-*•]\s+)?(?:\[[ xX]?\]\s+)?/;

/**
 * Watches the empty field; `onLines` is called with the lines that are to become tasks, `onOne` with all of them as one.
 *
 * @param {{input: HTMLInputElement, onLines: (lines: string[]) => void, onOne: (line: string) => void}} needs
 */
export function quickPaste({ input, onLines, onOne }) {
  const node = h("div", { class: "quick-paste", role: "group", "aria-label": strings.pasted.label, hidden: true });
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
      h("p", { role: "status" }, strings.pasted.lines(lines.length)),
      h(
        "button",
        { type: "button", class: "chip-button", on: { click: several } },
        strings.pasted.addAll(lines.length),
      ),
      h("button", { type: "button", class: "chip-button", on: { click: one } }, strings.pasted.inOne),
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
