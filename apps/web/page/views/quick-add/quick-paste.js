// Watches for what is pasted into a line for new tasks and is more than it takes: several lines, or a long one.

import { h } from "../../dom.js";
import { strings } from "../../strings/index.js";

/**
 * @typedef {object} PasteNeeds
 * @property {HTMLInputElement} input
 * @property {(lines: string[]) => void} onLines is called with the lines that are to become tasks
 * @property {(pasted: Pasted) => void} onPasted asks what is to become of it
 * @property {(pieces: string[]) => void} onRest is called with what did not fit into the field, in pieces that do
 */

/**
 * @typedef {PasteNeeds & {text: string, say: (...parts: (string | Node)[]) => void, close: () => void}} Pasted A text, and
 *   what says something about it below the field.
 */

/** @param {PasteNeeds} needs */
export function quickPaste(needs) {
  const { input } = needs;
  const node = h("div", { class: "quick-paste", role: "group", "aria-label": strings.pasted.label, hidden: true });
  input.addEventListener("paste", (event) => {
    if (take(event.clipboardData?.getData("text/plain") ?? "")) event.preventDefault();
  });

  /**
   * Asks about a text that is more than the field takes; says whether it is.
   *
   * @param {string} pasted
   */
  function take(pasted) {
    const text = pasted.trim();
    if (text.length <= input.maxLength - input.value.length && !/[\r\n]/.test(text)) return false;
    needs.onPasted({ ...needs, text, say, close });
    return true;
  }

  /** @param {...(string | Node)} parts */
  function say(...parts) {
    node.replaceChildren(...parts);
    node.hidden = false;
  }

  function close() {
    node.hidden = true;
  }

  return { node, close, take };
}
