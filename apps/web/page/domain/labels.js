// Dates, times and lengths of time in words, as a person in a zone reads them.

import { strings } from "../strings/index.js";
import { locale } from "../strings/locale.js";
import { DAY, daysBetween, formatter, HOUR, MINUTE, today, wallTime } from "./zones.js";

/** @import { Clock } from "./zones.js" */

const NEAR = new Map([
  [-1, strings.dates.yesterday],
  [0, strings.dates.today],
  [1, strings.dates.tomorrow],
]);

/**
 * A priority in words: "High priority"; "" for one that is not known.
 *
 * @param {string} priority
 */
export function priorityLabel(priority) {
  return new Map(Object.entries(strings.priorities)).get(priority) ?? "";
}

/**
 * A date in words as seen from today: "Today", "Tomorrow", "Friday", "Wed 25 Nov", with the year when it is another.
 *
 * @param {string} date
 * @param {string} present today's
 */
export function dateLabel(date, present) {
  if (present !== labelsOf) {
    labelsOf = present;
    labels.clear();
  }
  let label = labels.get(date);
  if (label === undefined) {
    label = dateInWords(date, present);
    labels.set(date, label);
  }
  return label;
}

/** @type {Map<string, string>} those of one day: a list asks for the same again and again */
const labels = new Map();
let labelsOf = "";

/**
 * @param {string} date
 * @param {string} present
 */
function dateInWords(date, present) {
  const distance = daysBetween(present, date);
  const named = NEAR.get(distance);
  if (named) return named;
  if (distance > 1 && distance < 7) return formatter("UTC", { weekday: "long" }).format(new Date(`${date}T12:00Z`));
  return shortDate(date, present);
}

/**
 * The day of an instant in words, where a clock is.
 *
 * @param {string} instant
 * @param {Clock} clock
 */
export function dayLabel(instant, clock) {
  return dateLabel(wallTime(new Date(instant), clock.zone).date, today(clock.now(), clock.zone));
}

/**
 * A label that begins with a date, as it reads within a sentence: "today, 9:00", "Friday".
 *
 * @param {string} label
 */
export function withinSentence(label) {
  const named = [...NEAR.values()].find((word) => label.startsWith(word));
  return named ? named.toLocaleLowerCase(locale) + label.slice(named.length) : label;
}

/**
 * A time of day in words, "09:00" or "9:00 am".
 *
 * @param {Date} instant
 * @param {string} zone
 */
export function timeLabel(instant, zone) {
  return formatter(zone, { hour: "numeric", minute: "2-digit" }).format(instant);
}

/**
 * The whole date and time, for tooltips and timelines.
 *
 * @param {Date} instant
 * @param {string} zone
 */
export function fullLabel(instant, zone) {
  return formatter(zone, {
    weekday: "short",
    day: "numeric",
    month: "short",
    year: "numeric",
    hour: "numeric",
    minute: "2-digit",
  }).format(instant);
}

/**
 * The next dates of a repeat: "Wed, 25 Nov", with the year when it is another.
 *
 * @param {string} date
 * @param {string} present today's
 */
export function shortDate(date, present) {
  const year = date.slice(0, 4) === present.slice(0, 4) ? undefined : "numeric";
  return formatter("UTC", { weekday: "short", day: "numeric", month: "short", year }).format(
    new Date(`${date}T12:00Z`),
  );
}

/**
 * The largest unit that a length of time has one of, and the unit's own length.
 *
 * @param {number} milliseconds
 * @returns {["minute" | "hour" | "day", number]}
 */
function unitOf(milliseconds) {
  if (milliseconds < HOUR) return ["minute", MINUTE];
  return milliseconds < DAY ? ["hour", HOUR] : ["day", DAY];
}

const RELATIVE = new Intl.RelativeTimeFormat(locale, { numeric: "auto" });

/**
 * How long ago, or how long until: "5 minutes ago", "in 2 hours", "now".
 *
 * @param {Date} instant
 * @param {number} now
 */
export function distanceLabel(instant, now) {
  const distance = instant.getTime() - now;
  const size = Math.abs(distance);
  if (size < 45_000) return strings.dates.now;
  const [unit, length] = unitOf(size);
  return RELATIVE.format(Math.round(distance / length), unit);
}

/**
 * A length of time in its largest whole unit: "10 minutes", "2 hours", "3 days".
 *
 * @param {number} milliseconds
 */
export function lengthLabel(milliseconds) {
  const [unit, length] = unitOf(milliseconds);
  return strings.lengths[unit](Math.max(1, Math.round(milliseconds / length)));
}
