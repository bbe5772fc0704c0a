// A line that was read: stretches of its text as it is edited, and the task that it means.

import { strings } from "../strings/index.js";
import { language } from "../strings/locale.js";
import { offsetLabel } from "./offsets.js";
import { patternLabel, skippedBy } from "./repeat-words.js";

/**
 * @import { NewTask, Parsed, Possibility, RemindersSaid, RepeatSaid, Stretch } from "../../types/chat-api.js"
 */

/**
 * @typedef {Parsed | (Possibility & Partial<Pick<Parsed, "tags" | "priority">>)} Said A reading, or one of the ways to
 *   read a line that has several, with the tags and the priority that are said whichever is right.
 */

/**
 * Stretches of a text that was `before` and is `after`, moved along with it; those that the edit touched are left out.
 * They count Unicode code points, as the server does.
 *
 * @template {Stretch} Kind
 * @param {Kind[]} stretches
 * @param {string} before
 * @param {string} after
 * @returns {Kind[]}
 */
export function moved(stretches, before, after) {
  if (stretches.length === 0) return [];
  const old = Array.from(before);
  const now = Array.from(after);
  const shorter = Math.min(old.length, now.length);
  let same = 0;
  while (same < shorter && old[same] === now[same]) same += 1;
  let behind = 0;
  while (behind < shorter - same && old[old.length - 1 - behind] === now[now.length - 1 - behind]) behind += 1;
  const shift = now.length - old.length;
  return stretches.flatMap((one) => {
    if (one.end <= same) return [one];
    return one.start >= old.length - behind ? [{ ...one, start: one.start + shift, end: one.end + shift }] : [];
  });
}

/**
 * A text in pieces, with the stretch that each belongs to; null for what belongs to none.
 *
 * @template {Stretch} Kind
 * @param {string} text
 * @param {Kind[]} stretches
 */
export function pieces(text, stretches) {
  const chars = Array.from(text);
  /** @type {{text: string, stretch: Kind | null}[]} */
  const found = [];
  let at = 0;
  for (const stretch of [...stretches].sort((one, other) => one.start - other.start)) {
    if (stretch.start < at) continue;
    found.push({ text: chars.slice(at, stretch.start).join(""), stretch: null });
    found.push({ text: chars.slice(stretch.start, stretch.end).join(""), stretch });
    at = stretch.end;
  }
  found.push({ text: chars.slice(at).join(""), stretch: null });
  return found.filter((piece) => piece.text !== "");
}

/**
 * The words of some stretches of a text: “on friday at 9”.
 *
 * @param {string} text
 * @param {Stretch[]} stretches
 */
export function wordsOf(text, stretches) {
  const chars = Array.from(text);
  return stretches.map(({ start, end }) => chars.slice(start, end).join("")).join(" ");
}

/**
 * How often, in the person's language; in English as the server says it, which reads the same again.
 *
 * @param {RepeatSaid} said
 * @param {string} begins its first date
 * @param {(date: string) => string} dateWords
 */
export function repeatWords({ value, until, words }, begins, dateWords) {
  if (language === "en") return words + skippedBy(value, begins);
  const label = strings.repeats.within(patternLabel(value, begins));
  return until ? strings.said.until(label, dateWords(until)) : label;
}

/**
 * With what reminders, likewise.
 *
 * @param {RemindersSaid} said
 */
export function reminderWords({ values, words }) {
  return language === "en" ? words : strings.said.reminded(values.map(offsetLabel));
}

/**
 * The task that is meant, as the server takes it.
 *
 * @param {Said} said
 * @returns {NewTask}
 */
export function taskOf({ title, due, repeat, reminders, tags = [], priority = null }) {
  return {
    title,
    ...(tags.length > 0 && { tags: tags.map(({ value }) => value) }),
    ...(priority && { priority: priority.value }),
    ...(due && { due_date: due.value }),
    ...(repeat && { recurrence_pattern: repeat.value }),
    ...(repeat?.until && { recurrence_end_date: repeat.until }),
    ...(reminders && { reminders: reminders.values }),
  };
}
