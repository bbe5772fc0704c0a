// How long before its due time a reminder goes off: an ISO 8601 duration, as a number and in words.

import { strings } from "../strings/index.js";

const OFFSET = /^P(?:(\d+)W)?(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?$/;

/**
 * Weeks, days, hours, minutes and seconds of an ISO 8601 offset such as "P1D" or "PT90M"; null for what is none.
 *
 * @param {string} offset
 */
function partsOf(offset) {
  return (
    OFFSET.exec(offset)
      ?.slice(1)
      .map((value) => Number(value ?? 0)) ?? null
  );
}

/**
 * Minutes in an ISO 8601 offset, for sorting; null for what is none.
 *
 * @param {string} offset
 */
export function offsetMinutes(offset) {
  const parts = partsOf(offset);
  if (!parts) return null;
  const [weeks, days, hours, minutes, seconds] = parts;
  return ((weeks * 7 + days) * 24 + hours) * 60 + minutes + seconds / 60;
}

/**
 * An offset in words: "at the time", "10 minutes before", "1 day before"; the text itself where it is none.
 *
 * @param {string} offset
 */
export function offsetLabel(offset) {
  const parts = partsOf(offset);
  if (!parts) return offset;
  const [weeks, days, hours, minutes, seconds] = parts;
  const allDays = weeks * 7 + days;
  const words = [];
  if (allDays && allDays % 7 === 0) words.push(strings.lengths.week(allDays / 7));
  else if (allDays) words.push(strings.lengths.day(allDays));
  if (hours) words.push(strings.lengths.hour(hours));
  if (minutes) words.push(strings.lengths.minute(minutes));
  if (seconds) words.push(strings.lengths.second(seconds));
  return words.length > 0 ? strings.offsets.before(words.join(" ")) : strings.offsets.atTheTime;
}
