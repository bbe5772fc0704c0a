// Selecting tasks, and what is done to those that are selected.

import { find, findAll, h, setText } from "../../dom.js";
import { today } from "../../domain/zones.js";
import { ApiError } from "../../server/errors.js";
import { strings } from "../../strings/later.js";
import { openReschedule } from "../list/reschedule.js";
import { swipes } from "../list/swipe.js";
import { selectBar } from "./select-bar.js";
import { selectGestures } from "./select-gestures.js";
import { openPriority, openTags } from "./select-menus.js";
import { Selection } from "./selection.js";

const words = strings.select;

/**
 * @import { Clock } from "../../domain/zones.js"
 * @import { TaskActions } from "../../state/actions.js"
 * @import { Failure } from "../../state/changes.js"
 * @import { Task, TaskStore } from "../../state/tasks.js"
 * @import { TaskList } from "../list/list.js"
 * @import { Doing } from "./select-bar.js"
 */

/** @typedef {{list: TaskList, store: TaskStore, actions: TaskActions, clock: Clock, hold: (close: () => void) => () => void}} Needs */

/** Puts the parts together: the selection, the hands and keys that make it, the bar that acts on it. */
export class Selecting {
  /** @param {Needs} needs */
  constructor({ list, store, actions, clock, hold }) {
    this.list = list;
    this.store = store;
    this.actions = actions;
    this.clock = clock;
    this.selection = new Selection({ list, store, onChange: () => this.draw() });
    this.bar = selectBar({
      onDo: (doing, button) => this.doings[doing](this.selection.tasks(), button),
      onAll: () => this.selection.add(this.selection.everything()),
      onClose: () => this.clear(),
    });
    this.said = h("p", { class: "visually-hidden", role: "status" });
    list.node.append(this.said, this.bar.node);
    list.onDrawn = (grouped) => this.selection.drawn(grouped);
    selectGestures(list.node, {
      isOpen: () => this.selection.isOpen,
      toggle: (id) => this.selection.toggle(id),
      extend: (id) => this.selection.extend(id),
      selectAll: () => this.selection.add(this.selection.shown()),
    });
    const isTouched = navigator.maxTouchPoints > 0;
    if (isTouched) this.swipe();
    /** Where there are fingers, Back ends selecting. */
    this.hold = isTouched ? hold : () => () => {};
    /** @type {(() => void) | null} called once it has ended */
    this.release = null;
    /** @type {Record<Doing, (tasks: Task[], button: HTMLElement) => void>} */
    this.doings = {
      complete: (tasks) => this.complete(tasks),
      reschedule: (tasks, beside) => openReschedule({ beside, clock, onChoose: (date) => this.move(tasks, date) }),
      priority: (tasks, beside) =>
        openPriority({
          beside,
          onChoose: (priority) => this.run(() => actions.setPriority(tasks, priority, this.failed)),
        }),
      tags: (tasks, beside) => {
        const onChoose = (/** @type {string} */ tag, /** @type {boolean} */ has) =>
          this.run(() => actions.setTag(tasks, tag, has, this.failed));
        openTags({ beside, tasks, known: store.all(), onChoose });
      },
      delete: (tasks) => this.run(() => actions.remove(tasks, "this", this.failed)),
    };
  }

  /** Rows are swiped where there are fingers to do so. */
  swipe() {
    const { list, store } = this;
    swipes(list.node, {
      isOff: () => this.selection.isOpen,
      right: (id) => {
        const task = store.get(id);
        const label = task?.completed ? words.reopen : words.complete;
        return task ? { name: "check", label, run: () => list.on.toggle(task) } : null;
      },
      left: (id, row) => {
        const task = store.get(id);
        if (!task || task.completed) return null;
        return { name: "calendar", label: words.reschedule, run: () => list.on.move(task, row) };
      },
    });
  }

  /**
   * What failed is selected again, with why.
   *
   * @param {Failure[]} failures
   * @param {string} text
   */
  failed = (failures, text) => {
    this.selection.add(failures.map(({ task }) => task.id));
    const reasons = failures.map(({ error }) => `${text} ${error instanceof ApiError ? error.message : ""}`.trim());
    const counted = [...Map.groupBy(reasons, (reason) => reason)];
    this.bar.say(counted.map(([reason, { length }]) => words.failed(length, reason)));
  };

  /** @param {Task[]} tasks */
  complete(tasks) {
    const open = tasks.filter(({ completed }) => !completed);
    this.run(() => this.actions.setCompleted(open.length > 0 ? open : tasks, open.length > 0, this.failed));
  }

  /**
   * @param {Task[]} tasks
   * @param {string | null} date
   */
  move(tasks, date) {
    this.run(() => this.actions.reschedule(tasks, date, this.clock.zone, { onFailed: this.failed }));
  }

  /**
   * Does something to what is selected, which is not any more then: the focus goes to a row that stays.
   *
   * @param {() => void} run
   */
  run(run) {
    const rows = findAll(this.list.node, ".task", HTMLElement).filter((row) => row.checkVisibility());
    const last = rows.findLastIndex((row) => row.matches(".is-selected"));
    const isFree = (/** @type {HTMLElement} */ row) => !row.matches(".is-selected");
    const next = rows.slice(last + 1).find(isFree) ?? rows.slice(0, last).findLast(isFree);
    this.clear();
    run();
    const target = next && find(next, ".task-check", HTMLElement);
    // The list itself has the focus where it is empty now.
    if (!target) this.list.node.tabIndex = -1;
    (target ?? this.list.node).focus({ preventScroll: true });
  }

  /** Says false where nothing was selected. */
  clear() {
    if (!this.selection.isOpen) return false;
    const hasFocus = this.bar.has(document.activeElement);
    const { anchor } = this.selection;
    this.selection.clear();
    const row = hasFocus && anchor !== null ? this.list.rows.rows.get(anchor)?.node : undefined;
    if (row) find(row, ".task-check", HTMLElement)?.focus();
    return true;
  }

  draw() {
    const { selection, bar } = this;
    const { isOpen } = selection;
    if (!isOpen && !bar.isOpen()) return;
    const tasks = isOpen ? selection.tasks() : [];
    if (isOpen) this.release ??= this.hold(() => this.clear());
    else {
      this.release?.();
      this.release = null;
    }
    setText(this.said, tasks.length > 0 ? words.count(tasks.length) : words.none);
    bar.say([]);
    bar.draw({ tasks, all: isOpen ? selection.everything().length : 0, isOpen });
  }

  /**
   * What keys do. Those that act on one task act on the selected ones, where there are any.
   *
   * @param {{id: string | undefined, step: (by: number) => string | undefined}} focus the row that has it, and the next
   * @returns {Record<string, () => boolean | void>}
   */
  keys({ id, step }) {
    const { selection } = this;
    const extend = (/** @type {number} */ by) => {
      const from = id;
      const to = step(by);
      selection.add([from, to].filter((one) => one !== undefined));
      selection.anchor ??= from ?? to ?? null;
    };
    const present = today(this.clock.now(), this.clock.zone);
    const withSelected = (/** @type {(tasks: Task[]) => void} */ run) => () => {
      const tasks = selection.tasks();
      if (tasks.length === 0) return false;
      run(tasks);
    };
    return {
      x: () => id !== undefined && selection.toggle(id),
      J: () => extend(1),
      K: () => extend(-1),
      ".": () => this.bar.focus(),
      Escape: () => document.querySelector(":popover-open") === null && this.clear(),
      t: withSelected((tasks) =>
        this.move(
          tasks.filter(({ completed }) => !completed),
          present,
        ),
      ),
      Delete: withSelected((tasks) => this.doings.delete(tasks, this.bar.node)),
    };
  }
}
