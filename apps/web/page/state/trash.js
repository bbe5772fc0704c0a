// What was deleted and can be restored: a page of it at a time, and what a person does about it.

import { nextPage } from "../server/api.js";

/**
 * @import { DeletedTask, Trash as Page } from "../../types/chat-api.js"
 * @import { Answer, Api } from "../server/api.js"
 * @import { Task, TaskStore } from "./tasks.js"
 */

const PATH = "/api/v1/trash";

/** The person's trash, asked for anew each time. */
export class Trash {
  /**
   * @param {object} needs
   * @param {Api} needs.api
   * @param {TaskStore} needs.store
   * @param {() => void} needs.onMore is told when more came back than the answer has
   */
  constructor({ api, store, onMore }) {
    this.api = api;
    this.store = store;
    this.onMore = onMore;
  }

  /**
   * The path of the first page of what has some words in it; of all with "".
   *
   * @param {string} words
   */
  pathOf(words) {
    return `${PATH}?${new URLSearchParams({ limit: "50", ...(words && { q: words }) })}`;
  }

  /**
   * A page, the latest first, and the path of the one after it. Raises ApiError.
   *
   * @param {string} path
   * @param {AbortSignal} [signal]
   */
  async page(path, signal) {
    /** @type {Answer<Page>} */
    const { body, headers } = await this.api.request("GET", path, { signal });
    return { items: body.items, next: nextPage(headers) };
  }

  /**
   * Puts a task back, with `together` all that its deletion took away. Raises ApiError.
   *
   * @param {string} id
   * @param {{together?: boolean}} [how]
   */
  async restore(id, { together = false } = {}) {
    const query = { scope: together ? "all" : null };
    /** @type {Task} */
    const task = await this.api.json("POST", `${PATH}/${encodeURIComponent(id)}/restore`, { query, creates: true });
    this.store.restore(task);
    if (together) this.onMore();
    return task;
  }

  /**
   * Deletes one for good. Raises ApiError.
   *
   * @param {string} id
   */
  async remove(id) {
    await this.api.request("DELETE", `${PATH}/${encodeURIComponent(id)}`);
  }

  /** Deletes all of it for good. Raises ApiError. */
  async empty() {
    await this.api.request("DELETE", PATH);
  }
}

/**
 * Whole days that a deleted task is kept from now on; 0 on its last.
 *
 * @param {DeletedTask} item
 * @param {number} now
 */
export function daysKept({ kept_until }, now) {
  return Math.max(0, Math.floor((Date.parse(kept_until) - now) / 86_400_000));
}
