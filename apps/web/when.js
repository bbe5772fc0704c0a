// Dates and times in one person's zone: reads what they entered, labels what is due, tells overdue from today.

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** English in the person's regional form (12 or 24 hours, order of day and month). */
export const LOCALE = (navigator.languages ?? []).find((language) => language.startsWith("en")) ?? "en-GB";

const formatters = new Map();

function formatter(zone, options, locale = LOCALE) {
  const key = `${locale} ${zone} ${JSON.stringify(options)}`;
  let found = formatters.get(key);
  if (!found) {
    found = new Intl.DateTimeFormat(locale, { timeZone: zone, ...options });
    formatters.set(key, found);
  }
  return found;
}

const WALL = { hourCycle: "h23", year: "numeric", month: "2-digit", day: "2-digit", hour: "2-digit", minute: "2-digit" };

/** The browser's own zone, an IANA name. */
export function browserZone() {
  return Intl.DateTimeFormat().resolvedOptions().timeZone || "UTC";
}

/** A zone's name as people read it: "America/New York". */
export function zoneLabel(zone) {
  return zone.replaceAll("_", " ");
}

/** Whether this browser knows the zone. */
export function isZone(zone) {
  try {
    formatter(zone, WALL);
    return true;
  } catch (error) {
    if (error instanceof RangeError) return false;
    throw error;
  }
}

/** What the clock on the wall shows at an instant: `{date: "2026-11-25", time: "09:00"}`. */
export function wallTime(instant, zone) {
  const parts = {};
  for (const { type, value } of formatter(zone, WALL, "en-GB").formatToParts(instant)) parts[type] = value;
  return { date: `${parts.year.padStart(4, "0")}-${parts.month}-${parts.day}`, time: `${parts.hour}:${parts.minute}` };
}

function asIfUtc(date, time) {
  return Date.parse(`${date}T${time}Z`);
}

function zoneOffset(millis, zone) {
  const wall = wallTime(millis, zone);
  return asIfUtc(wall.date, wall.time) - Math.floor(millis / MINUTE) * MINUTE;
}

/**
 * The instant at which the clock in `zone` shows a date and time, as a Date. A time that comes twice means the
 * first; one that summer time skips moves forward by what was skipped: the rules the server keeps too.
 */
export function instantOf(date, time, zone) {
  const wanted = asIfUtc(date, time);
  const before = zoneOffset(wanted - DAY, zone);
  const after = zoneOffset(wanted + DAY, zone);
  const fitting = [wanted - before, wanted - after].filter((candidate) => candidate + zoneOffset(candidate, zone) === wanted);
  return new Date(fitting.length > 0 ? Math.min(...fitting) : wanted - before);
}

/** A date some days later, both as "2026-11-25". */
export function addDays(date, days) {
  return new Date(Date.parse(`${date}T00:00Z`) + days * DAY).toISOString().slice(0, 10);
}

/** Days from one date to another. */
export function daysBetween(from, to) {
  return Math.round((Date.parse(`${to}T00:00Z`) - Date.parse(`${from}T00:00Z`)) / DAY);
}

const lastToday = { zone: "", minute: Number.NaN, date: "" };

/** Today's date in a zone. */
export function today(now, zone) {
  const minute = Math.floor(now / MINUTE);
  if (lastToday.zone !== zone || lastToday.minute !== minute) Object.assign(lastToday, { zone, minute, date: wallTime(now, zone).date });
  return lastToday.date;
}

const known = new WeakMap();

/** What is asked of a task's due date again and again for a whole list: worked out once per task and zone. */
function dueOf(task, zone) {
  let found = known.get(task);
  if (found?.zone === zone) return found;
  if (task.due_all_day) {
    const date = task.due_date.slice(0, 10);
    found = { zone, date, time: "", at: instantOf(date, "00:00", zone).getTime() };
  } else {
    const at = Date.parse(task.due_date);
    found = { zone, ...wallTime(at, zone), at };
  }
  known.set(task, found);
  return found;
}

/** A task's due date as it is entered: `{date, time}`, time "" when all day; null where it has none. */
export function dueFields(task, zone) {
  return task.due_date ? dueOf(task, zone) : null;
}

/** What the server is sent for a date and an optional time: a date alone means all day, else an instant. */
export function dueValue(date, time, zone) {
  if (!date) return null;
  return time ? instantOf(date, time, zone).toISOString().replace(".000Z", "Z") : date;
}

/** Where a task belongs: "done", "overdue", "today", "upcoming" or "none". */
export function sectionOf(task, now, zone) {
  if (task.completed) return "done";
  if (!task.due_date) return "none";
  const present = today(now, zone);
  const { date, at } = dueOf(task, zone);
  if (!task.due_all_day && at <= now) return "overdue";
  if (date < present) return "overdue";
  return date === present ? "today" : "upcoming";
}

/** A number that sorts tasks by when they are due; those of a whole day come before that day's times. */
export function dueOrder(task, zone) {
  return task.due_date ? dueOf(task, zone).at : Number.POSITIVE_INFINITY;
}

/** A date in words as seen from today: "Today", "Tomorrow", "Friday", "Wed 25 Nov", with the year when it is another. */
export function dateLabel(date, present) {
  const distance = daysBetween(present, date);
  const named = { [-1]: "Yesterday", 0: "Today", 1: "Tomorrow" }[distance];
  if (named) return named;
  const noon = new Date(`${date}T12:00Z`);
  if (distance > 1 && distance < 7) return formatter("UTC", { weekday: "long" }).format(noon);
  const year = date.slice(0, 4) === present.slice(0, 4) ? {} : { year: "numeric" };
  return formatter("UTC", { weekday: "short", day: "numeric", month: "short", ...year }).format(noon);
}

/** A label that begins with a date, as it reads within a sentence: "today, 9:00", "Friday". */
export function withinSentence(label) {
  return label.replace(/^(Yesterday|Today|Tomorrow)\b/, (word) => word.toLowerCase());
}

/** A time of day in words, "09:00" or "9:00 am". */
export function timeLabel(instant, zone) {
  return formatter(zone, { hour: "numeric", minute: "2-digit" }).format(instant);
}

/** When a task is due in words: "Today, 14:00"; "" where it has no due date. */
export function dueLabel(task, now, zone) {
  const due = dueFields(task, zone);
  if (!due) return "";
  const day = dateLabel(due.date, today(now, zone));
  return task.due_all_day ? day : `${day}, ${timeLabel(new Date(task.due_date), zone)}`;
}

/** The whole date and time, for tooltips and timelines. */
export function fullLabel(instant, zone) {
  return formatter(zone, { weekday: "short", day: "numeric", month: "short", year: "numeric", hour: "numeric", minute: "2-digit" }).format(instant);
}

/** The next dates of a repeat: "Wed, 25 Nov", with the year when it is another. */
export function shortDate(date, present) {
  const year = date.slice(0, 4) === present.slice(0, 4) ? {} : { year: "numeric" };
  return formatter("UTC", { weekday: "short", day: "numeric", month: "short", ...year }).format(new Date(`${date}T12:00Z`));
}

const RELATIVE = new Intl.RelativeTimeFormat(LOCALE, { numeric: "auto" });

/** How long ago, or how long until: "5 minutes ago", "in 2 hours", "now". */
export function distanceLabel(instant, now) {
  const distance = instant.getTime() - now;
  const size = Math.abs(distance);
  if (size < 45_000) return "now";
  const [unit, length] = size < HOUR ? ["minute", MINUTE] : size < DAY ? ["hour", HOUR] : ["day", DAY];
  return RELATIVE.format(Math.round(distance / length), unit);
}

/** A length of time in its largest whole unit: "10 minutes", "2 hours", "3 days". */
export function lengthLabel(milliseconds) {
  const [unit, length] = milliseconds < HOUR ? ["minute", MINUTE] : milliseconds < DAY ? ["hour", HOUR] : ["day", DAY];
  return count(Math.max(1, Math.round(milliseconds / length)), unit);
}

const OFFSET = /^P(?:(\d+)W)?(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?$/;

/** Minutes in an ISO 8601 offset such as "P1D" or "PT90M", for sorting; null for what is none. */
export function offsetMinutes(offset) {
  const match = OFFSET.exec(offset);
  if (!match) return null;
  const [weeks, days, hours, minutes, seconds] = match.slice(1).map((value) => Number(value ?? 0));
  return ((weeks * 7 + days) * 24 + hours) * 60 + minutes + seconds / 60;
}

function count(amount, unit) {
  return `${amount} ${unit}${amount === 1 ? "" : "s"}`;
}

/** An offset in words: "at the time", "10 minutes before", "1 day before"; the text itself where it is none. */
export function offsetLabel(offset) {
  const match = OFFSET.exec(offset);
  if (!match) return offset;
  const [weeks, days, hours, minutes, seconds] = match.slice(1).map((value) => Number(value ?? 0));
  const allDays = weeks * 7 + days;
  const words = [];
  if (allDays && allDays % 7 === 0) words.push(count(allDays / 7, "week"));
  else if (allDays) words.push(count(allDays, "day"));
  if (hours) words.push(count(hours, "hour"));
  if (minutes) words.push(count(minutes, "minute"));
  if (seconds) words.push(count(seconds, "second"));
  return words.length > 0 ? `${words.join(" ")} before` : "at the time";
}
