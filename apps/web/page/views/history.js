// The history of a task as a timeline, from the audit trail; it holds for deleted tasks too.

import { h } from "../dom.js";
import { dateLabel, distanceLabel, fullLabel, timeLabel, withinSentence } from "../domain/labels.js";
import { offsetLabel } from "../domain/offsets.js";
import { patternLabel } from "../domain/repeat.js";
import { today, wallTime } from "../domain/zones.js";
import { icon } from "../icons.js";
import { ApiError } from "../server/errors.js";
import { openSheet } from "./sheet.js";

/**
 * @import { AuditItem, AuditList } from "../../types/audit-logger.js"
 * @import { Clock } from "../domain/zones.js"
 * @import { Toaster } from "../notices/toaster.js"
 * @import { Api } from "../server/api.js"
 */

/** @typedef {{old: unknown, new: unknown}} Change A field's value before and after. */
/** @typedef {Record<string, Change | null>} Changes By the field's name; null where the trail keeps no values. */

/** @type {Record<string, string>} */
const NAMES = {
  title: "Title",
  description: "Description",
  due_date: "Due date",
  due_all_day: "All day",
  recurrence_pattern: "Repeat",
  recurrence_end_date: "Repeat until",
  recurrence_timezone: "Time zone of the repeat",
  reminders: "Reminders",
  occurrence_date: "Date in the repeat",
};
const SETTLE = 1_200; // the trail is written a moment after the change
/** @type {Record<string, Parameters<typeof icon>[0]>} */
const ICONS = {
  "task.created": "add",
  "task.completed": "check",
  "task.deleted": "trash",
  "task.reminder.triggered": "bell",
};

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
  const status = h("p", { class: "loading", role: "status" }, "Loading…");
  const subject = h("p", { class: "timeline-subject" }, title);
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  const sheet = openSheet({
    title: "History",
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
      status.textContent =
        items.length === 0 ? "Nothing recorded yet. New changes appear here a moment after they happen." : "";
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      status.textContent = error.status === 404 ? "There is no history for this task." : error.message;
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
  const { words, details } = describe(event, clock);
  const byOther = event.actor_id && event.actor_id !== userId;
  return h(
    "li",
    { class: "timeline-entry", data: { type: event.type } },
    h("span", { class: "timeline-mark" }, icon(ICONS[event.type] ?? (words === "Reopened" ? "history" : "more"))),
    h(
      "div",
      { class: "timeline-text" },
      h("p", { class: "timeline-what" }, words, byOther ? h("span", { class: "timeline-who" }, " by TaskFlow") : null),
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
  return `${dateLabel(wallTime(at, clock.zone).date, today(now, clock.zone))}, ${timeLabel(at, clock.zone)}`;
}

/**
 * An event in words: what happened, and a line for each thing that changed.
 *
 * @param {AuditItem} event
 * @param {Clock} clock
 * @returns {{words: string, details: string[]}}
 */
function describe({ type, data }, clock) {
  switch (type) {
    case "task.created":
      return { words: "Created", details: [] };
    case "task.completed":
      return { words: "Marked done", details: [] };
    case "task.deleted":
      return { words: "Deleted", details: [] };
    case "task.reminder.triggered": {
      const offset = data.offset ? ` (${offsetLabel(String(data.offset))})` : "";
      return { words: `Reminder sent${offset}${data.late ? ", late" : ""}`, details: [] };
    }
    case "task.updated":
      return describeUpdate(changesOf(data), clock);
    default:
      return { words: type, details: [] };
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
  if (completed && completed.new === false) return { words: "Reopened", details };
  return { words: details.length === 1 ? details[0] : "Changed", details: details.length === 1 ? [] : details };
}

/**
 * @param {string} name
 * @param {Change | null} change
 * @param {Changes} changes
 * @param {Clock} clock
 */
function changeLine(name, change, changes, clock) {
  if (name === "description" || change === null || typeof change !== "object") return `${NAMES[name]} changed`;
  const allDay = changes.due_all_day;
  const old = show(name, change.old, allDay?.old, clock);
  const now = show(name, change.new, allDay?.new, clock);
  if (!old) return `${NAMES[name]} set to ${now}`;
  return now ? `${NAMES[name]} changed from ${old} to ${now}` : `${NAMES[name]} removed (was ${old})`;
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
  if (name === "title") return `“${text}”`;
  if (name === "recurrence_pattern") {
    const label = patternLabel(text);
    return label === "Custom repeat" ? text : label.toLocaleLowerCase();
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
  return allDay ? day : `${day}, ${timeLabel(at, clock.zone)}`;
}
