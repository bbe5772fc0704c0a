// What a person does to tasks: each shows at once, goes to the server, can be taken back, and is taken back with a word
// when refused.

import { dueFields, dueValue } from "../domain/due.js";
import { ApiError, hasStatus } from "../server/errors.js";
import { strings } from "../strings/index.js";
import { inTurn } from "./in-turn.js";
import { alike, draftOf, formerly, titleOf } from "./patches.js";
import { TaskCalls } from "./task-calls.js";
import { Undo } from "./undo.js";

/**
 * @import { TaskPatch } from "../../types/chat-api.js"
 * @import { Api } from "../server/api.js"
 * @import { Scope, Writes } from "./task-calls.js"
 * @import { Draft, Task, TaskStore } from "./tasks.js"
 */

/**
 * @typedef {object} Told What a person is told of what they did.
 * @property {string} text
 * @property {"plain" | "problem"} [kind]
 * @property {number} [seconds] how long it stays
 * @property {string} [key] replaces an older one of the same key
 * @property {{label: string, run: () => void}[]} [actions] what can be done about it
 */

/** @typedef {{task: Task, fields: TaskPatch}} Step A task as it is, and what is to change of it. */
/** @typedef {Step & {after: Task}} Done */

const UNDO_SECONDS = 6;
const TRIES = 3;
const words = { ...strings.actions, ...strings.undo, ...strings.moving };

/** Task commands over one API client and store. */
export class TaskActions extends TaskCalls {
  /**
   * @param {object} needs
   * @param {Api} needs.api
   * @param {TaskStore} needs.store
   * @param {Writes} needs.writes
   * @param {(told: Told) => (() => void)} needs.tell shows a message; returns what takes it away
   * @param {() => void} [needs.onTrash] shows where deleted tasks go
   * @param {number} [needs.undoSeconds] how long a deletion waits for a change of mind
   */
  constructor({ api, store, writes, tell, onTrash = () => {}, undoSeconds = UNDO_SECONDS }) {
    super({ api, store, writes });
    this.tell = tell;
    this.onTrash = onTrash;
    this.undoSeconds = undoSeconds;
    this.undo = new Undo(tell);
    /** @type {Map<string, {path: string, draft: Draft}>} by the task's id: what waits for a change of mind */
    this.deleting = new Map();
  }

  /**
   * Marks tasks done, or open again.
   *
   * @param {Task[]} tasks
   * @param {boolean} completed
   */
  setCompleted(tasks, completed) {
    const steps = tasks.map((task) => ({ task, fields: { completed } }));
    const text = (completed ? words.completed : words.reopened)(titleOf(tasks), tasks.length);
    return this.apply(steps, text, completed ? words.notDone : words.notReopened);
  }

  /**
   * Moves tasks to a date; each keeps its time of day.
   *
   * @param {Task[]} tasks
   * @param {string | null} date
   * @param {string} zone whose clock the times are read from
   * @param {string} [text] what has been done, in words
   */
  reschedule(tasks, date, zone, text = words.moved(titleOf(tasks), tasks.length)) {
    const steps = tasks.map((task) => {
      const time = dueFields(task, zone)?.time ?? "";
      return { task, fields: { due_date: date && dueValue(date, time, zone) } };
    });
    return this.apply(steps, text, words.notMoved);
  }

  /**
   * Changes one task as its form says, with a way back where that is for this one task alone. Raises ApiError.
   *
   * @param {Task} task
   * @param {TaskPatch} fields
   * @param {{scope?: Scope, etag: string | null}} how
   */
  async edit(task, fields, how) {
    const answer = await this.change(task.id, fields, how);
    const { scope = "this" } = how;
    if (scope === "this" && !("recurrence_pattern" in fields))
      this.undo.offer(words.saved(answer.task.title), () => this.takeBack([{ task, fields, after: answer.task }]));
    return answer;
  }

  /**
   * Changes tasks, some at a time, with one way back for all of them.
   *
   * @param {Step[]} steps
   * @param {string} text what has been done, in words
   * @param {string} wrong what has not
   */
  async apply(steps, text, wrong) {
    if (steps.length === 0) return;
    const under = this.run(steps, wrong);
    const entry = this.undo.offer(text, async () => this.takeBack(await under));
    if ((await under).length === 0) entry.forget();
  }

  /**
   * @param {Step[]} steps
   * @param {string} wrong
   */
  async run(steps, wrong) {
    /** @type {Done[]} */
    const done = [];
    /** @type {{task: Task, error: unknown}[]} */
    const failures = [];
    const drafts = steps.map(({ task, fields }) => this.store.draft(task.id, draftOf(fields)));
    await inTurn(steps, async ({ task, fields }, at) => {
      try {
        done.push({ task, fields, after: (await this.change(task.id, fields, { keepalive: true })).task });
      } catch (error) {
        failures.push({ task, error });
      } finally {
        this.store.settle(task.id, drafts[at]);
      }
    });
    this.tellFailures(failures, wrong);
    return done;
  }

  /**
   * Puts back what was changed; what another place has changed since is left as it is, and said.
   *
   * @param {Done[]} done
   */
  async takeBack(done) {
    /** @type {Task[]} */
    const kept = [];
    /** @type {{task: Task, error: unknown}[]} */
    const failures = [];
    const before = done.map(({ task, fields }) => formerly(task, fields));
    const drafts = done.map(({ task }, at) => this.store.draft(task.id, draftOf(before[at])));
    await inTurn(done, async ({ task, after }, at) => {
      try {
        if (!(await this.revert(after, before[at]))) kept.push(task);
      } catch (error) {
        failures.push({ task, error });
      } finally {
        this.store.settle(task.id, drafts[at]);
      }
    });
    if (kept.length > 0) this.tell({ text: words.changedSince(titleOf(kept), kept.length), kind: "problem" });
    this.tellFailures(failures, words.notUndone);
  }

  /**
   * Puts fields back, unless another place has changed one of them since; says whether it did. Raises ApiError.
   *
   * @param {Task} after what the fields were changed to
   * @param {TaskPatch} fields
   */
  async revert(after, fields) {
    if (this.store.get(after.id)?.unsent) {
      await this.change(after.id, fields);
      return true;
    }
    for (let attempt = 1; ; attempt += 1) {
      const { task, etag } = await this.read(after.id);
      if (!alike(formerly(task, fields), formerly(after, fields))) return false;
      try {
        await this.change(task.id, fields, { etag, keepalive: true });
        return true;
      } catch (error) {
        if (!hasStatus(error, 412) || attempt === TRIES) throw error;
      }
    }
  }

  /**
   * Takes tasks out of view and deletes them a few seconds later, unless the person wants them back.
   *
   * @param {Task[]} tasks
   * @param {Scope} [scope]
   */
  remove(tasks, scope) {
    const now = tasks.filter(({ id }) => !this.deleting.has(id));
    if (now.length === 0) return;
    const ids = now.map(({ id }) => id);
    for (const id of ids)
      this.deleting.set(id, { path: this.path(id, scope), draft: this.store.draft(id, { hidden: true }) });
    const timer = setTimeout(() => {
      entry.forget();
      this.removeNow(ids);
    }, this.undoSeconds * 1000);
    const restore = () => {
      clearTimeout(timer);
      for (const id of ids) this.restore(id);
    };
    const trash = { label: strings.page.trash, run: () => this.flush().then(this.onTrash) };
    const entry = this.undo.offer(words.gone(titleOf(now), now.length), restore, this.undoSeconds, [trash]);
  }

  /** @param {string} id */
  restore(id) {
    const pending = this.deleting.get(id);
    if (!pending) return;
    this.deleting.delete(id);
    this.store.settle(id, pending.draft);
  }

  /**
   * @param {string[]} ids
   * @param {{keepalive?: boolean, atOnce?: number}} [how]
   */
  async removeNow(ids, { keepalive = false, atOnce } = {}) {
    const pending = ids.flatMap((id) => {
      const one = this.deleting.get(id);
      this.deleting.delete(id);
      const task = this.store.tasks.get(id);
      return one && task ? [{ ...one, task }] : [];
    });
    /** @type {{task: Task, error: unknown}[]} */
    const failures = [];
    const send = async (/** @type {typeof pending[0]} */ { task, path, draft }) => {
      try {
        await this.erase(task, path, keepalive);
      } catch (error) {
        if (hasStatus(error, 404)) this.store.remove(task.id);
        else failures.push({ task, error });
      } finally {
        this.store.settle(task.id, draft);
      }
    };
    await inTurn(pending, send, atOnce);
    this.tellFailures(failures, words.notDeleted);
  }

  /** Sends the deletions that still wait for a change of mind; for a page that is being left. */
  async flush() {
    await this.removeNow([...this.deleting.keys()], { keepalive: true, atOnce: Number.POSITIVE_INFINITY });
  }

  /**
   * @param {{task: Task, error: unknown}[]} failures
   * @param {string} text
   */
  tellFailures(failures, text) {
    for (const { error } of failures) if (!(error instanceof ApiError)) throw error;
    const gone = failures.filter(({ error }) => hasStatus(error, 404));
    for (const { task } of gone) this.store.remove(task.id);
    if (gone.length > 0) this.tell({ text: words.deletedElsewhere, kind: "problem" });
    const left = failures.filter(({ error }) => !hasStatus(error, 404) && !hasStatus(error, 401));
    if (left.length === 0) return;
    const { error } = left[0];
    const reason = error instanceof ApiError ? error.message : "";
    const which = left.length > 1 ? `${words.several(left.length)} ` : "";
    this.tell({ text: `${which}${text} ${reason}`, kind: "problem" });
  }
}
