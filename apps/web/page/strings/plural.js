// A number of things in words, by the rules of a language.

import { number } from "./locale.js";

/** @typedef {{one: string, other: string}} Forms What is said after the number: "task", "tasks". */

/**
 * A function that puts a number before the form that goes with it: "1 task", "2 tasks".
 *
 * @param {string} language
 */
export function pluralsOf(language) {
  const rules = new Intl.PluralRules(language);
  return (/** @type {number} */ count, /** @type {Forms} */ { one, other }) =>
    `${number(count)} ${rules.select(count) === "one" ? one : other}`;
}
