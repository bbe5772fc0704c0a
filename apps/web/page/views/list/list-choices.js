// Beside the bar of tags: of which priority tasks are shown, and in which order. The address says both.

import { h, setAttribute } from "../../dom.js";
import { priorityLabel } from "../../domain/labels.js";
import { inAddress, putInAddress } from "../../router.js";
import { strings } from "../../strings/index.js";

/** @import { Task } from "../../state/tasks.js" */

const words = strings.list;
const PRIORITIES = ["high", "medium", "low", "none"];

/**
 * The choices; `onChange` is told that another one was made. They are shown once a task has a priority.
 *
 * @param {{onChange: () => void}} needs
 */
export function listChoices({ onChange }) {
  const priority = choice("priority", words.whichPriority, [
    ["", words.anyPriority],
    ...PRIORITIES.map((name) => /** @type {[string, string]} */ ([name, priorityLabel(name)])),
  ]);
  const sort = choice("sort", words.order, [
    ["", words.byDate],
    ["priority", words.byPriority],
  ]);
  const node = h("div", { class: "list-choices", hidden: true }, priority, sort);

  /**
   * @param {string} name of its parameter in the address
   * @param {string} label
   * @param {[string, string][]} options
   */
  function choice(name, label, options) {
    const chosen = inAddress(name);
    const select = h(
      "select",
      { "aria-label": label },
      options.map(([value, text]) => h("option", { value, selected: value === chosen }, text)),
    );
    select.addEventListener("change", () => {
      putInAddress(name, select.value);
      mark(select);
      onChange();
    });
    mark(select);
    return select;
  }

  /** @param {HTMLSelectElement} select one that narrows or turns the list is seen to */
  function mark(select) {
    setAttribute(select, "data-chosen", select.value !== "");
  }

  return {
    node,

    /** The priority that is chosen; "" where all are shown. */
    priority: () => priority.value,

    /** Whether what matters most comes first. */
    byPriority: () => sort.value === "priority",

    /** Shows every priority again. */
    showAll() {
      if (!priority.value) return;
      priority.value = "";
      putInAddress("priority", "");
      mark(priority);
      onChange();
    },

    /** @param {Task[]} tasks */
    draw(tasks) {
      const isUsed = () => tasks.some((task) => !task.completed && (task.priority ?? "none") !== "none");
      node.hidden = !priority.value && !sort.value && node !== document.activeElement?.parentElement && !isUsed();
    },
  };
}
