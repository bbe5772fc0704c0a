// How long before its due time a reminder goes off: an ISO 8601 duration, as a number and in words.

import { count } from "./labels.js";

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
  if (allDays && allDays % 7 === 0) words.push(count(allDays / 7, "week"));
  else if (allDays) words.push(count(allDays, "day"));
  if (hours) words.push(count(hours, "hour"));
  if (minutes) words.push(count(minutes, "minute"));
  if (seconds) words.push(count(seconds, "second"));
  return words.length > 0 ? `${words.join(" ")} before` : "at the time";
}
