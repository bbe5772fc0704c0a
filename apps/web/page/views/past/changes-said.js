// What changed of a task, as people say it: tags as chips, priorities, repeats and reminders in words.

import { h } from "../../dom.js";
import { dateLabel, timeLabel, withinSentence } from "../../domain/labels.js";
import { offsetLabel } from "../../domain/offsets.js";
import { patternLabel } from "../../domain/repeat-words.js";
import { tagKey } from "../../domain/tags.js";
import { today, wallTime } from "../../domain/zones.js";
import { icon } from "../../icons.js";
import { strings } from "../../strings/later.js";
import { listed } from "../../strings/locale.js";

/**
 * @import { AuditItem } from "../../../types/audit-logger.js"
 * @import { Clock } from "../../domain/zones.js"
 */

/** @typedef {{old: unknown, new: unknown}} Change A field's value before and after. */
/** @typedef {Record<string, Change | null>} Changes By the field's name; null where the trail keeps no values. */
/** @typedef {string | (string | HTMLElement)[]} Said What is shown: words, with chips among them. */

const words = strings.history;
/** @type {Record<string, string>} */
const NAMES = words.fields;

/**
 * @param {AuditItem["data"]} data
 * @returns {Changes}
 */
export function changesOf(data) {
  return /** @type {Changes} */ (data.changes ?? {});
}

/**
 * What an edit did: all of it, where it is one thing; else that something changed, and a line for each.
 *
 * @param {Changes} changes
 * @param {Clock} clock
 * @returns {{what: Said, details: Said[]}}
 */
export function describeUpdate(changes, clock) {
  const { completed, ...others } = changes;
  const details = Object.entries(others)
    .filter(([name]) => name in NAMES && name !== "due_all_day")
    .flatMap(([name, change]) => changeLines(name, change, changes, clock));
  if (completed && completed.new === false) return { what: words.reopened, details };
  return { what: details.length === 1 ? details[0] : words.changed, details: details.length === 1 ? [] : details };
}

/**
 * @param {string} name
 * @param {Change | null} change
 * @param {Changes} changes
 * @param {Clock} clock
 * @returns {Said[]}
 */
function changeLines(name, change, changes, clock) {
  if (name === "description" || change === null || typeof change !== "object") return [words.fieldChanged(NAMES[name])];
  if (name === "tags") return tagLines(textsIn(change.old), textsIn(change.new));
  if (name === "reminders") return reminderLines(textsIn(change.old), textsIn(change.new));
  const allDay = changes.due_all_day;
  const old = sayValue(name, change.old, allDay?.old, clock);
  const now = sayValue(name, change.new, allDay?.new, clock);
  if (!old) return [words.fieldSet(NAMES[name], now)];
  return [now ? words.fieldFromTo(NAMES[name], old, now) : words.fieldRemoved(NAMES[name], old)];
}

/**
 * @param {unknown} value
 * @returns {string[]}
 */
function textsIn(value) {
  return Array.isArray(value) ? value.map(String) : [];
}

/**
 * The tags that came and those that went; a new order, or another spelling, is a change of the tags alone.
 *
 * @param {string[]} old
 * @param {string[]} now
 * @returns {Said[]}
 */
function tagLines(old, now) {
  const [had, has] = [old, now].map((tags) => new Set(tags.map(tagKey)));
  const lines = [
    withChips(
      words.tagsAdded,
      now.filter((tag) => !had.has(tagKey(tag))),
    ),
    withChips(
      words.tagsRemoved,
      old.filter((tag) => !has.has(tagKey(tag))),
    ),
  ].filter((line) => line.length > 0);
  return lines.length > 0 ? lines : [words.fieldChanged(NAMES.tags)];
}

/**
 * @param {string} said
 * @param {string[]} tags
 */
function withChips(said, tags) {
  const chips = tags.flatMap((tag) => [" ", h("span", { class: "said-tag" }, icon("tag"), h("bdi", {}, tag))]);
  return tags.length > 0 ? [said, ...chips] : [];
}

/**
 * @param {string[]} old
 * @param {string[]} now
 * @returns {Said[]}
 */
function reminderLines(old, now) {
  const [added, removed] = [
    now.filter((offset) => !old.includes(offset)),
    old.filter((offset) => !now.includes(offset)),
  ].map((offsets) => listed(offsets.map(offsetLabel)));
  const lines = [added && words.remindersAdded(added), removed && words.remindersRemoved(removed)].filter(Boolean);
  return lines.length > 0 ? lines : [words.fieldChanged(NAMES.reminders)];
}

/**
 * A field's value in words; "" for none.
 *
 * @param {string} name
 * @param {unknown} value
 * @param {unknown} allDay whether a due date is a whole day
 * @param {Clock} clock
 */
export function sayValue(name, value, allDay, clock) {
  if (value === null || value === undefined) return "";
  const text = String(value);
  if (name === "title") return words.quoted(text);
  if (name === "priority") return new Map(Object.entries(words.priorities)).get(text) ?? text;
  if (name === "recurrence_pattern") {
    const label = patternLabel(text);
    return text.includes(label) ? label : strings.repeats.within(label);
  }
  if (["due_date", "occurrence_date", "recurrence_end_date"].includes(name))
    return dateWords(text, Boolean(allDay), clock);
  return text;
}

/**
 * @param {string} value
 * @param {boolean} allDay
 * @param {Clock} clock
 */
function dateWords(value, allDay, clock) {
  const present = today(clock.now(), clock.zone);
  if (/^\d{4}-\d\d-\d\d$/.test(value)) return withinSentence(dateLabel(value, present));
  const at = new Date(value);
  const day = withinSentence(dateLabel(wallTime(at, clock.zone).date, present));
  return allDay ? day : strings.dates.at(day, timeLabel(at, clock.zone));
}
