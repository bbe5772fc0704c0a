// The list of tasks in its sections, kept in place as tasks come, change and go.

import { find, findAll, h, setText } from "../dom.js";
import { dueOrder, sectionOf } from "../domain/due.js";
import { KeyedRows } from "./keyed-rows.js";
import { TaskRow } from "./row.js";

/**
 * @import { Section } from "../domain/due.js"
 * @import { Clock } from "../domain/zones.js"
 * @import { Sync } from "../state/sync.js"
 * @import { Task, TaskStore } from "../state/tasks.js"
 * @import { RowListeners } from "./row.js"
 */

/** @typedef {{name: Section, node: HTMLElement, list: HTMLElement, count: HTMLElement}} Part One section, as drawn. */
/** @typedef {{element: HTMLElement, row: HTMLElement, list: Element | null, next: HTMLElement | undefined}} Focus */

/** @type {[Section, string][]} */
const SECTIONS = [
  ["overdue", "Overdue"],
  ["today", "Today"],
  ["upcoming", "Upcoming"],
  ["none", "No date"],
  ["done", "Done"],
];

const TICK = 15_000;

/** Shows the store's tasks. */
export class TaskList {
  /**
   * @param {object} needs
   * @param {TaskStore} needs.store
   * @param {Sync} needs.sync
   * @param {Clock} needs.clock
   * @param {(error: unknown) => void} needs.onProblem
   * @param {RowListeners} needs.on
   */
  constructor({ store, sync, clock, onProblem, on }) {
    this.store = store;
    this.sync = sync;
    this.clock = clock;
    this.onProblem = onProblem;
    this.on = on;
    /** @type {KeyedRows<Task, TaskRow>} */
    this.rows = new KeyedRows(
      (task) => this.makeRow(task),
      ({ id }) => store.names.get(id),
    );
    /** @type {string[]} what a task must hold to be shown */
    this.words = [];
    this.drawnBefore = false;
    const more = {
      type: "button",
      class: "quiet-button more-done",
      hidden: true,
      on: { click: () => this.loadMore() },
    };
    this.more = h("button", more, "Show more");
    this.done = h("details", { class: "section section-done", hidden: true });
    this.parts = SECTIONS.map(([name, label]) => this.makePart(name, label));
    this.done.append(this.more);
    this.empty = h("div", { class: "empty", hidden: true });
    this.loading = h("p", { class: "loading", role: "status" }, "Loading your tasks…");
    this.node = h(
      "div",
      { class: "lists" },
      this.loading,
      this.empty,
      this.parts.map(({ node }) => node),
    );
    this.unsubscribe = store.subscribe(() => this.draw());
    this.timer = setInterval(() => this.draw(), TICK);
    this.draw(); // the tasks may have been there first
  }

  /**
   * @param {Section} name
   * @param {string} label
   * @returns {Part}
   */
  makePart(name, label) {
    const headingId = `section-${name}`;
    const count = h("span", { class: "count" });
    const list = h("ul", { class: "tasks" });
    const heading = h("h2", { id: headingId }, label, " ", count);
    // Done is folded away until asked for; the rest is always open.
    if (name === "done") {
      this.done.append(h("summary", {}, heading), list);
      return { name, node: this.done, list, count };
    }
    const props = { class: `section section-${name}`, "aria-labelledby": headingId, hidden: true };
    return { name, node: h("section", props, heading, list), list, count };
  }

  /** Ends its timers and listening. */
  stop() {
    this.unsubscribe();
    clearInterval(this.timer);
  }

  /**
   * Shows only tasks that hold every word of a text; "" shows all.
   *
   * @param {string} text
   */
  filter(text) {
    this.words = text.toLocaleLowerCase().split(/\s+/).filter(Boolean);
    this.draw();
    if (this.words.length > 0) this.done.open = true;
  }

  /** @param {Task} task */
  fits(task) {
    if (this.words.length === 0) return true;
    const text = `${task.title}\n${task.description ?? ""}`.toLocaleLowerCase();
    return this.words.every((word) => text.includes(word));
  }

  /** Draws what changed. */
  draw() {
    const { sync } = this;
    const now = this.clock.now();
    const { zone } = this.clock;
    const grouped = Map.groupBy(
      this.store.all().filter((task) => this.fits(task)),
      (task) => sectionOf(task, now, zone),
    );
    const focus = this.focusBefore();
    for (const { name, node, list, count } of this.parts) {
      const tasks = grouped.get(name) ?? [];
      tasks.sort(name === "done" ? byLastChange : byDue(zone));
      this.rows.place(list, tasks, (row, task) => row.update(task, now, zone));
      node.hidden = tasks.length === 0;
      setText(count, name === "done" && sync.moreDone ? `${tasks.length}+` : String(tasks.length));
    }
    const shown = this.rows.sweep();
    this.focusAfter(focus);
    this.drawEmpty(shown);
    this.loading.hidden = sync.loaded;
    this.more.hidden = !sync.moreDone;
    this.drawnBefore ||= sync.loaded;
  }

  /** @param {Task} task */
  makeRow(task) {
    const row = new TaskRow(task, this.on);
    if (this.drawnBefore) row.node.classList.add("is-new");
    return row;
  }

  /**
   * The focused row and what could take its place when it leaves its list.
   *
   * @returns {Focus | null}
   */
  focusBefore() {
    const element = document.activeElement;
    const row = element?.closest(".task");
    if (!(element instanceof HTMLElement && row instanceof HTMLElement && this.node.contains(row))) return null;
    const rows = findAll(this.node, ".task", HTMLElement);
    const place = rows.indexOf(row);
    return { element, row, list: row.parentElement, next: rows[place + 1] ?? rows[place - 1] };
  }

  /** @param {Focus | null} focus */
  focusAfter(focus) {
    if (!focus || document.activeElement === focus.element) return;
    if (focus.row.isConnected && focus.row.parentElement === focus.list) focus.element.focus();
    else if (focus.next?.isConnected) find(focus.next, ".task-check", HTMLElement)?.focus();
  }

  /** @param {number} shown */
  drawEmpty(shown) {
    this.empty.hidden = !this.sync.loaded || shown > 0;
    const searching = this.words.length > 0;
    const state = searching ? "search" : "none";
    if (this.empty.hidden || this.empty.dataset.state === state) return;
    this.empty.dataset.state = state;
    this.empty.replaceChildren(...(searching ? nothingFound() : nothingToDo()));
  }

  async loadMore() {
    this.more.disabled = true;
    try {
      await this.sync.loadMoreDone();
    } catch (error) {
      this.onProblem(error);
    } finally {
      this.more.disabled = false;
    }
  }
}

function nothingFound() {
  return [
    h("p", { class: "empty-title" }, "Nothing found"),
    h("p", {}, "No task has these words in its title or description."),
  ];
}

function nothingToDo() {
  const forKeys = h("span", { class: "for-keys" }, ": press ", h("kbd", {}, "n"), ", or use");
  const forTouch = h("span", { class: "for-touch" }, " in");
  return [
    h("p", { class: "empty-title" }, "Nothing to do"),
    h("p", {}, "Write down the first thing on your mind", forKeys, forTouch, " the field above."),
  ];
}

/**
 * @param {string} zone
 * @returns {(one: Task, other: Task) => number}
 */
function byDue(zone) {
  return (one, other) => {
    const left = dueOrder(one, zone);
    const right = dueOrder(other, zone);
    if (left !== right) return left - right;
    return other.created_at.localeCompare(one.created_at) || one.id.localeCompare(other.id);
  };
}

/**
 * @param {Task} one
 * @param {Task} other
 */
function byLastChange(one, other) {
  return other.updated_at.localeCompare(one.updated_at) || one.id.localeCompare(other.id);
}
