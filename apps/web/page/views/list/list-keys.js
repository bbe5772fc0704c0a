// Keys in the list: from task to task, and what they do to the one that has the focus.

import { find, findAll } from "../../dom.js";

/** @typedef {(row: HTMLElement) => void} OnRow */

const STEPS = new Map([
  ["ArrowDown", 1],
  ["ArrowUp", -1],
]);

/**
 * Listens to the arrow keys and Enter in a list; returns what single keys do in it, and where the focus is.
 *
 * @param {HTMLElement} list
 * @param {{today: (id: string) => void, remove: (id: string) => void}} on are told of the task that has the focus
 */
export function listKeys(list, { today, remove }) {
  list.addEventListener("keydown", (event) => {
    const { target } = event;
    if (!(target instanceof HTMLElement && target.closest(".task"))) return;
    if (event.key === "Enter" && target.matches(".task-check")) {
      event.preventDefault();
      find(/** @type {HTMLElement} */ (target.closest(".task")), ".task-title", HTMLElement)?.click();
    }
    const step = STEPS.get(event.key);
    if (!step) return;
    event.preventDefault();
    go(step);
  });

  function focused() {
    const row = document.activeElement?.closest(".task");
    return row instanceof HTMLElement && list.contains(row) ? row : null;
  }

  /** @param {number} step how many tasks further; from outside the list to its first or last */
  function go(step) {
    const rows = findAll(list, ".task", HTMLElement).filter((one) => one.checkVisibility());
    const from = focused();
    const at = from ? rows.indexOf(from) + step : step > 0 ? 0 : rows.length - 1;
    const same = document.activeElement?.matches(".task-title") ? ".task-title" : ".task-check";
    if (rows[at]) find(rows[at], same, HTMLElement)?.focus();
  }

  const withTask = (/** @type {(id: string) => void} */ run) => () => {
    const id = focused()?.dataset.id;
    if (id) run(id);
  };
  const focus = {
    /** The task whose row has the focus. */
    get id() {
      return focused()?.dataset.id;
    },
    step(/** @type {number} */ by) {
      go(by);
      return focused()?.dataset.id;
    },
  };
  return { keys: { j: () => go(1), k: () => go(-1), t: withTask(today), Delete: withTask(remove) }, focus };
}
