// One task in the list.

import { find, h, setText } from "../../dom.js";
import { dueLabel, sectionOf } from "../../domain/due.js";
import { fullLabel, priorityLabel } from "../../domain/labels.js";
import { offsetLabel, offsetMinutes } from "../../domain/offsets.js";
import { patternLabel } from "../../domain/repeat-words.js";
import { icon } from "../../icons.js";
import { strings } from "../../strings/index.js";
import { linked, linksOf } from "../parts/user-text.js";

/**
 * @import { Section } from "../../domain/due.js"
 * @import { Shown, Task } from "../../state/tasks.js"
 */

const words = strings.row;

/** @typedef {Record<"toggle" | "open" | "history" | "remove" | "pick", (task: Task) => void> & {move: (task: Task, beside: HTMLElement) => void, tag: (tag: string) => void}}
 *   RowListeners */

/**
 * Whether a task is part of a repeat.
 *
 * @param {Task} task
 */
export function repeats(task) {
  return Boolean(task.recurrence_pattern || task.parent_recurring_task_id);
}

/** A row that shows a task; `update` brings it up to date in place, keeping the focus in it. */
export class TaskRow {
  /**
   * @param {Task} task
   * @param {RowListeners} on
   */
  constructor(task, on) {
    this.task = task;
    this.box = h("input", { type: "checkbox", class: "task-check", on: { change: () => on.toggle(this.task) } });
    this.title = h("button", {
      type: "button",
      class: "task-title",
      dir: "auto",
      on: { click: () => on.open(this.task) },
    });
    this.description = h("p", { class: "task-description", dir: "auto" });
    this.facts = h("ul", { class: "task-facts" });
    this.facts.addEventListener("click", ({ target }) => {
      const tag = target instanceof Element && target.closest(".tag-button");
      if (tag instanceof HTMLElement) on.tag(tag.dataset.tag ?? "");
    });
    this.moveButton = h(
      "button",
      { type: "button", class: "icon-button", title: strings.moving.title },
      icon("calendar"),
    );
    this.moveButton.addEventListener("click", () => on.move(this.task, this.moveButton));
    this.historyButton = h(
      "button",
      { type: "button", class: "icon-button", title: words.history, on: { click: () => on.history(this.task) } },
      icon("history"),
    );
    this.removeButton = h(
      "button",
      { type: "button", class: "icon-button", title: words.delete, on: { click: () => on.remove(this.task) } },
      icon("trash"),
    );
    // Square, and at the other end of the row: it is not to be taken for what completes.
    this.pick = h("button", {
      type: "button",
      class: "icon-button task-pick",
      title: words.select,
      "aria-pressed": "false",
      on: { click: () => on.pick(this.task) },
    });
    this.node = h(
      "li",
      { class: "task", data: { id: task.id } },
      h("label", { class: "task-box", on: { click: onlyOnce } }, this.box),
      h("div", { class: "task-text" }, this.title, this.description, this.facts),
      h("div", { class: "task-tools" }, this.moveButton, this.historyButton, this.removeButton, this.pick),
    );
    this.drawn = "";
  }

  /**
   * @param {Shown} task
   * @param {number} now
   * @param {string} zone
   */
  update(task, now, zone) {
    this.task = task;
    const section = sectionOf(task, now, zone);
    const due = dueLabel(task, now, zone);
    // What a row shows of the moment is its section and its due label; when neither they nor the task changed, it is drawn.
    const { id, title, description, completed, unsent, priority, tags, reminders, recurrence_pattern: repeat } = task;
    const drawn = `${id} ${title} ${description} ${task.version} ${task.updated_at} ${completed} ${section} ${due} ${zone} ${unsent} ${priority} ${tags} ${repeat} ${reminders}`;
    if (drawn === this.drawn) return;
    this.drawn = drawn;
    this.node.dataset.id = task.id;
    this.node.dataset.section = section;
    const isUnderWay = Boolean(task.coming && !task.unsent);
    this.node.classList.toggle("is-coming", isUnderWay);
    for (const control of [this.box, this.title, this.moveButton, this.historyButton, this.removeButton, this.pick])
      control.disabled = isUnderWay;
    this.node.classList.toggle("is-done", task.completed);
    this.box.checked = task.completed;
    this.box.setAttribute("aria-label", words.done(task.title));
    setText(this.title, task.title);
    this.description.replaceChildren(...linked(task.description ?? ""));
    this.description.hidden = !task.description;
    this.moveButton.setAttribute("aria-label", strings.moving.of(task.title));
    this.moveButton.hidden = task.completed;
    this.historyButton.setAttribute("aria-label", words.historyOf(task.title));
    this.pick.setAttribute("aria-label", words.selectIt(task.title));
    this.removeButton.setAttribute("aria-label", words.deleteIt(task.title));
    this.drawFacts(factsOf(task, section, due, zone));
  }

  /**
   * Draws the facts anew, with the focus on the tag that had it.
   *
   * @param {HTMLElement[]} facts
   */
  drawFacts(facts) {
    const active = document.activeElement;
    const tag = active instanceof HTMLElement && this.facts.contains(active) ? active.dataset.tag : undefined;
    this.facts.replaceChildren(...facts);
    this.facts.hidden = facts.length === 0;
    if (tag !== undefined) find(this.facts, `[data-tag="${CSS.escape(tag)}"]`, HTMLElement)?.focus();
  }
}

/**
 * Of a double click only the first counts: the second would open again what the first has done.
 *
 * @param {MouseEvent} event
 */
function onlyOnce(event) {
  if (event.detail > 1) event.preventDefault();
}

/** @type {Partial<Record<Section, string>>} */
const DUE_WORDS = { overdue: words.overdue, today: words.dueToday };

/**
 * How many reminders are to come, or which.
 *
 * @param {Shown} task
 */
function remindersOf(task) {
  const reminders = [...(task.reminders ?? [])].sort(
    (one, other) => (offsetMinutes(other) ?? 0) - (offsetMinutes(one) ?? 0),
  );
  if (reminders.length === 0 || task.completed) return [];
  const offsets = reminders.map(offsetLabel);
  const text = offsets.length === 1 ? offsets[0] : words.reminders(offsets.length);
  return [
    h(
      "li",
      { class: "fact", title: offsets.join(", ") },
      icon("bell"),
      h("span", { class: "visually-hidden" }, `${words.reminder}: `),
      text,
    ),
  ];
}

/**
 * What there is to say of a task that the server does not have, or not like this.
 *
 * @param {Shown} task
 */
function underWay(task) {
  if (task.unsent) return [h("li", { class: "fact unsent" }, strings.unsent.mark)];
  return task.coming && !task.user_id ? [h("li", { class: "fact" }, words.adding)] : [];
}

/**
 * @param {Shown} task
 * @param {Section} section
 * @param {string} due
 * @param {string} zone
 */
function factsOf(task, section, due, zone) {
  const facts = [];
  for (const node of linksOf(task.title)) facts.push(h("li", { class: "fact" }, node));
  facts.push(...underWay(task));
  if (due && task.due_date) {
    const said = DUE_WORDS[section];
    const title = task.due_all_day ? null : fullLabel(new Date(task.due_date), zone);
    const time = h("time", { datetime: task.due_date, title }, due);
    facts.push(
      h(
        "li",
        { class: `fact due due-${section}` },
        icon("calendar"),
        said ? h("span", { class: "visually-hidden" }, `${said}: `) : null,
        time,
      ),
    );
  }
  if (task.priority && task.priority !== "none")
    facts.push(h("li", { class: `fact priority-${task.priority}` }, icon("flag"), priorityLabel(task.priority)));
  if (repeats(task)) {
    const rule = patternLabel(task.recurrence_pattern, task.occurrence_date ?? "") || words.repeats;
    facts.push(h("li", { class: "fact" }, icon("repeat"), rule));
  }
  facts.push(...remindersOf(task));
  for (const tag of task.tags ?? [])
    facts.push(
      h(
        "li",
        { class: "fact fact-tag" },
        h(
          "button",
          { type: "button", class: "tag-button", title: words.showTag(tag), data: { tag } },
          icon("tag"),
          h("span", { class: "visually-hidden" }, `${words.tag}: `),
          h("bdi", {}, tag),
        ),
      ),
    );
  return facts;
}
