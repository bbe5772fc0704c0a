// What a person does to tasks and can take back, in English.

import { number } from "../locale.js";
import { pluralsOf } from "../plural.js";

const plural = pluralsOf("en");

/** @type {(count: number) => string} */
const tasks = (count) => plural(count, { one: "task", other: "tasks" });

/** A sentence about one task by its title, or about several by their number. */
const about =
  (/** @type {string} */ words) =>
  /** @param {string} title @param {number} count */
  (title, count = 1) =>
    `${count === 1 ? `“${title}”` : tasks(count)} ${words}`;

export const doing = {
  doing: {
    moreOf: (/** @type {number} */ count) => `Show more (${number(count)} left)`,
  },
  undo: {
    undo: "Undo",
    nothing: "There is nothing to undo.",
    completed: about("done"),
    reopened: about("open again"),
    gone: about("deleted"),
    saved: about("saved"),
    today: about("is for today"),
    changedSince: about("left as it is: changed in another place since."),
    notMoved: "It could not be moved.",
    notUndone: "It could not be undone.",
    several: (/** @type {number} */ count) => `${tasks(count)}:`,
  },
};
