// What waits to be sent, as it is shown: as if it were there, with a mark that it is not.

import { draftOf } from "../state/patches.js";
import { isCreation } from "./entries.js";

/**
 * @import { NewTask, TaskPatch } from "../../types/chat-api.js"
 * @import { Draft, TaskStore } from "../state/tasks.js"
 * @import { Entry } from "./entries.js"
 */

/** Drafts over the tasks of a store. */
export class Overlay {
  /** @param {TaskStore} store */
  constructor(store) {
    this.store = store;
    /** @type {Map<string, {taskId: string, draft: Draft}>} by the entry's key */
    this.shown = new Map();
  }

  /**
   * Shows exactly these.
   *
   * @param {Entry[]} entries
   */
  show(entries) {
    const keys = new Set(entries.map(({ key }) => key));
    const coming = new Set(entries.flatMap(({ method, taskId }) => (method === "POST" ? [taskId] : [])));
    for (const [key, { taskId, draft }] of this.shown) {
      if (keys.has(key)) continue;
      this.shown.delete(key);
      this.store.settle(taskId, draft);
      if (!coming.has(taskId)) this.store.sent(taskId);
    }
    for (const entry of entries) this.showOne(entry);
  }

  /** @param {Entry} entry */
  showOne(entry) {
    const { key, taskId, method, body, restored } = entry;
    const known = this.shown.get(key);
    if (known?.taskId === taskId) return;
    if (known) this.store.settle(known.taskId, known.draft);
    if (restored) this.store.awaitBack({ ...restored, id: taskId }, { unsent: true });
    else if (isCreation(entry)) this.store.unsent(/** @type {NewTask} */ (body), taskId);
    const changes = method === "PATCH" ? draftOf(/** @type {TaskPatch} */ (body)) : { hidden: method === "DELETE" };
    const draft = this.store.draft(taskId, { ...changes, unsent: true });
    this.shown.set(key, { taskId, draft });
  }
}
