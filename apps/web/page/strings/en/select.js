// Selecting tasks and swiping them, in English.

import { number, pluralsOf } from "../locale.js";

const plural = pluralsOf("en");

/** @type {(count: number) => string} */
const tasks = (count) => plural(count, { one: "task", other: "tasks" });

export const select = {
  bar: "Selected tasks",
  count: (/** @type {number} */ count) => `${number(count)} selected`,
  none: "Nothing is selected",
  choose: "Choose tasks",
  all: (/** @type {number} */ count) => `Select all ${number(count)}`,
  close: "End selecting",
  complete: "Complete",
  reopen: "Reopen",
  reschedule: "Reschedule",
  priority: "Priority",
  tags: "Tags",
  delete: "Delete",
  newTag: "New tag",
  add: "Add",
  /** @param {number} count @param {string} reason */
  failed: (count, reason) => `${tasks(count)}: ${reason}`,
  help: {
    select: "Select, or not",
    shift: "Shift",
    extend: "Select the next, the previous",
    selectAll: "Select all that is shown",
    ctrlA: "Ctrl+A",
    act: "To what is done with the selected",
    close: "Close, or end selecting",
    click: "Click: Ctrl (⌘) selects one, Shift all up to it.",
    touch:
      "On a touch screen: press long to select; swipe right to complete, left to reschedule. The circle and the calendar in each row do the same.",
  },
};
