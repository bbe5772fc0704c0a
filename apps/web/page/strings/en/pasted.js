// What is pasted into the line and is more than it takes, in English.

import { number, pluralsOf } from "../locale.js";

const plural = pluralsOf("en");

export const pasted = {
  pasting: {
    lines: (/** @type {number} */ count) => `You pasted ${plural(count, { one: "line", other: "lines" })}.`,
    tooMany: (/** @type {number} */ most) => `At most ${most} become tasks at once.`,
    inOne: "Put them in one line",
    cut: (/** @type {number} */ most) => `A line takes ${number(most)} characters. The rest is kept below it.`,
    /** @param {number} left @param {number} most */
    didNotFit: (left, most) =>
      `The end was cut off: ${plural(left, { one: "character", other: "characters" })} of what you pasted did not fit. This field takes ${number(most)}.`,
    tooLong: (/** @type {number} */ most) => `This is too long: paste at most ${number(most)} characters at once.`,
  },
};
