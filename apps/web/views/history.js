// The history of a task as a timeline, from the audit trail; it holds for deleted tasks too.

import { h } from "../dom.js";
import { icon } from "../icons.js";
import { patternLabel } from "../repeat.js";
import { dateLabel, distanceLabel, fullLabel, offsetLabel, timeLabel, today, wallTime, withinSentence } from "../when.js";
import { openSheet } from "./sheet.js";

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
const ICONS = { "task.created": "add", "task.completed": "check", "task.deleted": "trash", "task.reminder.triggered": "bell" };

/** Opens it; `title` is shown until, and unless, the trail gives one. Returns `{close, changed(taskId)}`. */
export function openHistory({ app, taskId, title = "", onClose }) {
  const list = h("ol", { class: "timeline" });
  const status = h("p", { class: "loading", role: "status" }, "Loading…");
  const subject = h("p", { class: "timeline-subject" }, title);
  let timer = 0;
  const sheet = openSheet({
    title: "History",
    body: [subject, status, list],
    toaster: app.toaster,
    onClose: () => {
      clearTimeout(timer);
      onClose();
    },
  });

  async function load() {
    try {
      const { items } = await app.api.json("GET", `/api/v1/audit/tasks/${encodeURIComponent(taskId)}`);
      list.replaceChildren(...items.map((event) => entry(app, event)).reverse());
      subject.textContent = titleOf(items) || title;
      status.textContent = items.length === 0 ? "Nothing recorded yet. New changes appear here a moment after they happen." : "";
    } catch (error) {
      if (error.name !== "ApiError") throw error;
      status.textContent = error.status === 404 ? "There is no history for this task." : error.message;
    }
    status.hidden = status.textContent === "";
  }

  load();
  return {
    close: sheet.close,
    changed: (id) => {
      if (id !== taskId) return;
      clearTimeout(timer);
      timer = setTimeout(load, SETTLE);
    },
  };
}

function titleOf(items) {
  let title = "";
  for (const { data } of items) title = data?.changes?.title?.new ?? data?.task?.title ?? title;
  return title;
}

function entry(app, event) {
  const at = new Date(event.occurred_at);
  const { words, details } = describe(app, event);
  const byOther = event.actor_id && event.actor_id !== app.user.id;
  return h(
    "li",
    { class: "timeline-entry", data: { type: event.type } },
    h("span", { class: "timeline-mark" }, icon(ICONS[event.type] ?? (words === "Reopened" ? "history" : "more"))),
    h(
      "div",
      { class: "timeline-text" },
      h("p", { class: "timeline-what" }, words, byOther ? h("span", { class: "timeline-who" }, " by TaskFlow") : null),
      details.length > 0 ? h("ul", { class: "timeline-details" }, details.map((detail) => h("li", {}, detail))) : null,
      h("time", { datetime: event.occurred_at, title: fullLabel(at, app.zone) }, timeWords(app, at)),
    ),
  );
}

function timeWords(app, at) {
  const now = app.now();
  if (now - at.getTime() < 3_600_000) return distanceLabel(at, now);
  return `${dateLabel(wallTime(at, app.zone).date, today(now, app.zone))}, ${timeLabel(at, app.zone)}`;
}

/** An event in words: what happened, and a line for each thing that changed. */
function describe(app, { type, data }) {
  switch (type) {
    case "task.created":
      return { words: "Created", details: [] };
    case "task.completed":
      return { words: "Marked done", details: [] };
    case "task.deleted":
      return { words: "Deleted", details: [] };
    case "task.reminder.triggered": {
      const offset = data?.offset ? ` (${offsetLabel(data.offset)})` : "";
      return { words: `Reminder sent${offset}${data?.late ? ", late" : ""}`, details: [] };
    }
    case "task.updated":
      return describeUpdate(app, data?.changes ?? {});
    default:
      return { words: type, details: [] };
  }
}

function describeUpdate(app, changes) {
  const { completed, ...others } = changes;
  const details = Object.entries(others)
    .filter(([name]) => name in NAMES && name !== "due_all_day")
    .map(([name, change]) => changeLine(app, name, change, changes));
  if (completed && completed.new === false) return { words: "Reopened", details };
  return { words: details.length === 1 ? details[0] : "Changed", details: details.length === 1 ? [] : details };
}

function changeLine(app, name, change, changes) {
  if (name === "description" || change === null || typeof change !== "object") return `${NAMES[name]} changed`;
  const allDay = changes.due_all_day;
  const old = show(app, name, change.old, allDay?.old);
  const now = show(app, name, change.new, allDay?.new);
  if (!old) return `${NAMES[name]} set to ${now}`;
  return now ? `${NAMES[name]} changed from ${old} to ${now}` : `${NAMES[name]} removed (was ${old})`;
}

function show(app, name, value, allDay) {
  if (value === null || value === undefined || (Array.isArray(value) && value.length === 0)) return "";
  if (name === "title") return `“${value}”`;
  if (name === "recurrence_pattern") return patternLabel(value) === "Custom repeat" ? value : patternLabel(value).toLocaleLowerCase();
  if (name === "reminders") return value.map(offsetLabel).join(", ");
  if (name === "due_date" || name === "occurrence_date" || name === "recurrence_end_date") return dateWords(app, String(value), allDay);
  return String(value);
}

function dateWords(app, value, allDay) {
  const present = today(app.now(), app.zone);
  if (/^\d{4}-\d\d-\d\d$/.test(value)) return withinSentence(dateLabel(value, present));
  const at = new Date(value);
  const day = withinSentence(dateLabel(wallTime(at, app.zone).date, present));
  return allDay ? day : `${day}, ${timeLabel(at, app.zone)}`;
}
