// A text field of one line whose words can be marked.

import { h } from "../../dom.js";
import { moved, pieces } from "../../domain/line.js";

/** @import { Stretch } from "../../../types/chat-api.js" */

/** @typedef {Stretch & {kind: "read" | "unread"}} Mark */

/**
 * The field, with what opens `beside` it; `onInput(before)` is told what it held until then.
 *
 * @param {{input: HTMLInputElement, onInput: (before: string) => void, beside: Node}} needs
 */
export function lineField({ input, onInput, beside }) {
  // The words are drawn a second time, unseen, under the field: what is seen of them is the ground of the marks.
  const ground = h("div", { class: "quick-marks", "aria-hidden": "true" });
  /** @type {Mark[]} */
  let marks = [];
  let held = input.value;

  function draw() {
    const drawn = pieces(input.value, marks);
    ground.replaceChildren(
      ...drawn.map(({ text, stretch }) => (stretch ? h("mark", { class: `is-${stretch.kind}` }, text) : text)),
    );
    follow();
  }

  function follow() {
    ground.scrollLeft = input.scrollLeft;
  }

  function changed() {
    const before = held;
    held = input.value;
    marks = moved(marks, before, held);
    draw();
    onInput(before);
  }

  input.addEventListener("input", changed);
  for (const name of ["scroll", "keyup", "click", "blur"]) input.addEventListener(name, follow);

  return {
    node: h("div", { class: "quick-field" }, ground, input, beside),

    /** @param {Mark[]} next */
    mark(next) {
      marks = next;
      draw();
    },

    /** @param {string} text */
    set(text) {
      input.value = text;
      held = text;
      marks = [];
      draw();
    },
  };
}
