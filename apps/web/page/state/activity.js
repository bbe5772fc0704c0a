// What happened to the person's tasks, from the audit trail, a page at a time; and what those tasks are called.

import { nextPage } from "../server/api.js";
import { ApiError, hasStatus } from "../server/errors.js";

/**
 * @import { AuditItem, AuditList } from "../../types/audit-logger.js"
 * @import { Trash as TrashPage } from "../../types/chat-api.js"
 * @import { Answer, Api } from "../server/api.js"
 * @import { TaskStore } from "./tasks.js"
 */

/**
 * @typedef {{kind: string, from: Date | null, to: Date | null}} Wanted Which events: of a type ("" for all), from an
 *   instant on, and before another.
 */

const PAGE = "50";
const AT_ONCE = 4;
/** What is told of tasks; the trail also has what happened to the account, and who read of it. */
const OF_TASKS = /^task\./;

/** Reads the trail. Titles that it learns on the way it keeps, for as long as it lives. */
export class Activity {
  /**
   * @param {object} needs
   * @param {Api} needs.api
   * @param {TaskStore} needs.store
   */
  constructor({ api, store }) {
    this.api = api;
    this.store = store;
    /** @type {Map<string, string>} by the task's id */
    this.titles = new Map();
    /** @type {Set<string>} ids of tasks in the trash */
    this.inTrash = new Set();
  }

  /**
   * The path of the first page of some events.
   *
   * @param {Wanted} wanted
   */
  pathOf({ kind, from, to }) {
    const bounds = { ...(from && { from: from.toISOString() }), ...(to && { to: to.toISOString() }) };
    const query = { limit: PAGE, ...(kind && { type: kind }), ...bounds };
    return `/api/v1/audit/events?${new URLSearchParams(query)}`;
  }

  /**
   * A page, the latest first, and the path of the one after it. Raises ApiError.
   *
   * @param {string} path
   * @param {AbortSignal} [signal]
   */
  async page(path, signal) {
    /** @type {Answer<AuditList>} */
    const { body, headers } = await this.api.request("GET", path, { signal });
    const items = body.items.filter(({ type, task_id }) => OF_TASKS.test(type) && task_id);
    for (const item of items) this.learn(item);
    return { items, next: nextPage(headers) };
  }

  /**
   * Notes the title that an event tells of, unless a later one did.
   *
   * @param {AuditItem} item
   */
  learn({ task_id, data }) {
    const changes = /** @type {Record<string, {new?: unknown} | null>} */ (data.changes ?? {});
    const title = changes.title?.new;
    if (task_id && typeof title === "string" && !this.titles.has(task_id)) this.titles.set(task_id, title);
  }

  /**
   * What a task is called, as far as that is known here.
   *
   * @param {string} id
   */
  titleOf(id) {
    return this.store.get(id)?.title ?? this.titles.get(id);
  }

  /**
   * Finds out what tasks are called that are not among the page's: from the trash, else from their own history. What
   * cannot be found out stays without a name.
   *
   * @param {string[]} ids
   * @param {AbortSignal} signal
   */
  async find(ids, signal) {
    const elsewhere = [...new Set(ids)].filter((id) => !this.store.get(id));
    if (elsewhere.length === 0) return;
    await this.lookIntoTrash(signal);
    const unknown = elsewhere.filter((id) => !this.titles.has(id));
    const next = async () => {
      for (let id = unknown.pop(); id !== undefined && !signal.aborted; id = unknown.pop()) await this.ask(id, signal);
    };
    await Promise.all(Array.from({ length: AT_ONCE }, next));
  }

  /**
   * Whether a task is there, and not only what is remembered of it. Raises ApiError.
   *
   * @param {string} id
   */
  async isThere(id) {
    if (this.store.get(id)) return true;
    try {
      await this.api.request("GET", `/api/v1/tasks/${encodeURIComponent(id)}`);
      return true;
    } catch (error) {
      if (hasStatus(error, 404)) return false;
      throw error;
    }
  }

  /** @param {AbortSignal} signal */
  async lookIntoTrash(signal) {
    /** @type {TrashPage | null} */
    const found = await this.quietly(`/api/v1/trash?limit=200`, signal);
    if (!found) return;
    this.inTrash = new Set(found.items.map(({ task }) => task.id));
    for (const { task } of found.items) this.titles.set(task.id, task.title);
  }

  /**
   * @param {string} id
   * @param {AbortSignal} signal
   */
  async ask(id, signal) {
    /** @type {AuditList | null} */
    const found = await this.quietly(`/api/v1/audit/tasks/${encodeURIComponent(id)}`, signal);
    for (const item of (found?.items ?? []).toReversed()) this.learn(item);
  }

  /**
   * An answer's body; null where there is none: a name is not worth a message.
   *
   * @template Body
   * @param {string} path
   * @param {AbortSignal} signal
   * @returns {Promise<Body | null>}
   */
  async quietly(path, signal) {
    try {
      return await this.api.json("GET", path, { signal });
    } catch (error) {
      if (signal.aborted || error instanceof ApiError) return null;
      throw error;
    }
  }
}
