// Deleting tasks, at once, and bringing them back out of the trash for as long as that can be taken back.

import { hasStatus } from "../server/errors.js";
import { strings } from "../strings/index.js";
import { titleOf } from "./patches.js";

/**
 * @import { Changes, OnFailed } from "./changes.js"
 * @import { Batch, Scope } from "./task-calls.js"
 * @import { Task } from "./tasks.js"
 */

const SECONDS = 8;
/** Who wants to see the trash sees at least what is deleted by then. */
const PATIENCE = 1_000;
const words = { ...strings.actions, ...strings.undo };

/** The deletions of one person. */
export class Deletions {
  /**
   * @param {object} needs
   * @param {Changes} needs.changes
   * @param {() => void} needs.onTrash shows where deleted tasks go
   * @param {() => void} needs.onMore is told when more than the named tasks came back
   */
  constructor({ changes, onTrash, onMore }) {
    this.changes = changes;
    this.store = changes.store;
    this.onTrash = onTrash;
    this.onMore = onMore;
  }

  /**
   * Deletes tasks, with one way back for all of them; of a repeat those that `scope` says.
   *
   * @param {Task[]} tasks
   * @param {Scope} [scope]
   * @param {OnFailed} [onFailed] else the person is told
   */
  async remove(tasks, scope, onFailed) {
    if (tasks.length === 0) return;
    const { changes } = this;
    const batch = changes.writes.begin(
      tasks.map(({ id, title }) => ({
        method: "DELETE",
        path: changes.path(id, scope),
        taskId: id,
        title,
        keepalive: true,
      })),
    );
    const before = tasks.map((task) => this.store.tasks.get(task.id) ?? task);
    const under = changes.follow(this.run(before, batch));
    const takeBack = () => changes.follow(this.takeBack(before, batch, under, scope));
    const seen = Promise.race([under, new Promise((resolve) => setTimeout(resolve, PATIENCE))]);
    const trash = { label: strings.page.trash, run: () => void seen.then(this.onTrash) };
    const entry = changes.undo.offer(words.gone(titleOf(tasks), tasks.length), takeBack, SECONDS, [trash]);
    const { done, failures } = await under;
    if (done.length === 0) entry.forget();
    changes.tellFailures(failures, words.notDeleted, onFailed);
  }

  /**
   * @param {Task[]} tasks
   * @param {Batch} batch
   */
  async run(tasks, batch) {
    /** @type {number[]} which ones are deleted, or will be */
    const done = [];
    const drafts = tasks.map(({ id }) => this.store.draft(id, { hidden: true }));
    const failures = await this.changes.each(batch, async (one, at) => {
      const { id } = tasks[at];
      try {
        const answer = await one.send();
        if (answer) this.store.remove(id);
        if (one.state !== "dropped") done.push(at);
      } catch (error) {
        if (!hasStatus(error, 404)) throw error;
        this.store.remove(id);
      } finally {
        this.store.settle(id, drafts[at]);
      }
    });
    return { done, failures: failures.map(({ at, error }) => ({ task: tasks[at], error })) };
  }

  /**
   * Brings them back: what was not deleted yet stays, the others come out of the trash.
   *
   * @param {Task[]} tasks
   * @param {Batch} batch
   * @param {ReturnType<Deletions["run"]>} under
   * @param {Scope} [scope]
   */
  async takeBack(tasks, batch, under, scope = "this") {
    const dropped = await batch.drop();
    const sent = tasks.filter((_, at) => !dropped[at]);
    for (const task of sent) this.store.awaitBack(task);
    const { done, failures } = await under;
    for (const { task } of failures) this.store.put(task);
    const gone = new Set(done.map((at) => tasks[at]));
    const deleted = sent.filter((task) => gone.has(task));
    if (deleted.length > 0) await this.restore(deleted, scope === "this" ? "" : "?scope=all");
    for (const { id } of sent) this.store.failed(id);
    if (scope !== "this") this.onMore();
  }

  /**
   * @param {Task[]} tasks
   * @param {string} query
   */
  async restore(tasks, query) {
    const { changes } = this;
    const batch = changes.writes.begin(
      tasks.map((task) => ({
        method: "POST",
        path: `/api/v1/trash/${encodeURIComponent(task.id)}/restore${query}`,
        taskId: task.id,
        title: task.title,
        restored: task,
        keepalive: true,
      })),
    );
    const failures = await changes.each(batch, async (one, at) => {
      const answer = await one.send();
      if (answer) this.store.restore(answer.body);
      else this.store.awaitBack(tasks[at], { unsent: true });
    });
    changes.tellFailures(
      failures.map(({ at, error }) => ({ task: tasks[at], error })),
      words.notUndone,
    );
  }
}
