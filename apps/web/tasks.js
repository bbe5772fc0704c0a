// What the page knows of the person's tasks: keyed by id, older versions dropped, deletions remembered.
//
// Answers, lists and frames arrive in any order; whichever carries the higher version of a task wins.

/** Holds tasks and tells its listeners, once per turn of the event loop, that something changed. */
export class TaskStore {
  constructor() {
    this.clear();
    this.listeners = new Set();
    this.announced = false;
  }

  /** Forgets everything, for the next person. */
  clear() {
    this.tasks = new Map();
    this.gone = new Map(); // id → version of the deletion
    this.seen = new Map(); // id → mark of its last change
    this.drafts = new Map(); // id → what is shown before the server has answered
    this.lastMark = 0;
  }

  /** Calls `listener()` after changes; returns a function that stops it. */
  subscribe(listener) {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

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

  touch(id) {
    this.lastMark += 1;
    this.seen.set(id, this.lastMark);
    this.changed();
  }

  /** The task as it is shown, or undefined. */
  get(id) {
    const task = this.tasks.get(id);
    return task && this.drafts.has(id) ? { ...task, ...this.drafts.get(id) } : task;
  }

  /** Every task as it is shown. */
  all() {
    return [...this.tasks.keys()].map((id) => this.get(id)).filter((task) => !task.hidden);
  }

  /** Takes a task in, unless a newer state of it is known. Says whether it was new. */
  put(task) {
    const version = task.version ?? 0;
    if ((this.gone.get(task.id) ?? -1) >= version) return false;
    const known = this.tasks.get(task.id);
    if (known && (known.version ?? 0) > version) return false;
    this.tasks.set(task.id, task);
    this.touch(task.id);
    return !known;
  }

  /** Takes a task out and remembers at which version, so that late news of it changes nothing. */
  remove(id, version = Number.MAX_SAFE_INTEGER) {
    this.gone.set(id, Math.max(version, this.gone.get(id) ?? 0));
    this.drafts.delete(id);
    if (this.tasks.delete(id)) this.touch(id);
  }

  /**
   * Takes a whole list in: of the tasks that `belongs` names, those that the list lacks and that have not changed
   * since `mark` are dropped.
   */
  replace(list, mark, belongs) {
    const ids = new Set(list.map((task) => task.id));
    for (const task of this.tasks.values()) {
      if (!ids.has(task.id) && belongs(task) && this.seen.get(task.id) <= mark) {
        this.tasks.delete(task.id);
        this.touch(task.id);
      }
    }
    for (const task of list) this.put(task);
  }

  /** Shows `changes` on a task until the server has answered (`settle`). `{hidden: true}` takes it out of view. */
  draft(id, changes) {
    this.drafts.set(id, { ...this.drafts.get(id), ...changes });
    this.changed();
  }

  /** Shows a task as the server has it again. */
  settle(id) {
    if (this.drafts.delete(id)) this.changed();
  }
}
