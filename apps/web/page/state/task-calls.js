// The server's routes for tasks; each answer joins the store.

/**
 * @import { NewTask, TaskPatch } from "../../types/chat-api.js"
 * @import { Answer, Api } from "../server/api.js"
 * @import { Task, TaskStore } from "./tasks.js"
 */

/** @typedef {"this" | "following" | "all"} Scope Which tasks of a repeat a change is for. */

/** Calls over one API client and store. */
export class TaskCalls {
  /** @param {{api: Api, store: TaskStore}} needs */
  constructor({ api, store }) {
    this.api = api;
    this.store = store;
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
   * Changes some fields; returns the task and its ETag. With an `etag`, only if nobody changed it in the meantime: else
   * ApiError with status 412. With `keepalive` the change outlives the page.
   *
   * @param {string} id
   * @param {TaskPatch} fields
   * @param {{scope?: Scope, etag?: string | null, keepalive?: boolean}} [how]
   */
  async change(id, fields, { scope, etag, keepalive } = {}) {
    const headers = etag ? { "If-Match": etag } : undefined;
    /** @type {Answer<Task>} */
    const answer = await this.api.request("PATCH", this.path(id, scope), { body: fields, headers, keepalive });
    this.store.put(answer.body);
    return { task: answer.body, etag: answer.headers.get("ETag") };
  }
}
