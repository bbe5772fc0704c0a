// Sends what has waited: in the order of each task, by one tab at a time. What another place has changed since is not sent
// but kept, to be decided on.

import { ApiError } from "../server/errors.js";
import { livingTabs, tabLock } from "../state/living-tabs.js";
import { formerly } from "../state/patches.js";
import { isCreation, isFlying, isNoAnswer } from "./entries.js";
import { call, clash } from "./sending.js";

/**
 * @import { TaskPatch } from "../../types/chat-api.js"
 * @import { Answer } from "../server/api.js"
 * @import { Task } from "../state/tasks.js"
 * @import { Entry } from "./entries.js"
 * @import { WriteQueue } from "./write-queue.js"
 */

const SERVER_KEEPS_KEYS = 24 * 3_600_000;
const MARGIN = 600_000;
const AGAIN = 15_000;

/** The sending of one queue. */
export class Draining {
  /** @param {WriteQueue} queue */
  constructor(queue) {
    this.queue = queue;
    this.timer = 0;
    this.isUnderWay = false;
    /** @type {Set<string>} tabs after whose end what they left is sent */
    this.watched = new Set();
  }

  stop() {
    clearTimeout(this.timer);
  }

  soon(milliseconds = AGAIN) {
    clearTimeout(this.timer);
    this.timer = window.setTimeout(() => this.drain(), milliseconds);
  }

  /**
   * What another tab is sending is sent here when that one ends in the middle.
   *
   * @param {string} tab
   */
  async watch(tab) {
    if (this.watched.has(tab)) return;
    this.watched.add(tab);
    const { signal } = this.queue.ending;
    try {
      await navigator.locks?.request(tabLock(tab), { signal }, () => {});
    } catch (error) {
      if (error instanceof DOMException && error.name === "AbortError") return;
      throw error;
    }
    this.watched.delete(tab);
    this.drain();
  }

  /** Sends what waits; one tab at a time. */
  async drain() {
    const { signal } = this.queue.ending;
    if (this.isUnderWay || signal.aborted) return;
    this.isUnderWay = true;
    try {
      const turn = () => this.drainNow();
      await (navigator.locks ? navigator.locks.request(this.queue.name, { signal }, turn) : turn());
    } catch (error) {
      if (!(error instanceof DOMException && error.name === "AbortError")) throw error;
    } finally {
      this.isUnderWay = false;
    }
  }

  /**
   * Runs something while nobody sends what waits; where somebody does just now, null.
   *
   * @template Result
   * @param {() => Promise<Result>} run
   * @returns {Promise<Result | null>}
   */
  async meanwhile(run) {
    if (!navigator.locks) return this.isUnderWay ? null : run();
    return navigator.locks.request(this.queue.name, { ifAvailable: true }, (lock) => (lock ? run() : null));
  }

  async drainNow() {
    const { queue } = this;
    await queue.recall();
    const living = await livingTabs();
    /** @type {Set<string>} */
    const held = new Set();
    for (const { key } of [...queue.entries]) {
      const entry = queue.entries.find((one) => one.key === key);
      if (!entry || queue.ending.signal.aborted) continue;
      const isTheirs = isFlying(entry) && living.has(tabLock(entry.tab));
      if (isTheirs) this.watch(entry.tab);
      if (isTheirs || held.has(entry.taskId) || !(await this.isSendable(entry))) held.add(entry.taskId);
      else if (!(await this.attempt(entry, held))) {
        this.soon();
        return;
      }
    }
  }

  /** @param {Entry} entry */
  async isSendable(entry) {
    if (entry.state !== "waiting" || !this.queue.isReachable()) return false;
    if (Date.now() - entry.at < SERVER_KEEPS_KEYS - MARGIN) return true;
    await this.queue.keep({ ...entry, state: "old", tab: "" });
    return false;
  }

  /**
   * Sends one that waited; says false where there is no answer, and so no use in trying the next.
   *
   * @param {Entry} entry
   * @param {Set<string>} held tasks of which nothing more is sent now
   */
  async attempt(entry, held) {
    const { queue } = this;
    try {
      const there = await clash(queue.api, entry);
      if (there.is === "changed") {
        await queue.keep({ ...entry, tab: "", state: "conflict", theirs: there.task });
        held.add(entry.taskId);
        return true;
      }
      if (there.is === "done") this.changed(entry, there.task);
      else this.sent(entry, await call(queue.api, { ...entry, etag: null }));
      await queue.forget(entry);
      return true;
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      held.add(entry.taskId);
      return this.failed(entry, error);
    }
  }

  /**
   * Says whether there is use in trying the next.
   *
   * @param {Entry} entry
   * @param {ApiError} error
   */
  async failed(entry, error) {
    const { queue } = this;
    if (isNoAnswer(error) || [401, 429].includes(error.status)) {
      if (!entry.tried) await queue.keep({ ...entry, tried: true });
      return false;
    }
    if (entry.method === "DELETE" && error.status === 404) await queue.forget(entry);
    else await queue.keep({ ...entry, tab: "", state: "conflict", reason: error.message, theirs: null });
    return true;
  }

  /**
   * @param {Entry} entry
   * @param {Answer<any>} answer
   */
  sent(entry, { body }) {
    const { queue } = this;
    const { method, taskId, restored } = entry;
    if (isCreation(entry)) {
      queue.tell({ kind: "arrived", id: taskId, task: body });
      queue.arrived(taskId, body);
    } else if (restored) queue.store.restore(body);
    else if (method === "DELETE") queue.store.remove(taskId);
    else this.changed(entry, body);
  }

  /**
   * A task is as it is to be; what follows on it goes by that.
   *
   * @param {Entry} sent
   * @param {Task} task
   */
  changed(sent, task) {
    this.queue.store.put(task);
    for (const entry of this.queue.entries) {
      if (entry.taskId !== sent.taskId || entry.key === sent.key || entry.method !== "PATCH" || !entry.base) continue;
      const base = formerly(task, /** @type {TaskPatch} */ (entry.body));
      Object.assign(entry, { base });
      if (entry.seq !== undefined) this.queue.put({ ...entry });
    }
  }
}
