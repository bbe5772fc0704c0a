// What the repeat part of the task form is made of: its lists, and its next dates in words.

import { h } from "../../dom.js";
import { shortDate } from "../../domain/labels.js";
import { freshChoice, patternOf } from "../../domain/repeat-choice.js";
import { patternLabel } from "../../domain/repeat-words.js";
import { strings } from "../../strings/later.js";

/**
 * @import { Occurrence, Preview } from "../../../types/chat-api.js"
 * @import { Kind } from "../../domain/repeat-choice.js"
 * @import { Api } from "../../server/api.js"
 */

const SHOWN = 5;

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
 * A preset in words, which go with the due date where there is one.
 *
 * @param {Kind} kind
 * @param {string} date
 */
export function presetLabel(kind, date) {
  if (!date && kind === "weekly") return patternLabel("weekly");
  if (!date && kind === "fortnightly") return patternLabel("custom:2w");
  if (!date || kind !== "yearly") return patternLabel(patternOf({ ...freshChoice(date), kind }, date));
  const [, month, day] = date.split("-").map(Number);
  return patternLabel(`RRULE:FREQ=YEARLY;BYMONTH=${month};BYMONTHDAY=${day}`);
}

/**
 * The next occurrences of a pattern, one more than are shown. Raises ApiError.
 *
 * @param {Api} api
 * @param {{pattern: string, timezone: string, start: string | null, end_date: string}} of
 */
export async function nextOnes(api, of) {
  /** @type {Preview} */
  const { items } = await api.json("GET", "/api/v1/recurrence/preview", { query: { ...of, count: SHOWN + 1 } });
  return items;
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
