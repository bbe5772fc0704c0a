// Several lines pasted into a line for new tasks: several tasks, or one. What is typed there stays.

import { h } from "../../dom.js";
import { strings } from "../../strings/index.js";

const MOST = 50;
const BULLET = /^\s*(?:[-*+•–]\s+)?(?:\[[ xX]?\]\s+|[☐☑☒✓✔]\s*)?/u;
const NUMBER = /^\s*\d{1,3}[.)]\s+/;

/**
 * Watches the field; `onLines` is called with the lines that are to become tasks.
 *
 * @param {{input: HTMLInputElement, onLines: (lines: string[]) => void}} needs
 */
export function quickPaste({ input, onLines }) {
  const node = h("div", { class: "quick-paste", role: "group", "aria-label": strings.pasted.label, hidden: true });
  input.addEventListener("paste", (event) => {
    const lines = linesOf(event.clipboardData?.getData("text/plain") ?? "");
    if (lines.length < 2) return;
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
      insert(lines.join(" "));
      input.focus();
    };
    const { lines: counted, addAll, inOne, tooMany } = strings.pasted;
    const fits = lines.length <= MOST;
    node.replaceChildren(
      h("p", { role: "status" }, counted(lines.length), fits ? "" : ` ${tooMany(MOST)}`),
      ...(fits ? [button(addAll(lines.length), several)] : []),
      button(inOne, one),
    );
    node.hidden = false;
  }

  /**
   * Puts a text where the caret is, as pasting it would, and no more of it than the field takes.
   *
   * @param {string} text
   */
  function insert(text) {
    const [start, end] = [input.selectionStart ?? input.value.length, input.selectionEnd ?? input.value.length];
    const apart = /\S$/.test(input.value.slice(0, start)) ? ` ${text}` : text;
    const room = input.maxLength - (input.value.length - (end - start));
    input.setRangeText(apart.slice(0, Math.max(0, room)), start, end, "end");
    input.dispatchEvent(new InputEvent("input", { bubbles: true, inputType: "insertFromPaste" }));
  }

  return { node, close };
}

/**
 * @param {string} label
 * @param {() => void} click
 */
function button(label, click) {
  return h("button", { type: "button", class: "chip-button", on: { click } }, label);
}

/**
 * The lines of a list, without what marks them as one: a number does where each has one.
 *
 * @param {string} text
 */
function linesOf(text) {
  const lines = text.split(/[\r\n]+/).filter((line) => line.trim());
  const mark = lines.every((line) => NUMBER.test(line)) ? NUMBER : "";
  return lines.map((line) => line.replace(mark, "").replace(BULLET, "").trim()).filter(Boolean);
}
