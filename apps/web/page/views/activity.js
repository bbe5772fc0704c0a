// Activity: what happened to the person's tasks, day by day, from the audit trail.

import { find, findAll, h, setText } from "../dom.js";
import { dayLabel, fullLabel, timeLabel } from "../domain/labels.js";
import { addDays, instantOf, today, wallTime } from "../domain/zones.js";
import { icon } from "../icons.js";
import { ApiError } from "../server/errors.js";
import { strings } from "../strings/later.js";
import { firstDayOfWeek } from "../strings/locale.js";
import { describe, markOf } from "./history.js";
import { pages } from "./pages.js";
import { openSheet } from "./sheet.js";

/**
 * @import { AuditItem } from "../../types/audit-logger.js"
 * @import { Clock } from "../domain/zones.js"
 * @import { Toaster } from "../notices/toaster.js"
 * @import { Activity } from "../state/activity.js"
 */

/**
 * @typedef {object} Needs
 * @property {Activity} activity
 * @property {string} userId whose page it is
 * @property {Clock} clock
 * @property {Toaster} toaster
 * @property {(path: string) => void} go
 * @property {() => void} onClose
 */

/** @typedef {"today" | "week" | "days7" | "days30" | "all"} Range */

const SETTLE = 1_200; // the trail is written a moment after the change
const words = strings.activity;

/** @type {[string, string][]} */
const KINDS = [
  ["", words.kinds.all],
  ["task.created", words.kinds.created],
  ["task.updated", words.kinds.changed],
  ["task.completed", words.kinds.done],
  ["task.deleted", words.kinds.deleted],
  ["task.reminder.triggered", words.kinds.reminders],
];
/** @type {[Range, string][]} */
const RANGES = [
  ["today", words.ranges.today],
  ["week", words.ranges.week],
  ["days7", words.ranges.days7],
  ["days30", words.ranges.days30],
  ["all", words.ranges.all],
];

/**
 * Where a range begins: at the start of a day of the person's; null where it has no beginning.
 *
 * @param {Range} range
 * @param {Clock} clock
 */
export function beginningOf(range, clock) {
  if (range === "all") return null;
  const present = today(clock.now(), clock.zone);
  const weekday = new Date(`${present}T12:00Z`).getUTCDay() || 7;
  const back = { today: 0, week: (weekday - firstDayOfWeek() + 7) % 7, days7: 6, days30: 29 }[range];
  return instantOf(addDays(present, -back), "00:00", clock.zone);
}

/**
 * Opens it, with this week. `changed(taskId)` of what it returns has it read anew a moment later.
 *
 * @param {Needs} needs
 */
export function openActivity({ activity, userId, clock, toaster, go, onClose }) {
  const kind = selectOf(words.kind, KINDS, () => again());
  const range = selectOf(words.range, RANGES, () => again());
  range.value = "week";
  const days = h("div", { class: "days" });
  const { status, more, say, begin, stop } = pages({
    ask: (path, signal) => activity.page(path, signal),
    show: ({ items, anew, last, signal }) => {
      if (anew) clear();
      add(items, last);
      return name(items, signal);
    },
    words,
  });
  const about = h("p", { class: "seal-about", hidden: true }, icon("seal"), " ", words.sealedMeans);
  let shown = 0;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  const sheet = openSheet({
    title: words.title,
    body: [h("div", { class: "filters" }, kind.node, range.node), status, days, more, about],
    toaster,
    onClose: () => {
      clearTimeout(timer);
      stop();
      onClose();
    },
  });
  sheet.dialog.classList.add("activity");

  /** Shows what is asked for now, from the latest on. */
  function again() {
    return begin(
      activity.pathOf({
        kind: kind.value,
        from: beginningOf(/** @type {Range} */ (range.value), clock),
      }),
    );
  }

  function clear() {
    days.replaceChildren();
    about.hidden = true;
    shown = 0;
  }

  /**
   * Puts events at the end, each in its day.
   *
   * @param {AuditItem[]} items
   * @param {boolean} last whether nothing comes after them
   */
  function add(items, last) {
    for (const item of items) {
      listOf(item).append(entry(item));
      if (item.checkpointed) about.hidden = false;
    }
    shown += items.length;
    say(shown === 0 && last ? words.nothing : "");
  }

  /** @param {AuditItem} item */
  function listOf({ occurred_at }) {
    const { date } = wallTime(new Date(occurred_at), clock.zone);
    const known = find(days, `[data-date="${date}"] .events`, HTMLElement);
    if (known) return known;
    const list = h("ol", { class: "events" });
    days.append(h("section", { class: "day", data: { date } }, h("h3", {}, dayLabel(occurred_at, clock)), list));
    return list;
  }

  /**
   * @param {AuditItem} item
   * @returns {HTMLElement}
   */
  function entry(item) {
    const id = item.task_id ?? "";
    const at = new Date(item.occurred_at);
    const { what, details } = describe(item, clock);
    const title = h("button", { type: "button", class: "event-task", dir: "auto", on: { click: () => openTask(id) } });
    setText(title, activity.titleOf(id) ?? words.aTask);
    return h(
      "li",
      { class: "event timeline-entry", data: { type: item.type, task: id } },
      h("span", { class: "timeline-mark" }, icon(markOf(item, what))),
      h(
        "div",
        { class: "event-text" },
        title,
        h(
          "p",
          { class: "event-what" },
          what,
          item.actor_id === userId ? null : h("span", { class: "timeline-who" }, strings.history.byTaskFlow),
        ),
        details.length > 0
          ? h(
              "ul",
              { class: "timeline-details" },
              details.map((detail) => h("li", { dir: "auto" }, detail)),
            )
          : null,
      ),
      h(
        "div",
        { class: "event-side" },
        h("time", { datetime: item.occurred_at, title: fullLabel(at, clock.zone) }, timeLabel(at, clock.zone)),
        item.checkpointed
          ? h(
              "span",
              { class: "seal", title: words.sealed },
              icon("seal"),
              h("span", { class: "visually-hidden" }, words.sealed),
            )
          : null,
      ),
    );
  }

  /**
   * Writes in what tasks are called that were not known at once, and which of them lie in the trash.
   *
   * @param {AuditItem[]} items
   * @param {AbortSignal} signal
   */
  async function name(items, signal) {
    const ids = new Set(items.map(({ task_id }) => task_id ?? ""));
    await activity.find([...ids], signal);
    if (signal.aborted) return;
    for (const row of findAll(days, ".event", HTMLElement)) {
      const { task = "", type } = row.dataset;
      if (!ids.has(task)) continue;
      const title = find(row, ".event-task", HTMLElement);
      if (title) setText(title, activity.titleOf(task) ?? words.aTask);
      if (type === "task.deleted" && activity.inTrash.has(task)) linkTrash(row);
    }
  }

  /** @param {HTMLElement} row */
  function linkTrash(row) {
    if (find(row, ".to-trash", HTMLElement)) return;
    const link = h("button", { type: "button", class: "to-trash", on: { click: () => go("/trash") } }, words.inTrash);
    find(row, ".event-what", HTMLElement)?.append(" · ", link);
  }

  /**
   * Goes to a task, or to what is left of it: its history.
   *
   * @param {string} id
   */
  async function openTask(id) {
    try {
      go((await activity.isThere(id)) ? `/task/${id}` : `/task/${id}/history`);
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      say(error.message);
    }
  }

  again();
  return {
    close: sheet.close,
    changed: () => {
      clearTimeout(timer);
      // Whoever has gone further back is not taken away from there.
      timer = setTimeout(() => shown <= 50 && again(), SETTLE);
    },
  };
}

/**
 * @param {string} label
 * @param {[string, string][]} options
 * @param {() => void} onChange
 */
function selectOf(label, options, onChange) {
  const select = h(
    "select",
    { "aria-label": label, on: { change: onChange } },
    options.map(([value, text]) => h("option", { value }, text)),
  );
  return {
    node: select,
    get value() {
      return select.value;
    },
    set value(value) {
      select.value = value;
    },
  };
}
