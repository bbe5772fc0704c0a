// The history of a task as a timeline, from the audit trail; it holds for deleted tasks too.

import { h } from "../../dom.js";
import { dateLabel, distanceLabel, fullLabel, timeLabel } from "../../domain/labels.js";
import { offsetLabel } from "../../domain/offsets.js";
import { today, wallTime } from "../../domain/zones.js";
import { icon } from "../../icons.js";
import { ApiError } from "../../server/errors.js";
import { strings } from "../../strings/later.js";
import { openSheet } from "../parts/sheet.js";
import { changesOf, describeUpdate } from "./changes-said.js";

/**
 * @import { AuditItem, AuditList } from "../../../types/audit-logger.js"
 * @import { Clock } from "../../domain/zones.js"
 * @import { Toaster } from "../../notices/toaster.js"
 * @import { Api } from "../../server/api.js"
 * @import { TaskStore } from "../../state/tasks.js"
 * @import { Said } from "./changes-said.js"
 */

const words = strings.history;
const SETTLE = 1_200; // the trail is written a moment after the change
const PATIENCE = 60_000; // and a busy server may need longer
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
 * @param {Said} what
 */
export function markOf({ type }, what) {
  if (what === words.restored || what === words.reopened) return "history";
  return ICONS[type] ?? "more";
}

/**
 * Opens it. `changed(taskId)` of what it returns has it read anew a moment later. While the trail does not have the
 * version that the page has, it is asked again, and that is said.
 *
 * @param {object} needs
 * @param {Api} needs.api
 * @param {string} needs.userId whose page it is
 * @param {Clock} needs.clock
 * @param {Toaster} needs.toaster
 * @param {TaskStore} needs.store
 * @param {string} needs.taskId its title in the store is shown until, and unless, the trail gives one
 * @param {() => void} needs.onClose
 */
export function openHistory({ api, userId, clock, toaster, store, taskId, onClose }) {
  const title = store.get(taskId)?.title ?? "";
  const list = h("ol", { class: "timeline" });
  const status = h("p", { class: "loading", role: "status" }, words.loading);
  const subject = h("p", { class: "timeline-subject", dir: "auto" }, title);
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  let wait = SETTLE;
  let closed = false;
  const sheet = openSheet({
    title: words.title,
    body: [subject, status, list],
    toaster,
    onClose: () => {
      closed = true;
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
      if (isBehind(items)) loadLater();
      else wait = SETTLE;
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      status.textContent = error.status === 404 ? words.none : error.message;
    }
    status.hidden = status.textContent === "";
  }

  /** @param {AuditItem[]} items */
  function isBehind(items) {
    return Math.max(0, ...items.map((event) => event.version)) < (store.get(taskId)?.version ?? 0);
  }

  function loadLater() {
    if (wait > PATIENCE) return;
    status.textContent = words.behind;
    loadIn(wait);
    wait *= 2;
  }

  function loadIn(/** @type {number} */ milliseconds) {
    clearTimeout(timer);
    if (!closed) timer = setTimeout(load, milliseconds);
  }

  load();
  return {
    close: sheet.close,
    changed: (/** @type {string} */ id) => {
      if (id !== taskId) return;
      wait = SETTLE;
      loadIn(wait);
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
 * @returns {{what: Said, details: Said[]}}
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
