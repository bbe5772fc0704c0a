// The reminders that wait for an answer, above the list.

import { find, h, setText } from "../dom.js";
import { icon } from "../icons.js";
import { reminderWords, snoozedUntil } from "../notices/reminders.js";
import { strings } from "../strings/index.js";
import { KeyedRows } from "./parts/keyed-rows.js";

/**
 * @import { Reminder } from "../../types/reminder-service.js"
 * @import { Clock } from "../domain/zones.js"
 * @import { Sync } from "../state/sync.js"
 * @import { TaskStore } from "../state/tasks.js"
 * @import { WaitingReminders } from "../state/waiting.js"
 */

/** @type {[number, string][]} */
const SNOOZES = [
  [10, strings.lengths.minute(10)],
  [60, strings.lengths.hour(1)],
  [24 * 60, strings.lengths.day(1)],
];

/**
 * A panel over the waiting reminders; `onOpen(taskId)` opens a reminder's task.
 *
 * @param {{waiting: WaitingReminders, store: TaskStore, sync: Sync, clock: Clock, onOpen: (taskId: string) => void}} needs
 */
export function waitingPanel({ waiting, store, sync, clock, onOpen }) {
  const list = h("ul", { class: "reminders" });
  const count = h("span", { class: "count" });
  const gotAll = { type: "button", class: "quiet-button", on: { click: () => waiting.acknowledgeAll() } };
  const all = h("button", gotAll, strings.reminders.gotAll);
  const node = h(
    "section",
    { class: "waiting", "aria-labelledby": "waiting-title", hidden: true },
    h(
      "div",
      { class: "waiting-head" },
      icon("bell"),
      h("h2", { id: "waiting-title" }, strings.reminders.title, " ", count),
      all,
    ),
    list,
  );
  const rows = new KeyedRows(makeRow);

  /** @param {Reminder} reminder */
  function makeRow(reminder) {
    const title = h("button", {
      type: "button",
      class: "task-title",
      dir: "auto",
      on: { click: () => onOpen(reminder.task_id) },
    });
    const detail = h("span", { class: "reminder-detail" });
    const snooze = h(
      "select",
      { class: "snooze", on: { change: snoozeIt, focus: sayUntil, pointerdown: sayUntil } },
      h("option", { value: "", selected: true }, strings.reminders.snoozeFor),
      SNOOZES.map(([minutes, label]) => h("option", { value: minutes }, label)),
    );

    /** The options are said as they count when one looks at them. */
    function sayUntil() {
      for (const [at, [minutes, length]] of SNOOZES.entries())
        setText(snooze.options[at + 1], strings.reminders.until(length, snoozedUntil(minutes, clock)));
    }

    function snoozeIt() {
      waiting.snooze(reminder, Number(snooze.value));
    }

    const got = h(
      "button",
      { type: "button", class: "quiet-button", on: { click: () => waiting.acknowledge(reminder) } },
      strings.reminders.gotIt,
    );
    const node = h(
      "li",
      { class: "reminder", data: { id: reminder.id } },
      h("div", { class: "reminder-text" }, title, detail),
      h("div", { class: "reminder-tools" }, snooze, got),
    );

    /** @param {Reminder} latest the same reminder, as it is now */
    function update(latest) {
      const words = reminderWords(latest, clock);
      setText(title, words.title);
      setText(detail, words.detail);
      sayUntil();
      snooze.setAttribute("aria-label", strings.reminders.snoozeIt(words.title));
      got.setAttribute("aria-label", strings.reminders.gotItOf(words.title));
    }

    return { node, update };
  }

  function draw() {
    const hadFocus = list.contains(document.activeElement);
    rows.place(list, waiting.latest, (row, reminder) => row.update(reminder));
    const shown = rows.sweep();
    // It comes with the list, not before it: what is there does not move.
    node.hidden = shown === 0 || !(sync.loaded || store.tasks.size > 0);
    all.hidden = shown < 2;
    setText(count, String(shown));
    if (hadFocus && !list.contains(document.activeElement)) find(list, ".reminder-tools button", HTMLElement)?.focus();
  }

  const stops = [waiting.subscribe(draw), store.subscribe(draw)];
  const stop = () => {
    for (const end of stops) end();
  };
  draw();
  return { node, draw, stop };
}
