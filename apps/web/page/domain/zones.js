// Time in one person's zone: what their clock on the wall shows, and the instants that it means.

import { locale } from "../strings/locale.js";

/** @typedef {{date: string, time: string}} Wall What the clock on the wall shows: "2026-11-25", "09:00". */
/** @typedef {{now: () => number, readonly zone: string}} Clock The time, in milliseconds, and the zone it is shown in. */

export const MINUTE = 60_000;
export const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;

/** @type {Map<string, Intl.DateTimeFormat>} */
const formatters = new Map();

/**
 * A formatter of dates for a zone, made once.
 *
 * @param {string} zone
 * @param {Intl.DateTimeFormatOptions} options
 */
export function formatter(zone, options, form = locale) {
  const key = `${form} ${zone} ${JSON.stringify(options)}`;
  let found = formatters.get(key);
  if (!found) {
    found = new Intl.DateTimeFormat(form, { timeZone: zone, ...options });
    formatters.set(key, found);
  }
  return found;
}

/** @type {Intl.DateTimeFormatOptions} */
const WALL = {
  hourCycle: "h23",
  year: "numeric",
  month: "2-digit",
  day: "2-digit",
  hour: "2-digit",
  minute: "2-digit",
};

/** The browser's own zone, an IANA name. */
export function browserZone() {
  return Intl.DateTimeFormat().resolvedOptions().timeZone || "UTC";
}

/**
 * A zone as people read it: its place, and how far it is from UTC at a moment: "New York (UTC−5)".
 *
 * @param {string} zone
 * @param {Record<string, string>} [cities] what places are called that their zone's name calls otherwise
 */
export function zoneLabel(zone, cities = {}, now = Date.now()) {
  const offset = zoneOffset(now, zone) / MINUTE;
  const hours = Math.trunc(Math.abs(offset) / 60);
  const minutes = Math.abs(offset) % 60;
  const clock = minutes > 0 ? `${hours}:${String(minutes).padStart(2, "0")}` : hours;
  const distance = offset === 0 ? "UTC" : `UTC${offset < 0 ? "−" : "+"}${clock}`;
  const [, ...place] = zone.split("/");
  // Those that are no places have their distance in their name.
  if (place.length === 0 || /^Etc\//.test(zone)) return distance;
  return `${cities[zone] ?? place.reverse().join(", ").replaceAll("_", " ")} (${distance})`;
}

/**
 * Whether this browser knows the zone.
 *
 * @param {string} zone
 */
export function isZone(zone) {
  try {
    formatter(zone, WALL);
    return true;
  } catch (error) {
    if (error instanceof RangeError) return false;
    throw error;
  }
}

/**
 * What the clock on the wall shows at an instant.
 *
 * @param {Date | number} instant
 * @param {string} zone
 * @returns {Wall}
 */
export function wallTime(instant, zone) {
  /** @type {Record<string, string>} */
  const parts = {};
  for (const { type, value } of formatter(zone, WALL, "en-GB").formatToParts(instant)) parts[type] = value;
  return { date: `${parts.year.padStart(4, "0")}-${parts.month}-${parts.day}`, time: `${parts.hour}:${parts.minute}` };
}

/**
 * @param {string} date
 * @param {string} time
 */
function asIfUtc(date, time) {
  return Date.parse(`${date}T${time}Z`);
}

/**
 * @param {number} millis
 * @param {string} zone
 */
function zoneOffset(millis, zone) {
  const wall = wallTime(millis, zone);
  return asIfUtc(wall.date, wall.time) - Math.floor(millis / MINUTE) * MINUTE;
}

/**
 * The instant at which the clock in `zone` shows a date and time, as a Date. A time that comes twice means the
 * first; one that summer time skips moves forward by what was skipped: the rules the server keeps too.
 *
 * @param {string} date
 * @param {string} time
 * @param {string} zone
 */
export function instantOf(date, time, zone) {
  const wanted = asIfUtc(date, time);
  const before = zoneOffset(wanted - DAY, zone);
  const after = zoneOffset(wanted + DAY, zone);
  const fitting = [wanted - before, wanted - after].filter(
    (candidate) => candidate + zoneOffset(candidate, zone) === wanted,
  );
  return new Date(fitting.length > 0 ? Math.min(...fitting) : wanted - before);
}

/**
 * A date some days later, both as "2026-11-25".
 *
 * @param {string} date
 * @param {number} days
 */
export function addDays(date, days) {
  return new Date(Date.parse(`${date}T00:00Z`) + days * DAY).toISOString().slice(0, 10);
}

/**
 * Days from one date to another.
 *
 * @param {string} from
 * @param {string} to
 */
export function daysBetween(from, to) {
  return Math.round((Date.parse(`${to}T00:00Z`) - Date.parse(`${from}T00:00Z`)) / DAY);
}

/**
 * The day of the week of a date: 0 for Monday.
 *
 * @param {string} date
 */
export function weekday(date) {
  return (new Date(`${date}T12:00Z`).getUTCDay() + 6) % 7;
}

const lastToday = { zone: "", minute: Number.NaN, date: "" };

/**
 * Today's date in a zone.
 *
 * @param {number} now
 * @param {string} zone
 */
export function today(now, zone) {
  const minute = Math.floor(now / MINUTE);
  if (lastToday.zone !== zone || lastToday.minute !== minute)
    Object.assign(lastToday, { zone, minute, date: wallTime(now, zone).date });
  return lastToday.date;
}
