// The line that adds tasks, in English.

import { listed, pluralsOf } from "../locale.js";

const plural = pluralsOf("en");

export const line = {
  quick: {
    label: "New task",
    placeholder: "Add a task: “call mum friday at 9am”",
    add: "Add",
    tags: "Your tags",
    details: "More…",
    due: "Due",
    noDate: "No date",
    today: "Today",
    tomorrow: "Tomorrow",
    inAWeek: "In a week",
    quoted: (/** @type {string} */ text) => `“${text}”`,
    addedWithoutDate: (/** @type {string[]} */ unread) => `Added without a date. Not read: ${unread.join(", ")}`,
    addedAsTyped: "Added as typed: the server did not say whether there is a date in it.",
    /** @param {string} text @param {string} reason */
    notAdded: (text, reason) => (reason ? `Not added: “${text}”. ${reason}` : `Not added yet: “${text}”.`),
    putBack: "Put back",
    discard: "Discard",
  },
  pasted: {
    label: "Pasted lines",
    addAll: (/** @type {number} */ count) => `Add ${plural(count, { one: "task", other: "tasks" })}`,
  },
  said: {
    label: "Read in the line",
    /** Said below the line where the page speaks another language than the line reads. */
    language: "",
    noTitle: "Say what is to be done as well.",
    noDate: "A reminder needs a date: say when the task is due.",
    which: "Which one is meant?",
    several: "It can be read in several ways: choose one, by its number as well.",
    allTitle: "It is all the title",
    leave: (/** @type {string} */ words) => `Leave “${words}” in the title`,
    undated: "No date",
    /** @param {string} title @param {string} words */
    titled: (title, words) => `“${title}”: ${words}`,
    /** @param {string} repeat @param {string} day */
    until: (repeat, day) => `${repeat} until ${day}`,
    reminded: (/** @type {string[]} */ offsets) => `reminder ${listed(offsets)}`,
    /** @param {string} text @param {string} why */
    notRead: (text, why) => `Not read: “${text}” (${why}).`,
  },
};
