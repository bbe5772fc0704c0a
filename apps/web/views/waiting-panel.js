// The reminders that wait for an answer, above the list.

import { h, setText } from "../dom.js";
import { icon } from "../icons.js";
import { dueLabel, lengthLabel, offsetLabel, withinSentence } from "../when.js";

const SNOOZES = [
  [10, "10 minutes"],
  [60, "1 hour"],
  [24 * 60, "1 day"],
];
const LATE = 60_000;

/** What a reminder is about: `{title, detail}`. */
export function reminderWords(app, reminder) {
  const title = reminder.title ?? "A task";
  const due = reminder.due_date ? dueLabel({ due_date: reminder.due_date, due_all_day: reminder.due_date.length === 10 }, app.now(), app.zone) : "";
  const parts = [due ? `Due ${withinSentence(due)}` : offsetLabel(reminder.offset ?? "")];
  const late = Date.parse(reminder.fired_at) - Date.parse(reminder.scheduled_at);
  if (late > LATE) parts.push(`${lengthLabel(late)} late`);
  return { title, detail: parts.filter(Boolean).join(" · ") };
}

/** A panel over `app.waiting`; `on.open(taskId)` opens a reminder's task. */
export function waitingPanel({ app, on }) {
  const list = h("ul", { class: "reminders" });
  const count = h("span", { class: "count" });
  const all = h("button", { type: "button", class: "quiet-button", on: { click: () => app.waiting.acknowledgeAll() } }, "Got all");
  const node = h(
    "section",
    { class: "waiting", "aria-labelledby": "waiting-title", hidden: true },
    h("div", { class: "waiting-head" }, icon("bell"), h("h2", { id: "waiting-title" }, "Reminders ", count), all),
    list,
  );
  const items = new Map();

  function item(reminder) {
    const title = h("button", { type: "button", class: "task-title", on: { click: () => on.open(reminder.task_id) } });
    const detail = h("span", { class: "reminder-detail" });
    const snooze = h(
      "select",
      { class: "snooze", on: { change: () => app.waiting.snooze(reminder, Number(snooze.value)) } },
      h("option", { value: "", selected: true }, "Snooze…"),
      SNOOZES.map(([minutes, label]) => h("option", { value: minutes }, label)),
    );
    const got = h("button", { type: "button", class: "quiet-button", on: { click: () => app.waiting.acknowledge(reminder) } }, "Got it");
    const row = h("li", { class: "reminder", data: { id: reminder.id } }, h("div", { class: "reminder-text" }, title, detail), h("div", { class: "reminder-tools" }, snooze, got));
    return { row, title, detail, snooze, got };
  }

  function draw() {
    const hadFocus = list.contains(document.activeElement);
    const kept = new Set();
    for (const [place, reminder] of app.waiting.latest.entries()) {
      kept.add(reminder.id);
      if (!items.has(reminder.id)) items.set(reminder.id, item(reminder));
      const { row, title, detail, snooze, got } = items.get(reminder.id);
      const words = reminderWords(app, reminder);
      setText(title, words.title);
      setText(detail, words.detail);
      snooze.setAttribute("aria-label", `Snooze ${words.title}`);
      got.setAttribute("aria-label", `Got it: ${words.title}`);
      if (list.children[place] !== row) list.insertBefore(row, list.children[place] ?? null);
    }
    for (const [id, { row }] of items) {
      if (kept.has(id)) continue;
      row.remove();
      items.delete(id);
    }
    node.hidden = kept.size === 0;
    all.hidden = kept.size < 2;
    setText(count, String(kept.size));
    if (hadFocus && !list.contains(document.activeElement)) list.querySelector(".reminder-tools button")?.focus();
  }

  const stops = [app.waiting.subscribe(draw), app.store.subscribe(draw)];
  draw();
  return { node, stop: () => stops.forEach((stop) => stop()) };
}
