// What a person does to tasks and can take back, in English.

import { number, pluralsOf } from "../locale.js";

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
    /** @param {string} title @param {boolean} done whether the next one is done, else it was changed */
    nextKept: (title, done) =>
      `“${title}” is open again. The next one stays as well: it is ${done ? "done" : "changed"} already.`,
    gone: about("deleted"),
    changed: about("changed"),
    notChanged: "It could not be changed.",
    saved: about("saved"),
    today: about("is for today"),
    changedSince: about("left as it is: changed in another place since."),
    notMoved: "It could not be moved.",
    notUndone: "It could not be undone.",
    several: (/** @type {number} */ count) => `${tasks(count)}:`,
  },
  again: {
    title: "Log in again",
    about: (/** @type {string} */ email) => `Your session as ${email} has ended. What you were doing goes on then.`,
    password: "Password",
    logIn: "Log in",
    leave: "Log out",
  },
  moving: {
    title: "Reschedule",
    of: (/** @type {string} */ title) => `Reschedule ${title}`,
    all: "Reschedule all",
    today: "Today",
    tomorrow: "Tomorrow",
    nextWeek: "Next week",
    noDate: "No date",
    date: "Another date",
    set: "Set",
    moved: about("rescheduled"),
    notMoved: "It could not be rescheduled.",
  },
  added: {
    added: "Added",
    addedFor: (/** @type {string} */ day) => `Added for ${day}`,
    show: "Show",
  },
};
