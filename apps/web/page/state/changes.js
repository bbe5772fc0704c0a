// Changes of some tasks at once: shown at once, kept before the first is sent, sent some at a time, and one way back for
// all of them.

import { ApiError, hasStatus } from "../server/errors.js";
import { strings } from "../strings/index.js";
import { inTurn } from "./in-turn.js";
import { alike, draftOf, formerly, titleOf } from "./patches.js";
import { TaskCalls } from "./task-calls.js";
import { Undo } from "./undo.js";

/**
 * @import { NextKept, TaskPatch } from "../../types/chat-api.js"
 * @import { Answer, Api } from "../server/api.js"
 * @import { Batch, Begun, Write, Writes } from "./task-calls.js"
 * @import { Task, TaskStore } from "./tasks.js"
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
/** @typedef {{task: Task, error: unknown}} Failure */
/** @typedef {(failures: Failure[], text: string) => void} OnFailed Is told of what failed, and what that means in words. */

const TRIES = 3;
const words = { ...strings.actions, ...strings.undo };

/** Changes over one API client and store. */
export class Changes extends TaskCalls {
  /**
   * @param {object} needs
   * @param {Api} needs.api
   * @param {TaskStore} needs.store
   * @param {Writes} needs.writes
   * @param {(told: Told) => (() => void)} needs.tell shows a message; returns what takes it away
   */
  constructor({ api, store, writes, tell }) {
    super({ api, store, writes });
    this.tell = tell;
    this.undo = new Undo(tell);
    /** @type {Set<Promise<unknown>>} what is under way */
    this.underWay = new Set();
  }

  /**
   * Changes tasks with one way back for all of them; settles when all are sent or kept for later.
   *
   * @param {Step[]} steps
   * @param {string} text what has been done, in words
   * @param {string} wrong what has not
   * @param {OnFailed} [onFailed] else the person is told
   */
  async apply(steps, text, wrong, onFailed) {
    if (steps.length === 0) return;
    const batch = this.writes.begin(steps.map(({ task, fields }) => this.patch(task, fields)));
    const under = this.follow(this.run(steps, batch));
    const takeBack = async () => {
      const dropped = await batch.drop();
      const done = (await under).done.filter(({ at }) => !dropped[at]);
      await this.follow(this.takeBack(done));
    };
    const entry = this.undo.offer(text, takeBack);
    const { done, failures } = await under;
    if (done.length === 0) entry.forget();
    this.tellFailures(failures, wrong, onFailed);
  }

  /**
   * @param {Step[]} steps
   * @param {Batch} batch
   */
  async run(steps, batch) {
    /** @type {(Done & {at: number})[]} */
    const done = [];
    const drafts = steps.map(({ task, fields }) => this.store.draft(task.id, draftOf(fields)));
    const failures = await this.each(batch, async (one, at) => {
      const { task, fields } = steps[at];
      try {
        const answer = await one.send();
        if (answer) this.join(answer.body);
        const after = /** @type {Task} */ (answer?.body ?? this.store.get(task.id) ?? task);
        if (one.state !== "dropped") done.push({ task, fields, at, after });
      } finally {
        this.store.settle(task.id, drafts[at]);
      }
    });
    return { done, failures: failures.map(({ at, error }) => ({ task: steps[at].task, error })) };
  }

  /**
   * Sends what is begun, some at a time; the first of several waits until all are kept. Returns which ones failed.
   *
   * @param {Batch} batch
   * @param {(one: Begun, at: number) => Promise<unknown>} send
   */
  async each({ kept, begun }, send) {
    /** @type {{at: number, error: unknown}[]} */
    const failures = [];
    if (begun.length > 1) await kept;
    await inTurn(begun, async (one, at) => {
      try {
        await send(one, at);
      } catch (error) {
        failures.push({ at, error });
      }
    });
    return failures;
  }

  /**
   * A change as it is sent.
   *
   * @param {Task} task
   * @param {TaskPatch} fields
   * @returns {Write}
   */
  patch({ id, title }, fields) {
    return { method: "PATCH", path: this.path(id), taskId: id, title, body: fields, keepalive: true };
  }

  /**
   * Puts back what was changed; what another place has changed since is left as it is, and said.
   *
   * @param {Done[]} done
   */
  async takeBack(done) {
    if (done.length === 0) return;
    /** @type {Task[]} */
    const left = [];
    const before = done.map(({ task, fields }) => formerly(task, fields));
    const drafts = done.map(({ task }, at) => this.store.draft(task.id, draftOf(before[at])));
    const batch = this.writes.begin(
      done.map(({ task, fields, after }, at) => ({
        ...this.patch(task, before[at]),
        before: formerly(after, fields),
      })),
    );
    const failures = await this.each(batch, async (one, at) => {
      const { task, after } = done[at];
      try {
        if (await this.revert(one, after, before[at])) return;
        left.push(task);
        await one.drop();
      } finally {
        this.store.settle(task.id, drafts[at]);
      }
    });
    if (left.length > 0) this.tell({ text: words.changedSince(titleOf(left), left.length), kind: "problem" });
    this.tellFailures(
      failures.map(({ at, error }) => ({ task: done[at].task, error })),
      words.notUndone,
    );
  }

  /**
   * Puts fields back, unless another place has changed one of them since; says whether it did. Raises ApiError.
   *
   * @param {Begun} one
   * @param {Task} after what the fields were changed to
   * @param {TaskPatch} fields
   */
  async revert(one, after, fields) {
    for (let attempt = 1; ; attempt += 1) {
      const waits = one.state === "waiting" || this.store.get(after.id)?.unsent;
      const there = waits ? null : await this.there(after.id);
      if (there && !alike(formerly(there.body, fields), formerly(after, fields))) return false;
      try {
        const answer = await one.send(there?.headers.get("ETag"));
        if (answer) this.join(answer.body);
        return true;
      } catch (error) {
        if (!hasStatus(error, 412) || attempt === TRIES) throw error;
      }
    }
  }

  /**
   * What the server has of a task; null where it does not answer. Raises ApiError.
   *
   * @param {string} id
   */
  async there(id) {
    try {
      /** @type {Answer<Task>} */
      const answer = await this.api.request("GET", this.path(id));
      return answer;
    } catch (error) {
      if (hasStatus(error, 0)) return null;
      throw error;
    }
  }

  /**
   * @override
   * @param {Task} task
   * @param {NextKept} kept
   */
  nextStays(task, { completed }) {
    this.tell({ text: words.nextKept(titleOf([task]), completed), seconds: 12 });
  }

  /**
   * Remembers that something is under way, until it is not.
   *
   * @template Result
   * @param {Promise<Result>} work
   */
  follow(work) {
    this.underWay.add(work);
    const over = () => this.underWay.delete(work);
    work.then(over, over);
    return work;
  }

  /** Settles when what is under way is sent, or kept for later; for whoever leaves. */
  async settled() {
    await Promise.allSettled(this.underWay);
  }

  /**
   * @param {Failure[]} failures
   * @param {string} text
   * @param {OnFailed} [onFailed]
   */
  tellFailures(failures, text, onFailed) {
    for (const { error } of failures) if (!(error instanceof ApiError)) throw error;
    const gone = failures.filter(({ error }) => hasStatus(error, 404));
    for (const { task } of gone) this.store.remove(task.id);
    if (gone.length > 0) this.tell({ text: words.deletedElsewhere, kind: "problem" });
    const left = failures.filter(({ error }) => !hasStatus(error, 404) && !hasStatus(error, 401));
    if (left.length === 0) return;
    if (onFailed) return onFailed(left, text);
    const { error } = left[0];
    const reason = error instanceof ApiError ? error.message : "";
    const which = left.length > 1 ? `${words.several(left.length)} ` : "";
    this.tell({ text: `${which}${text} ${reason}`, kind: "problem" });
  }
}
