// What the repeat part of the task form is made of: its lists, and its next dates in words.

import { h } from "../dom.js";
import { shortDate } from "../domain/labels.js";
import { strings } from "../strings/index.js";

/** @import { Occurrence } from "../../types/chat-api.js" */

export const SHOWN = 5;

/**
 * A list to choose from.
 *
 * @param {[string, string][]} options values and labels
 * @param {string | null | undefined} chosen
 */
export function select(options, chosen) {
  return h(
    "select",
    {},
    options.map(([value, label]) => h("option", { value, selected: value === chosen }, label)),
  );
}

/**
 * The next dates as a sentence; one more than are shown tells whether there are more.
 *
 * @param {Occurrence[]} items
 * @param {string} present today's
 */
export function nextDates(items, present) {
  if (items.length === 0) return strings.repeatField.never;
  const shown = items.slice(0, SHOWN).map((item) => shortDate(item.occurrence_date, present));
  return strings.repeatField.next(shown, items.length > SHOWN);
}
