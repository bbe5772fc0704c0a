// Which tasks are selected, and how the rows show it.

import { findAll, setAttribute } from "../../dom.js";

/**
 * @import { Task, TaskStore } from "../../state/tasks.js"
 * @import { TaskList } from "../list/list.js"
 */

/** The selection in one list. */
export class Selection {
  /**
   * @param {object} needs
   * @param {TaskList} needs.list
   * @param {TaskStore} needs.store
   * @param {() => void} needs.onChange
   */
  constructor({ list, store, onChange }) {
    this.list = list;
    this.store = store;
    this.onChange = onChange;
    /** @type {Set<string>} */
    this.ids = new Set();
    /** @type {string | null} from where Shift selects */
    this.anchor = null;
    /** Whether rows are there to be selected, though none is yet. */
    this.isOpen = false;
  }

  /** The selected tasks, in the order of the list. */
  tasks() {
    const selected = [...this.list.grouped().values()].flat().filter(({ id }) => this.ids.has(id));
    return selected.map(({ id }) => this.store.get(id)).filter((task) => task !== undefined);
  }

  /** The ids of the rows that are to be seen, in their order. */
  shown() {
    const rows = findAll(this.list.node, ".task:not(.is-coming)", HTMLElement);
    return rows.filter((row) => row.checkVisibility()).map((row) => row.dataset.id ?? "");
  }

  /** The ids of all that the unfolded sections have, drawn or not. */
  everything() {
    const grouped = this.list.grouped();
    const open = this.list.sections.filter(({ node }) => node.open).flatMap(({ name }) => grouped.get(name) ?? []);
    return open.filter((task) => !isUnderWay(task)).map(({ id }) => id);
  }

  /** @param {string} id */
  toggle(id) {
    if (isUnderWay(this.store.get(id))) return;
    this.anchor = id;
    if (!this.ids.delete(id)) this.ids.add(id);
    this.isOpen = this.ids.size > 0;
    this.changed();
  }

  /**
   * Selects all from where it was begun to this one.
   *
   * @param {string} id
   */
  extend(id) {
    const shown = this.shown();
    const [from, to] = [shown.indexOf(this.anchor ?? id), shown.indexOf(id)];
    const first = Math.min(from < 0 ? to : from, to);
    this.add(shown.slice(first, Math.max(from, to) + 1));
    this.anchor ??= id;
  }

  /** @param {string[]} ids */
  add(ids) {
    for (const id of ids) if (!isUnderWay(this.store.get(id))) this.ids.add(id);
    this.isOpen ||= this.ids.size > 0;
    this.changed();
  }

  /** Rows are there to be selected. */
  begin() {
    this.isOpen = true;
    this.changed();
  }

  clear() {
    this.ids.clear();
    this.anchor = null;
    this.isOpen = false;
    this.changed();
  }

  /**
   * The list was drawn: what it does not have any more is not selected either.
   *
   * @param {Map<string, Task[]>} grouped
   */
  drawn(grouped) {
    const parts = this.list.sections.flatMap(({ name }) => grouped.get(name) ?? []);
    const left = this.ids.size > 0 ? this.leftOf(new Set(parts.map(({ id }) => id))) : this.ids;
    if (left.size === this.ids.size) return this.mark();
    this.ids = left;
    if (left.size === 0) this.isOpen = false;
    this.changed();
  }

  /**
   * What is still there; what was made without the server has got an id of the server's.
   *
   * @param {Set<string>} there
   */
  leftOf(there) {
    for (const id of there) {
      const before = this.store.names.get(id);
      if (before !== undefined && this.ids.delete(before)) this.ids.add(id);
    }
    return new Set([...this.ids].filter((id) => there.has(id)));
  }

  changed() {
    this.mark();
    this.onChange();
  }

  mark() {
    this.list.node.classList.toggle("is-selecting", this.isOpen);
    for (const [id, { node, pick }] of this.list.rows.rows) {
      const isSelected = this.ids.has(id);
      if (node.classList.contains("is-selected") === isSelected) continue;
      node.classList.toggle("is-selected", isSelected);
      setAttribute(pick, "aria-pressed", String(isSelected));
    }
  }
}

/**
 * Whether a task is not there yet, and nothing can be done to it.
 *
 * @param {import("../../state/tasks.js").Shown | undefined} task
 */
function isUnderWay(task) {
  return !task || Boolean(task.coming && !task.unsent);
}
