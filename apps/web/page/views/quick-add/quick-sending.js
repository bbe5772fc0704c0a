// Lines that did not become tasks and came back while another one was being typed.

import { h } from "../../dom.js";
import { taskOf } from "../../domain/line.js";
import { addDays, today } from "../../domain/zones.js";
import { strings } from "../../strings/index.js";

/**
 * @import { NewTask } from "../../../types/chat-api.js"
 * @import { Said } from "../../domain/line.js"
 * @import { Clock } from "../../domain/zones.js"
 * @import { Line } from "../../state/line-reader.js"
 */

/**
 * @typedef {object} Sent What was entered: the line, and the day that was pressed.
 * @property {Line} line
 * @property {number | null} days from today
 */

/**
 * The list; `onPutBack(sent)` is called for a line that the person wants to have in the field again, `onDiscard` after
 * one that they do not want any more.
 *
 * @param {{onPutBack: (sent: Sent) => void, onDiscard: () => void}} needs
 */
export function quickSending({ onPutBack, onDiscard }) {
  const list = h("ul", { class: "quick-sending", hidden: true });

  /** @param {HTMLElement} item */
  function append(item) {
    list.append(item);
    list.hidden = false;
  }

  /** @param {HTMLElement} item */
  function remove(item) {
    item.remove();
    list.hidden = list.childElementCount === 0;
  }

  return {
    node: list,

    /**
     * Keeps a line that did not become a task, with the reason.
     *
     * @param {Sent} sent
     * @param {string} reason
     */
    keep(sent, reason) {
      const text = sent.line.text.trim();
      const putBack = () => {
        remove(item);
        onPutBack(sent);
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
      append(item);
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
