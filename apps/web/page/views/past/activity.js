// Activity: what happened to the person's tasks, day by day, from the audit trail.

import { find, findAll, h, setText } from "../../dom.js";
import { dayLabel, fullLabel, timeLabel } from "../../domain/labels.js";
import { wallTime } from "../../domain/zones.js";
import { icon } from "../../icons.js";
import { replaceAddress } from "../../router.js";
import { ApiError } from "../../server/errors.js";
import { strings } from "../../strings/later.js";
import { pages } from "../parts/pages.js";
import { openSheet } from "../parts/sheet.js";
import { activityFilters } from "./activity-filters.js";
import { describe, markOf } from "./history.js";

/**
 * @import { AuditItem } from "../../../types/audit-logger.js"
 * @import { Clock } from "../../domain/zones.js"
 * @import { Toaster } from "../../notices/toaster.js"
 * @import { Activity } from "../../state/activity.js"
 */

/**
 * @typedef {object} Needs
 * @property {Activity} activity
 * @property {string} userId whose page it is
 * @property {Clock} clock
 * @property {Toaster} toaster
 * @property {{kind: string, range: string}} shown the parts of the address that say what is shown
 * @property {(path: string) => void} go
 * @property {() => void} onClose
 */

const SETTLE = 1_200; // the trail is written a moment after the change
const words = strings.activity;

/**
 * Opens it, with this week unless the address says otherwise. `changed(taskId)` of what it returns has it read anew a moment later.
 *
 * @param {Needs} needs
 */
export function openActivity({ activity, userId, clock, toaster, shown: said, go, onClose }) {
  const filters = activityFilters({ clock, ...said, onChange: filtered });
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
    body: [filters.node, status, days, more, about],
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
    return begin(activity.pathOf(filters.wanted()));
  }

  function filtered() {
    replaceAddress(filters.address());
    again();
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
