// The server's routes for tasks; each answer joins the store.

import { hasStatus } from "../server/errors.js";

/**
 * @import { ChangedTask, NewTask, NextKept, TaskPatch } from "../../types/chat-api.js"
 * @import { Answer, Api } from "../server/api.js"
 * @import { Task, TaskStore } from "./tasks.js"
 */

/** @typedef {"this" | "following" | "all"} Scope Which tasks of a repeat a change is for. */

/**
 * @typedef {object} Write One change of a task, as it is sent.
 * @property {"POST" | "PATCH" | "DELETE"} method
 * @property {string} path
 * @property {string} taskId of a task to be made, the one that it is shown by until then
 * @property {string} title for words about it
 * @property {NewTask | TaskPatch | undefined} [body]
 * @property {string | null} [etag] only if nobody has changed the task since
 * @property {boolean} [keepalive] outlives the page
 * @property {Task} [restored] the deleted task that it brings back, as it was
 * @property {TaskPatch} [before] the fields that it changes, as they are when nobody else has changed them; else as known
 */

/**
 * @typedef {object} Begun One change, kept and not sent yet.
 * @property {(etag?: string | null) => Promise<Answer<any> | null>} send sends it; null: it is sent later
 * @property {"new" | "waiting" | "sent" | "dropped"} state
 * @property {() => Promise<void>} drop a new one is not to be sent
 */

/**
 * @typedef {object} Batch Changes that belong together.
 * @property {Promise<unknown>} kept settles when a page that closes loses none of them any more
 * @property {Begun[]} begun
 * @property {() => Promise<boolean[]>} drop takes back what is not sent yet; says of each whether it was
 */

/**
 * @typedef {object} Writes The way of changes to the server.
 * @property {(write: Write) => Promise<Answer<any> | null>} send sends one; null: later
 * @property {(writes: Write[]) => Batch} begin
 */

/** Calls over one API client and store; what changes something goes by way of `writes`. */
export class TaskCalls {
  /** @param {{api: Api, store: TaskStore, writes: Writes}} needs */
  constructor({ api, store, writes }) {
    this.api = api;
    this.store = store;
    this.writes = writes;
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
   * @param {() => void} [onKept] is told when a page that closes loses it no more
   */
  async create(fields, coming, onKept = () => {}) {
    const id = this.store.expect(fields, coming);
    try {
      const write = { path: "/api/v1/tasks", taskId: id, title: fields.title, body: fields, keepalive: true };
      const { kept, begun } = this.writes.begin([{ method: "POST", ...write }]);
      kept.then(onKept);
      const answer = await begun[0].send();
      if (answer === null) return /** @type {Task} */ (this.store.get(id));
      this.store.arrived(id, answer.body);
      return /** @type {Task} */ (answer.body);
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
    const known = this.store.get(id);
    if (known?.coming) return { task: known, etag: null };
    try {
      /** @type {Answer<Task>} */
      const { body, headers } = await this.api.request("GET", this.path(id));
      this.store.put(body);
      return known?.unsent ? { task: known, etag: null } : { task: body, etag: headers.get("ETag") };
    } catch (error) {
      // Without the server, as it was last.
      if (hasStatus(error, 0) && known) return { task: known, etag: null };
      throw error;
    }
  }

  /**
   * Changes some fields; returns the task and its ETag. With an `etag`, only if nobody changed it in the meantime: else
   * ApiError with status 412. With `keepalive` the change outlives the page.
   *
   * @param {string} id
   * @param {TaskPatch} fields
   * @param {{scope?: Scope, etag?: string | null, keepalive?: boolean}} [how]
   */
  async change(id, fields, { scope, etag, keepalive } = {}) {
    const known = this.store.get(id);
    const write = { path: this.path(id, scope), taskId: id, title: known?.title ?? "", body: fields, etag, keepalive };
    const answer = await this.writes.send({ method: "PATCH", ...write });
    if (answer === null) return { task: /** @type {Task} */ (this.store.get(id)), etag: null };
    return { task: this.join(answer.body), etag: answer.headers.get("ETag") };
  }

  /**
   * The task that a change was answered with joins the store.
   *
   * @param {ChangedTask} answer
   * @returns {Task}
   */
  join({ next_kept: kept, ...task }) {
    this.store.put(task);
    if (kept) this.nextStays(task, kept);
    return task;
  }

  /**
   * Is told of the occurrence that stays beside one that is open again.
   *
   * @param {Task} _task
   * @param {NextKept} _kept
   */
  nextStays(_task, _kept) {}
}
