// What the page knows of the person's tasks: keyed by id, older versions dropped, deletions remembered.
//
// Answers, lists and frames arrive in any order; whichever carries the higher version of a task wins.

/** @typedef {import("../../types/chat-api.js").TaskView} Task */
/**
 * @typedef {Task & {hidden?: boolean, coming?: boolean, unsent?: boolean}} Shown `coming`: on its way to the server, not
 *   there yet; `unsent`: with changes that wait for the server.
 */
/** @typedef {Partial<Shown>} Draft What is shown of a task before the server has answered. */
/** @typedef {import("../../types/chat-api.js").NewTask} NewTask */

/** Holds tasks and tells its listeners, once per turn of the event loop, that something changed. */
export class TaskStore {
  constructor() {
    /** @type {Map<string, Task>} */
    this.tasks = new Map();
    /** @type {Map<string, number>} id → version of the deletion */
    this.gone = new Map();
    /** @type {Map<string, number>} id → mark of its last change */
    this.seen = new Map();
    /** @type {Map<string, Draft[]>} */
    this.drafts = new Map();
    /** @type {Map<string, Shown>} what is on its way to become a task, by an id of this page's own */
    this.coming = new Map();
    /** @type {Map<string, string>} a task's id → the one that it had on its way */
    this.names = new Map();
    this.lastMark = 0;
    /** @type {Set<() => void>} */
    this.listeners = new Set();
    this.announced = false;
  }

  /**
   * Calls `listener()` after changes; returns a function that stops it.
   *
   * @param {() => void} listener
   */
  subscribe(listener) {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** Tells the listeners, though no task changed: what is shown of them did. */
  changed() {
    if (this.announced) return;
    this.announced = true;
    setTimeout(() => {
      this.announced = false;
      for (const listener of this.listeners) listener();
    }, 0);
  }

  /** A point in time; what changes afterwards is newer than a list asked for now. */
  mark() {
    return this.lastMark;
  }

  /** @param {string} id */
  touch(id) {
    this.saw(id);
    this.changed();
  }

  /** @param {string} id */
  saw(id) {
    this.lastMark += 1;
    this.seen.set(id, this.lastMark);
  }

  /**
   * The task as it is shown, or undefined.
   *
   * @param {string} id
   */
  get(id) {
    const task = this.tasks.get(id) ?? this.coming.get(id);
    return task && this.shown(task);
  }

  /** Every task as it is shown. */
  all() {
    const known = [...this.tasks.values()].map((task) => this.shown(task));
    const coming = [...this.coming.values()].map((task) => this.shown(task));
    return [...known, ...coming].filter((task) => !task.hidden);
  }

  /**
   * Shows a task that is on its way to the server; returns its id until it is there. With `id` it is shown otherwise.
   *
   * @param {NewTask} fields
   * @param {string} [id]
   */
  expect(fields, id = `coming-${crypto.getRandomValues(new Uint32Array(2)).join("-")}`) {
    const now = new Date().toISOString();
    const { due_date = null, reminders } = fields;
    const due_all_day = Boolean(due_date && !due_date.includes("T"));
    const made = { id, user_id: "", completed: false, created_at: now, updated_at: now, description: null };
    const due = { due_date, due_all_day, reminders: reminders ?? [] };
    this.coming.set(id, /** @type {Shown} */ ({ ...made, recurrence_pattern: null, ...fields, ...due, coming: true }));
    this.changed();
    return id;
  }

  /**
   * Shows a deleted task that is on its way back, as it was.
   *
   * @param {Task} task
   * @param {{unsent?: boolean}} [how]
   */
  awaitBack(task, how = {}) {
    this.tasks.delete(task.id);
    this.coming.set(task.id, { ...task, ...how, coming: true });
    this.changed();
  }

  /**
   * What was on its way has become a task.
   *
   * @param {string} id
   * @param {Task} task
   */
  arrived(id, task) {
    if (this.coming.delete(id)) this.names.set(task.id, id);
    this.put(task);
  }

  /**
   * What was on its way has not become a task.
   *
   * @param {string} id
   */
  failed(id) {
    if (!this.coming.get(id)?.unsent && this.coming.delete(id)) this.changed();
  }

  /**
   * Shows a task whose making waits for the server.
   *
   * @param {NewTask} fields
   * @param {string} id
   */
  unsent(fields, id) {
    this.expect(fields, id);
    Object.assign(/** @type {Shown} */ (this.coming.get(id)), { unsent: true });
  }

  /**
   * Nothing of it waits any more; one that has not become a task by then is not to be one.
   *
   * @param {string} id
   */
  sent(id) {
    if (this.coming.delete(id)) this.changed();
  }

  /**
   * Takes in a task that another one made, or that is one of those on their way: the stream may say so before the
   * answer does.
   *
   * @param {Task} task
   */
  news(task) {
    const isNew = (/** @type {Shown} */ one) => !one.unsent && one.user_id === "" && one.title === task.title;
    const coming = this.tasks.has(task.id) ? null : [...this.coming.values()].find(isNew);
    if (coming) this.arrived(coming.id, task);
    else this.put(task);
  }

  /**
   * @param {Task} task
   * @returns {Shown}
   */
  shown(task) {
    const drafts = this.drafts.get(task.id);
    return drafts ? Object.assign({ ...task }, ...drafts) : task;
  }

  /**
   * Takes a task in, unless a newer state of it is known. Says whether it was new.
   *
   * @param {Task} task
   */
  put(task) {
    if (task.has_description && task.description == null) {
      // The stream could not read the text just then: the one we know is the best there is.
      task = { ...task, description: this.tasks.get(task.id)?.description ?? null };
    }
    const version = task.version ?? 0;
    if ((this.gone.get(task.id) ?? -1) >= version) return false;
    const known = this.tasks.get(task.id);
    if (known && (known.version ?? 0) > version) return false;
    const arrives = this.coming.delete(task.id);
    if (known && !arrives && JSON.stringify(known) === JSON.stringify(task)) {
      // The same once more: nothing is to be drawn, nor worked out again.
      this.saw(task.id);
      return false;
    }
    this.tasks.set(task.id, task);
    this.touch(task.id);
    return !known;
  }

  /**
   * Takes a task out and remembers at which version (else: the one that is known), so that late news of it changes
   * nothing; news of its being restored does.
   *
   * @param {string} id
   * @param {number} [version]
   */
  remove(id, version = this.tasks.get(id)?.version ?? 0) {
    this.gone.set(id, Math.max(version, this.gone.get(id) ?? 0));
    this.drafts.delete(id);
    if (this.tasks.delete(id)) this.touch(id);
  }

  /**
   * Takes a restored task in, whatever is remembered of its deletion.
   *
   * @param {Task} task
   */
  restore(task) {
    this.gone.delete(task.id);
    this.put(task);
  }

  /**
   * Takes a whole list in: of the tasks that `belongs` names, those that the list lacks and that have not changed
   * since `mark` are dropped.
   *
   * @param {Task[]} list
   * @param {number} mark
   * @param {(task: Task) => boolean} belongs
   */
  replace(list, mark, belongs) {
    const ids = new Set(list.map((task) => task.id));
    for (const task of this.tasks.values()) {
      if (!ids.has(task.id) && belongs(task) && (this.seen.get(task.id) ?? 0) <= mark) {
        this.tasks.delete(task.id);
        this.touch(task.id);
      }
    }
    for (const task of list) this.put(task);
  }

  /**
   * Shows `changes` on a task until the server has answered (`settle`, with what this returns). `{hidden: true}` takes
   * it out of view.
   *
   * @param {string} id
   * @param {Draft} changes
   */
  draft(id, changes) {
    this.drafts.set(id, [...(this.drafts.get(id) ?? []), changes]);
    this.changed();
    return changes;
  }

  /**
   * Shows a task without a draft again.
   *
   * @param {string} id
   * @param {Draft} draft
   */
  settle(id, draft) {
    const left = (this.drafts.get(id) ?? []).filter((one) => one !== draft);
    if (left.length > 0) this.drafts.set(id, left);
    else this.drafts.delete(id);
    this.changed();
  }
}
