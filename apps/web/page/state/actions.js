// What a person does to tasks: each shows at once, goes to the server, can be taken back, and is taken back with a word
// when refused.

import { dueFields, dueValue } from "../domain/due.js";
import { hasTag, tagKey } from "../domain/tags.js";
import { strings } from "../strings/index.js";
import { Changes } from "./changes.js";
import { Deletions } from "./deletions.js";
import { titleOf } from "./patches.js";

/**
 * @import { TaskPatch } from "../../types/chat-api.js"
 * @import { Api } from "../server/api.js"
 * @import { OnFailed, Step, Told } from "./changes.js"
 * @import { Scope, Writes } from "./task-calls.js"
 * @import { Task, TaskStore } from "./tasks.js"
 */

/** @typedef {NonNullable<TaskPatch["priority"]>} Priority */

const words = { ...strings.actions, ...strings.undo, ...strings.moving };

/** Task commands over one API client and store. */
export class TaskActions extends Changes {
  /**
   * @param {object} needs
   * @param {Api} needs.api
   * @param {TaskStore} needs.store
   * @param {Writes} needs.writes
   * @param {(told: Told) => (() => void)} needs.tell shows a message; returns what takes it away
   * @param {() => void} [needs.onTrash] shows where deleted tasks go
   * @param {() => void} [needs.onMore] is told when more came back out of the trash than is known
   */
  constructor({ api, store, writes, tell, onTrash = () => {}, onMore = () => {} }) {
    super({ api, store, writes, tell });
    this.deletions = new Deletions({ changes: this, onTrash, onMore });
  }

  /**
   * Marks tasks done, or open again.
   *
   * @param {Task[]} tasks
   * @param {boolean} completed
   * @param {OnFailed} [onFailed]
   */
  setCompleted(tasks, completed, onFailed) {
    const steps = tasks.map((task) => ({ task, fields: { completed } }));
    const text = (completed ? words.completed : words.reopened)(titleOf(tasks), tasks.length);
    return this.apply(steps, text, completed ? words.notDone : words.notReopened, onFailed);
  }

  /**
   * Moves tasks to a date; each keeps its time of day.
   *
   * @param {Task[]} tasks
   * @param {string | null} date
   * @param {string} zone whose clock the times are read from
   * @param {{text?: string, onFailed?: OnFailed}} [how] what has been done, in words
   */
  reschedule(tasks, date, zone, { text = words.moved(titleOf(tasks), tasks.length), onFailed } = {}) {
    const steps = tasks.map((task) => {
      const time = dueFields(task, zone)?.time ?? "";
      return { task, fields: { due_date: date && dueValue(date, time, zone) } };
    });
    return this.apply(steps, text, words.notMoved, onFailed);
  }

  /**
   * Gives tasks a priority; those that have it are left alone.
   *
   * @param {Task[]} tasks
   * @param {Priority} priority
   * @param {OnFailed} [onFailed]
   */
  setPriority(tasks, priority, onFailed) {
    const others = tasks.filter((task) => (task.priority ?? "none") !== priority);
    return this.changeAll(
      others.map((task) => ({ task, fields: { priority } })),
      onFailed,
    );
  }

  /**
   * Gives tasks a tag, or takes it from them; those that have it already, or have it not, are left alone.
   *
   * @param {Task[]} tasks
   * @param {string} tag
   * @param {boolean} has
   * @param {OnFailed} [onFailed]
   */
  setTag(tasks, tag, has, onFailed) {
    const key = tagKey(tag);
    const steps = tasks
      .filter((task) => hasTag(task, key) !== has)
      .map((task) => {
        const others = (task.tags ?? []).filter((one) => tagKey(one) !== key);
        return { task, fields: { tags: has ? [...others, tag] : others } };
      });
    return this.changeAll(steps, onFailed);
  }

  /**
   * @param {Step[]} steps
   * @param {OnFailed} [onFailed]
   */
  changeAll(steps, onFailed) {
    const tasks = steps.map(({ task }) => task);
    return this.apply(steps, words.changed(titleOf(tasks), tasks.length), words.notChanged, onFailed);
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
      this.undo.offer(words.saved(titleOf([answer.task])), () => this.takeBack([{ task, fields, after: answer.task }]));
    return answer;
  }

  /**
   * Deletes tasks; of a repeat those that `scope` says.
   *
   * @param {Task[]} tasks
   * @param {Scope} [scope]
   * @param {OnFailed} [onFailed]
   */
  remove(tasks, scope, onFailed) {
    return this.deletions.remove(tasks, scope, onFailed);
  }
}
