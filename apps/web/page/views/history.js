// The history of a task as a timeline, from the audit trail; it holds for deleted tasks too.

import { h } from "../dom.js";
import { dateLabel, distanceLabel, fullLabel, timeLabel, withinSentence } from "../domain/labels.js";
import { offsetLabel } from "../domain/offsets.js";
import { patternLabel } from "../domain/repeat-words.js";
import { today, wallTime } from "../domain/zones.js";
import { icon } from "../icons.js";
import { ApiError } from "../server/errors.js";
import { strings } from "../strings/index.js";
import { openSheet } from "./sheet.js";

/**
 * @import { AuditItem, AuditList } from "../../types/audit-logger.js"
 * @import { Clock } from "../domain/zones.js"
 * @import { Toaster } from "../notices/toaster.js"
 * @import { Api } from "../server/api.js"
 */

/** @typedef {{old: unknown, new: unknown}} Change A field's value before and after. */
/** @typedef {Record<string, Change | null>} Changes By the field's name; null where the trail keeps no values. */

const words = strings.history;
/** @type {Record<string, string>} */
const NAMES = words.fields;
const SETTLE = 1_200; // the trail is written a moment after the change
/** @type {Record<string, Parameters<typeof icon>[0]>} */
const ICONS = {
  "task.created": "add",
  "task.completed": "check",
  "task.deleted": "trash",
  "task.reminder.triggered": "bell",
};

/**
 * The icon of an event, of which `what` is said.
 *
 * @param {AuditItem} event
 * @param {string} what
 */
export function markOf({ type }, what) {
  if (what === words.restored || what === words.reopened) return "history";
  return ICONS[type] ?? "more";
}

/**
 * Opens it. `changed(taskId)` of what it returns has it read anew a moment later.
 *
 * @param {object} needs
 * @param {Api} needs.api
 * @param {string} needs.userId whose page it is
 * @param {Clock} needs.clock
 * @param {Toaster} needs.toaster
 * @param {string} needs.taskId
 * @param {string} needs.title is shown until, and unless, the trail gives one
 * @param {() => void} needs.onClose
 */
export function openHistory({ api, userId, clock, toaster, taskId, title, onClose }) {
  const list = h("ol", { class: "timeline" });
  const status = h("p", { class: "loading", role: "status" }, words.loading);
  const subject = h("p", { class: "timeline-subject", dir: "auto" }, title);
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  const sheet = openSheet({
    title: words.title,
    body: [subject, status, list],
    toaster,
    onClose: () => {
      clearTimeout(timer);
      onClose();
    },
  });

  async function load() {
    try {
      /** @type {AuditList} */
      const { items } = await api.json("GET", `/api/v1/audit/tasks/${encodeURIComponent(taskId)}`);
      list.replaceChildren(...items.map((event) => entry(event, userId, clock)).reverse());
      subject.textContent = titleOf(items) || title;
      status.textContent = items.length === 0 ? words.empty : "";
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      status.textContent = error.status === 404 ? words.none : error.message;
    }
    status.hidden = status.textContent === "";
  }

  load();
  return {
    close: sheet.close,
    changed: (/** @type {string} */ id) => {
      if (id !== taskId) return;
      clearTimeout(timer);
      timer = setTimeout(load, SETTLE);
    },
  };
}

/**
 * The last title that the trail tells of; "" where it tells of none.
 *
 * @param {AuditItem[]} items
 */
function titleOf(items) {
  let title = "";
  for (const { data } of items) {
    const task = /** @type {{title?: string} | undefined} */ (data.task);
    title = String(changesOf(data).title?.new ?? task?.title ?? title);
  }
  return title;
}

/**
 * @param {AuditItem["data"]} data
 * @returns {Changes}
 */
function changesOf(data) {
  return /** @type {Changes} */ (data.changes ?? {});
}

/**
 * @param {AuditItem} event
 * @param {string} userId
 * @param {Clock} clock
 */
function entry(event, userId, clock) {
  const at = new Date(event.occurred_at);
  const { what, details } = describe(event, clock);
  const byOther = event.actor_id && event.actor_id !== userId;
  return h(
    "li",
    { class: "timeline-entry", data: { type: event.type } },
    h("span", { class: "timeline-mark" }, icon(markOf(event, what))),
    h(
      "div",
      { class: "timeline-text" },
      h("p", { class: "timeline-what" }, what, byOther ? h("span", { class: "timeline-who" }, words.byTaskFlow) : null),
      details.length > 0
        ? h(
            "ul",
            { class: "timeline-details" },
            details.map((detail) => h("li", {}, detail)),
          )
        : null,
      h("time", { datetime: event.occurred_at, title: fullLabel(at, clock.zone) }, timeWords(at, clock)),
    ),
  );
}

/**
 * @param {Date} at
 * @param {Clock} clock
 */
function timeWords(at, clock) {
  const now = clock.now();
  if (now - at.getTime() < 3_600_000) return distanceLabel(at, now);
  return strings.dates.at(dateLabel(wallTime(at, clock.zone).date, today(now, clock.zone)), timeLabel(at, clock.zone));
}

/**
 * An event in words: what happened, and a line for each thing that changed.
 *
 * @param {AuditItem} event
 * @param {Clock} clock
 * @returns {{what: string, details: string[]}}
 */
export function describe({ type, data, version }, clock) {
  switch (type) {
    case "task.created":
      return { what: version > 1 ? words.restored : words.created, details: [] };
    case "task.completed":
      return { what: words.done, details: [] };
    case "task.deleted":
      return { what: words.deleted, details: [] };
    case "task.reminder.triggered": {
      const offset = data.offset ? offsetLabel(String(data.offset)) : "";
      return { what: words.reminded(offset, Boolean(data.late)), details: [] };
    }
    case "task.updated":
      return describeUpdate(changesOf(data), clock);
    default:
      return { what: type, details: [] };
  }
}

/**
 * @param {Changes} changes
 * @param {Clock} clock
 */
function describeUpdate(changes, clock) {
  const { completed, ...others } = changes;
  const details = Object.entries(others)
    .filter(([name]) => name in NAMES && name !== "due_all_day")
    .map(([name, change]) => changeLine(name, change, changes, clock));
  if (completed && completed.new === false) return { what: words.reopened, details };
  return { what: details.length === 1 ? details[0] : words.changed, details: details.length === 1 ? [] : details };
}

/**
 * @param {string} name
 * @param {Change | null} change
 * @param {Changes} changes
 * @param {Clock} clock
 */
function changeLine(name, change, changes, clock) {
  if (name === "description" || change === null || typeof change !== "object") return words.fieldChanged(NAMES[name]);
  const allDay = changes.due_all_day;
  const old = show(name, change.old, allDay?.old, clock);
  const now = show(name, change.new, allDay?.new, clock);
  if (!old) return words.fieldSet(NAMES[name], now);
  return now ? words.fieldFromTo(NAMES[name], old, now) : words.fieldRemoved(NAMES[name], old);
}

/**
 * A field's value in words; "" for none.
 *
 * @param {string} name
 * @param {unknown} value
 * @param {unknown} allDay whether a due date is a whole day
 * @param {Clock} clock
 */
function show(name, value, allDay, clock) {
  if (value === null || value === undefined) return "";
  if (Array.isArray(value)) return name === "reminders" ? value.map(offsetLabel).join(", ") : String(value);
  const text = String(value);
  if (name === "title") return words.quoted(text);
  if (name === "recurrence_pattern") {
    const label = patternLabel(text);
    return text.includes(label) ? label : words.within(label);
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
