// The list of tasks in its sections, kept in place as tasks come, change and go.

import { find, h } from "../../dom.js";
import { byDue, byLastChange, byPriority, holds } from "../../domain/order.js";
import { hasTag } from "../../domain/tags.js";
import { today } from "../../domain/zones.js";
import { strings } from "../../strings/index.js";
import { KeyedRows } from "../parts/keyed-rows.js";
import { listChoices } from "./list-choices.js";
import { emptyWords } from "./list-empty.js";
import { focusOf } from "./list-focus.js";
import { partOf, partsOf } from "./list-views.js";
import { TaskRow } from "./row.js";
import { ListSection } from "./section.js";
import { tagBar } from "./tag-bar.js";

/**
 * @import { Clock } from "../../domain/zones.js"
 * @import { Sync } from "../../state/sync.js"
 * @import { Task, TaskStore } from "../../state/tasks.js"
 * @import { View } from "./list-views.js"
 * @import { RowListeners } from "./row.js"
 */

const words = strings.list;
const TICK = 15_000;
const HOLD = 1_500;

/** Shows the store's tasks. */
export class TaskList {
  /**
   * @param {object} needs
   * @param {TaskStore} needs.store
   * @param {Sync} needs.sync
   * @param {Clock} needs.clock
   * @param {(error: unknown) => void} needs.onProblem
   * @param {Omit<RowListeners, "tag">} needs.on
   * @param {(tasks: Task[], beside: HTMLElement) => void} needs.onMoveAll reschedules all that is overdue
   * @param {number} [needs.hold] milliseconds that a row waits in its place after it was ticked
   */
  constructor({ store, sync, clock, onProblem, on, onMoveAll, hold = HOLD }) {
    this.store = store;
    this.sync = sync;
    this.clock = clock;
    this.onProblem = onProblem;
    const toggle = (/** @type {Task} */ task) => this.toggle(task, on.toggle);
    /** @type {RowListeners} */
    this.on = { ...on, toggle, tag: (tag) => this.tags.choose(tag) };
    this.holdFor = hold;
    /** @type {Map<string, Task>} as they were when they were ticked, by their ids */
    this.held = new Map();
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    this.holding = undefined;
    /** @type {KeyedRows<Task, TaskRow>} */
    this.rows = new KeyedRows(
      (task) => this.makeRow(task),
      ({ id }) => store.names.get(id),
    );
    /** @type {string[]} what a task must hold to be shown */
    this.words = [];
    this.drawnBefore = false;
    /** @type {Set<string>} the ids of tasks that there were when it was drawn last, shown or not */
    this.known = new Set();
    /** @type {View} */
    this.view = "all";
    /** Which sections there are, to be told apart from others. */
    this.parts = "";
    /** @type {ListSection[]} */
    this.sections = [];
    this.body = h("div", { class: "sections" });
    this.onMoveAll = onMoveAll;
    this.empty = h("div", { class: "empty", hidden: true });
    this.tags = tagBar({ onChange: () => this.chosen() });
    this.choices = listChoices({ onChange: () => this.chosen() });
    this.loading = h("p", { class: "loading", role: "status" }, words.loading);
    this.node = h(
      "div",
      { class: "lists" },
      h("div", { class: "list-tools" }, this.tags.node, this.choices.node),
      this.empty,
      this.body,
    );
    /** @type {(grouped: Map<string, Task[]>) => void} is told of each drawing, with the tasks of each section */
    this.onDrawn = () => {};
    this.unsubscribe = store.subscribe(() => this.draw());
    this.timer = setInterval(() => this.draw(), TICK);
    this.draw(); // the tasks may have been there first
  }

  /** Ends its timers and listening. */
  stop() {
    this.unsubscribe();
    clearInterval(this.timer);
    clearTimeout(this.holding);
  }

  /**
   * A row that is ticked waits in its place, so that a second press does not meet the row that would move up. Rows that
   * are ticked one after the other leave together.
   *
   * @param {Task} task
   * @param {(task: Task) => void} toggle
   */
  toggle(task, toggle) {
    this.held.set(task.id, this.held.get(task.id) ?? task);
    clearTimeout(this.holding);
    this.holding = setTimeout(() => {
      this.held.clear();
      this.draw();
    }, this.holdFor);
    toggle(task);
  }

  /**
   * Shows only tasks that hold every word of a text; "" shows all.
   *
   * @param {string} text
   */
  filter(text) {
    this.words = text.toLocaleLowerCase().split(/\s+/).filter(Boolean);
    this.arrange();
    for (const section of this.sections) section.shrink();
    const done = this.sections.find(({ name }) => name === "done");
    if (done && this.words.length > 0) done.node.open = true;
    this.draw();
  }

  /**
   * Shows a part of the tasks, or all of them.
   *
   * @param {View} view
   */
  show(view) {
    this.view = view;
    this.draw();
  }

  /** Shows all tasks, whatever is looked for or chosen. */
  showAll() {
    this.view = "all";
    this.tags.choose("");
    this.choices.showAll();
    this.filter("");
  }

  /** What is looked for may be anywhere. */
  get shown() {
    return this.words.length > 0 ? "all" : this.view;
  }

  /** Has the sections that the view has; those of a week are others tomorrow. */
  arrange() {
    const parts = partsOf(this.shown, today(this.clock.now(), this.clock.zone));
    const key = JSON.stringify(parts);
    if (key === this.parts) return;
    this.parts = key;
    const before = new Map(this.sections.map((section) => [section.label + section.name, section]));
    this.sections = parts.map(({ name, label }) => before.get(label + name) ?? this.makeSection(name, label));
    this.body.replaceChildren(...this.sections.map(({ node }) => node));
  }

  /**
   * @param {string} name
   * @param {string} label
   */
  makeSection(name, label) {
    const onMore = (/** @type {number} */ shown) => this.showMore(name, shown);
    const all = h("button", { type: "button", class: "quiet-button" }, strings.moving.all);
    all.addEventListener("click", () => this.onMoveAll(this.grouped().get("overdue") ?? [], all));
    const tools = name === "overdue" ? [all] : [];
    const section = new ListSection({ name, label, open: name !== "done", onMore, tools });
    section.node.addEventListener("toggle", () => this.draw());
    return section;
  }

  /** Shows what is chosen, in the order that is. */
  chosen() {
    for (const section of this.sections) section.shrink();
    this.draw();
  }

  /** The tasks of each section, in their order. */
  grouped() {
    const now = this.clock.now();
    const { zone } = this.clock;
    const tag = this.tags.chosen();
    const priority = this.choices.priority();
    const fits = (/** @type {Task} */ task) =>
      holds(task, this.words) && (!tag || hasTag(task, tag)) && (!priority || (task.priority ?? "none") === priority);
    const fitting = this.store.all().filter(fits);
    const before = (/** @type {Task} */ task) => this.held.get(task.id) ?? task;
    const grouped = Map.groupBy(fitting, (task) => partOf(this.shown, before(task), now, zone));
    const open = this.choices.byPriority() ? byPriority(zone) : byDue(zone);
    for (const [name, tasks] of grouped) {
      const order = name === "done" ? byLastChange : open;
      tasks.sort((one, other) => order(before(one), before(other)));
    }
    return grouped;
  }

  /**
   * Whether a task is to be seen without looking for it.
   *
   * @param {string} id
   */
  isInView(id) {
    this.draw();
    const row = this.rows.rows.get(id)?.node;
    if (!row?.isConnected) return false;
    const { top, bottom } = row.getBoundingClientRect();
    return top < innerHeight && bottom > 0;
  }

  /**
   * Brings a task into view, wherever it is, and puts the focus on it.
   *
   * @param {string} id
   */
  reveal(id) {
    for (const [name, tasks] of this.grouped()) {
      const place = tasks.findIndex((task) => task.id === id);
      if (place >= 0) this.sections.find((section) => section.name === name)?.reach(place);
    }
    this.draw();
    const row = this.rows.rows.get(id)?.node;
    row?.scrollIntoView({ block: "center" });
    if (row) find(row, ".task-title", HTMLElement)?.focus();
  }

  /** Draws what changed. */
  draw() {
    const { sync } = this;
    const now = this.clock.now();
    const { zone } = this.clock;
    this.arrange();
    const all = this.store.all();
    this.tags.draw(all);
    this.choices.draw(all);
    const grouped = this.grouped();
    const refocus = focusOf(this.node);
    let shown = 0;
    for (const section of this.sections) {
      const tasks = grouped.get(section.name) ?? [];
      const elsewhere = section.name === "done" && sync.moreDone !== null;
      section.draw(tasks, this.rows, (row, task) => row.update(task, now, zone), elsewhere);
      shown += tasks.length;
    }
    this.rows.sweep();
    this.onDrawn(grouped);
    refocus();
    this.drawEmpty(shown);
    // What is there has its place from the beginning: nothing is seen to move.
    this.loading.hidden = sync.loaded || shown > 0;
    this.node.hidden = !this.loading.hidden;
    this.drawnBefore ||= sync.loaded;
    this.known = new Set(all.map(({ id }) => id));
  }

  /** @param {Task} task */
  makeRow(task) {
    const row = new TaskRow(task, this.on);
    const { classList } = row.node;
    // One that was merely out of sight is not new, nor what a search finds.
    if (this.drawnBefore && !this.known.has(task.id) && this.words.length === 0) classList.add("is-new");
    // It is new once, though it may be taken away and brought back.
    row.node.addEventListener("animationend", () => classList.remove("is-new"));
    return row;
  }

  /** @param {number} shown */
  drawEmpty(shown) {
    this.empty.hidden = !this.sync.loaded || shown > 0;
    const narrowed = this.tags.chosen() || this.choices.priority();
    const state = this.words.length > 0 ? "search" : narrowed ? "narrowed" : this.view === "all" ? "none" : "view";
    if (this.empty.hidden || this.empty.dataset.state === state) return;
    this.empty.dataset.state = state;
    this.empty.replaceChildren(...emptyWords(state));
  }

  /**
   * Draws more of a section; of what is done the server may have more than the page.
   *
   * @param {string} name
   * @param {number} wanted
   */
  async showMore(name, wanted) {
    this.draw();
    const done = name === "done" ? this.store.all().filter((task) => task.completed) : null;
    if (!done || done.length >= wanted) return;
    try {
      await this.sync.loadMoreDone();
    } catch (error) {
      this.onProblem(error);
    }
  }
}
