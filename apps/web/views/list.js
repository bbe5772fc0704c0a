// The list of tasks in its sections, kept in place as tasks come, change and go.

import { h, setText } from "../dom.js";
import { dueOrder, sectionOf } from "../when.js";
import { TaskRow } from "./row.js";

const SECTIONS = [
  ["overdue", "Overdue"],
  ["today", "Today"],
  ["upcoming", "Upcoming"],
  ["none", "No date"],
  ["done", "Done"],
];

const TICK = 15_000;

/** Shows the store's tasks. `app` is the page's context (see app.js); `on` has the row's listeners. */
export class TaskList {
  constructor({ app, on }) {
    this.app = app;
    this.on = on;
    this.rows = new Map();
    this.words = [];
    this.drawnBefore = false;
    this.sections = new Map(SECTIONS.map(([name, label]) => [name, this.makeSection(name, label)]));
    this.more = h("button", { type: "button", class: "quiet-button more-done", hidden: true, on: { click: () => this.loadMore() } }, "Show more");
    this.sections.get("done").node.append(this.more);
    this.empty = h("div", { class: "empty", hidden: true });
    this.loading = h("p", { class: "loading", role: "status" }, "Loading your tasks…");
    this.node = h("div", { class: "lists" }, this.loading, this.empty, [...this.sections.values()].map(({ node }) => node));
    this.unsubscribe = app.store.subscribe(() => this.draw());
    this.timer = setInterval(() => this.draw(), TICK);
    this.draw(); // the tasks may have been there first
  }

  makeSection(name, label) {
    const headingId = `section-${name}`;
    const count = h("span", { class: "count" });
    const list = h("ul", { class: "tasks" });
    const heading = h("h2", { id: headingId }, label, " ", count);
    // Done is folded away until asked for; the rest is always open.
    const node =
      name === "done"
        ? h("details", { class: `section section-${name}`, hidden: true }, h("summary", {}, heading), list)
        : h("section", { class: `section section-${name}`, "aria-labelledby": headingId, hidden: true }, heading, list);
    return { node, list, count };
  }

  /** Ends its timers and listening. */
  stop() {
    this.unsubscribe();
    clearInterval(this.timer);
  }

  /** Shows only tasks that hold every word of a text; "" shows all. */
  filter(text) {
    this.words = text.toLocaleLowerCase().split(/\s+/).filter(Boolean);
    this.draw();
    if (this.words.length > 0) this.sections.get("done").node.open = true;
  }

  fits(task) {
    if (this.words.length === 0) return true;
    const text = `${task.title}\n${task.description ?? ""}`.toLocaleLowerCase();
    return this.words.every((word) => text.includes(word));
  }

  /** Draws what changed. */
  draw() {
    const { store, sync } = this.app;
    const now = this.app.now();
    const zone = this.app.zone;
    const grouped = new Map(SECTIONS.map(([name]) => [name, []]));
    for (const task of store.all()) if (this.fits(task)) grouped.get(sectionOf(task, now, zone)).push(task);
    const focus = this.focusBefore();
    const kept = new Set();
    for (const [name, tasks] of grouped) {
      const { node, list, count } = this.sections.get(name);
      tasks.sort(name === "done" ? byLastChange : byDue(zone));
      this.place(list, tasks, now, zone);
      for (const task of tasks) kept.add(task.id);
      node.hidden = tasks.length === 0;
      setText(count, name === "done" && sync.moreDone ? `${tasks.length}+` : String(tasks.length));
    }
    for (const [id, row] of this.rows) {
      if (kept.has(id)) continue;
      row.node.remove();
      this.rows.delete(id);
    }
    this.focusAfter(focus);
    this.drawEmpty(kept.size);
    this.loading.hidden = sync.loaded;
    this.more.hidden = !sync.moreDone;
    this.drawnBefore ||= sync.loaded;
  }

  /** Puts the rows of tasks into a list in their order, moving only those that are out of place. */
  place(list, tasks, now, zone) {
    let expected = list.firstElementChild;
    for (const task of tasks) {
      let row = this.rows.get(task.id);
      if (!row) {
        row = new TaskRow(task.id, this.on);
        this.rows.set(task.id, row);
        if (this.drawnBefore) row.node.classList.add("is-new");
      }
      row.update(task, now, zone);
      if (row.node === expected) expected = expected.nextElementSibling;
      else list.insertBefore(row.node, expected);
    }
  }

  /** The focused row and what could take its place when it leaves its list. */
  focusBefore() {
    const row = document.activeElement?.closest?.(".task");
    if (!row || !this.node.contains(row)) return null;
    const rows = [...this.node.querySelectorAll(".task")];
    const place = rows.indexOf(row);
    return { element: document.activeElement, row, list: row.parentElement, next: rows[place + 1] ?? rows[place - 1] };
  }

  focusAfter(focus) {
    if (!focus || document.activeElement === focus.element) return;
    if (focus.row.isConnected && focus.row.parentElement === focus.list) focus.element.focus();
    else if (focus.next?.isConnected) focus.next.querySelector(".task-check").focus();
  }

  drawEmpty(shown) {
    const { sync } = this.app;
    this.empty.hidden = !sync.loaded || shown > 0;
    const searching = this.words.length > 0;
    const state = searching ? "search" : "none";
    if (this.empty.hidden || this.empty.dataset.state === state) return;
    this.empty.dataset.state = state;
    this.empty.replaceChildren(
      ...(searching
        ? [h("p", { class: "empty-title" }, "Nothing found"), h("p", {}, "No task has these words in its title or description.")]
        : [
            h("p", { class: "empty-title" }, "Nothing to do"),
            h("p", {}, "Write down the first thing on your mind", h("span", { class: "for-keys" }, ": press ", h("kbd", {}, "n"), ", or use"), h("span", { class: "for-touch" }, " in"), " the field above."),
          ]),
    );
  }

  async loadMore() {
    this.more.disabled = true;
    try {
      await this.app.sync.loadMoreDone();
    } catch (error) {
      this.app.problem(error);
    } finally {
      this.more.disabled = false;
    }
  }
}

function byDue(zone) {
  return (one, other) => {
    const left = dueOrder(one, zone);
    const right = dueOrder(other, zone);
    if (left !== right) return left - right;
    return other.created_at.localeCompare(one.created_at) || one.id.localeCompare(other.id);
  };
}

function byLastChange(one, other) {
  return other.updated_at.localeCompare(one.updated_at) || one.id.localeCompare(other.id);
}
