// What a person does to tasks: each shows at once, goes to the server, and is taken back with a word when refused.

import { ApiError, hasStatus } from "../server/errors.js";
import { strings } from "../strings/index.js";

/**
 * @import { NewTask, TaskPatch } from "../../types/chat-api.js"
 * @import { Answer, Api } from "../server/api.js"
 * @import { Task, TaskStore } from "./tasks.js"
 */

/** @typedef {"this" | "following" | "all"} Scope Which tasks of a repeat a change is for. */

/**
 * @typedef {object} Told What a person is told of what they did.
 * @property {string} text
 * @property {"plain" | "problem"} [kind]
 * @property {number} [seconds] how long it stays
 * @property {{label: string, run: () => void}[]} [actions] what can be done about it
 */

const UNDO_SECONDS = 6;
const words = strings.actions;

/** Task commands over one API client and store. */
export class TaskActions {
  /**
   * @param {object} needs
   * @param {Api} needs.api
   * @param {TaskStore} needs.store
   * @param {(told: Told) => void} needs.tell
   * @param {number} [needs.undoSeconds] how long a deletion waits for a change of mind
   */
  constructor({ api, store, tell, undoSeconds = UNDO_SECONDS }) {
    this.api = api;
    this.store = store;
    this.tell = tell;
    this.undoSeconds = undoSeconds;
    /** @type {Map<string, {path: string, timer: ReturnType<typeof setTimeout>}>} by the task's id */
    this.deleting = new Map();
  }

  /**
   * @param {string} id
   * @param {Scope} [scope]
   */
  path(id, scope) {
    const query = scope && scope !== "this" ? `?scope=${scope}` : "";
    return `/api/v1/tasks/${encodeURIComponent(id)}${query}`;
  }

  /**
   * Shows a task that is about to be made; returns what `create` or `giveUp` is told of it.
   *
   * @param {NewTask} fields
   */
  expect(fields) {
    return this.store.expect(fields);
  }

  /**
   * Shows it no longer, unless it has become a task.
   *
   * @param {string} coming
   */
  giveUp(coming) {
    this.store.failed(coming);
  }

  /**
   * Makes a task and returns it; on its way it is shown already, as `coming` where it is shown since before. Raises
   * ApiError.
   *
   * @param {NewTask} fields
   * @param {string} [coming]
   */
  async create(fields, coming) {
    const id = this.store.expect(fields, coming);
    try {
      /** @type {Task} */
      const task = await this.api.json("POST", "/api/v1/tasks", { body: fields, creates: true, keepalive: true });
      this.store.arrived(id, task);
      return task;
    } finally {
      this.store.failed(id);
    }
  }

  /**
   * The task and its ETag, asked for anew. Raises ApiError.
   *
   * @param {string} id
   */
  async read(id) {
    /** @type {Answer<Task>} */
    const { body, headers } = await this.api.request("GET", this.path(id));
    this.store.put(body);
    return { task: body, etag: headers.get("ETag") };
  }

  /**
   * Changes some fields and returns the task. With an `etag`, only if nobody changed it in the meantime: else
   * ApiError with status 412. With `keepalive` the change outlives the page.
   *
   * @param {string} id
   * @param {TaskPatch} fields
   * @param {{scope?: Scope, etag?: string | null, keepalive?: boolean}} [how]
   */
  async change(id, fields, { scope, etag, keepalive } = {}) {
    const headers = etag ? { "If-Match": etag } : undefined;
    /** @type {Task} */
    const task = await this.api.json("PATCH", this.path(id, scope), { body: fields, headers, keepalive });
    this.store.put(task);
    return task;
  }

  /**
   * Marks a task done, or open again.
   *
   * @param {string} id
   * @param {boolean} completed
   */
  async setCompleted(id, completed) {
    this.store.draft(id, { completed });
    try {
      await this.change(id, { completed }, { keepalive: true });
    } catch (error) {
      this.failed(error, id, completed ? words.notDone : words.notReopened);
    } finally {
      this.store.settle(id);
    }
  }

  /**
   * Takes a task out of view and deletes it a few seconds later, unless the person wants it back.
   *
   * @param {string} id
   * @param {Scope} [scope]
   */
  remove(id, scope) {
    const task = this.store.get(id);
    if (!task || this.deleting.has(id)) return;
    this.store.draft(id, { hidden: true });
    const timer = setTimeout(() => this.removeNow(id), this.undoSeconds * 1000);
    this.deleting.set(id, { path: this.path(id, scope), timer });
    this.tell({
      text: words.deleted(task.title),
      seconds: this.undoSeconds,
      actions: [{ label: words.undo, run: () => this.restore(id) }],
    });
  }

  /** @param {string} id */
  restore(id) {
    const pending = this.deleting.get(id);
    if (!pending) return;
    clearTimeout(pending.timer);
    this.deleting.delete(id);
    this.store.settle(id);
  }

  /**
   * @param {string} id
   * @param {{keepalive?: boolean}} [how]
   */
  async removeNow(id, { keepalive = false } = {}) {
    const pending = this.deleting.get(id);
    if (!pending) return;
    clearTimeout(pending.timer);
    this.deleting.delete(id);
    try {
      await this.api.request("DELETE", pending.path, { keepalive });
      this.store.remove(id);
    } catch (error) {
      if (hasStatus(error, 404)) this.store.remove(id);
      else this.failed(error, id, words.notDeleted);
    } finally {
      this.store.settle(id);
    }
  }

  /** Sends the deletions that still wait for a change of mind; for a page that is being left. */
  async flush() {
    await Promise.all([...this.deleting.keys()].map((id) => this.removeNow(id, { keepalive: true })));
  }

  /**
   * @param {unknown} error
   * @param {string} id
   * @param {string} text
   */
  failed(error, id, text) {
    if (!(error instanceof ApiError)) throw error;
    if (error.status === 401) return;
    if (error.status === 404) {
      this.store.remove(id);
      this.tell({ text: words.deletedElsewhere, kind: "problem" });
    } else {
      this.tell({ text: `${text} ${error.message}`, kind: "problem" });
    }
  }
}
