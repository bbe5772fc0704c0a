// Lines that did not become tasks: those that came back while another one was being typed, and those that a page which
// closed had on their way.

import { h, setText } from "../../dom.js";
import { taskOf } from "../../domain/line.js";
import { addDays, today } from "../../domain/zones.js";
import { strings } from "../../strings/index.js";

/**
 * @import { NewTask } from "../../../types/chat-api.js"
 * @import { Said } from "../../domain/line.js"
 * @import { Clock } from "../../domain/zones.js"
 * @import { Drafts } from "../../state/drafts.js"
 * @import { Line } from "../../state/line-reader.js"
 */

/**
 * @typedef {object} Sent What was entered: the line, and the day that was pressed.
 * @property {Line} line
 * @property {number | null} days from today
 */

/**
 * The list, which outlives the page; `onPutBack(sent)` is called for a line that the person wants to have in the field
 * again, `onAll` with all of them to be sent again, `onDiscard` after one that they do not want any more.
 *
 * @param {{drafts: Drafts, onPutBack: (sent: Sent) => void, onAll: (all: Sent[]) => void, onDiscard: () => void}} needs
 */
export function quickSending({ drafts, onPutBack, onAll, onDiscard }) {
  /** @type {Map<HTMLElement, {sent: Sent, release: () => void}>} */
  const kept = new Map();
  const list = h("ul");
  const all = h("button", { type: "button", class: "chip-button", on: { click: sendAll } });
  const node = h("div", { class: "quick-sending", hidden: true }, list);

  function draw() {
    node.hidden = kept.size === 0;
    if (kept.size > 1) node.append(all);
    else all.remove();
    setText(all, strings.pasted.addAll(kept.size));
  }

  function sendAll() {
    const lines = [...kept.values()].map(({ sent }) => sent);
    onAll(lines);
    for (const item of [...kept.keys()]) remove(item);
  }

  /** @param {HTMLElement} item */
  function remove(item) {
    item.remove();
    kept.get(item)?.release();
    kept.delete(item);
    draw();
  }

  return {
    node,

    /**
     * Keeps a line that did not become a task, with the reason.
     *
     * @param {Sent} sent
     * @param {string} reason
     */
    keep(sent, reason) {
      const text = sent.line.text.trim();
      const putBack = () => {
        onPutBack(sent);
        remove(item);
      };
      const discard = () => {
        remove(item);
        onDiscard();
      };
      const item = h(
        "li",
        { class: "is-kept" },
        h("p", { role: "alert" }, strings.quick.notAdded(text, reason)),
        h("button", { type: "button", class: "quiet-button", on: { click: putBack } }, strings.quick.putBack),
        h("button", { type: "button", class: "quiet-button", on: { click: discard } }, strings.quick.discard),
      );
      list.append(item);
      kept.set(item, { sent, release: drafts.hold("lines", sent) });
      draw();
    },
  };
}

/**
 * The task that is meant; of a line that could not be read, its text and the day pressed.
 *
 * @param {Said | null} meant
 * @param {Sent} sent
 * @param {Clock} clock
 * @returns {NewTask}
 */
export function newTaskOf(meant, { line, days }, clock) {
  const task = meant ? taskOf(meant) : { title: line.text.trim() };
  return task.due_date || days === null ? task : { ...task, due_date: addDays(today(clock.now(), clock.zone), days) };
}
