// What a person does, on its way to the server: sent at once where that works, else kept and sent later, in the order of
// each task, once. Each carries a key by which the server knows it again; what it may no longer know by then, and what
// another place has changed since, is not sent but shown, to be decided on.
//
// It is kept before it is sent, so a page that closes meanwhile loses nothing. Tabs take turns by a lock; what a living
// tab is sending just now, the others leave to it.

import { ApiError } from "../server/errors.js";
import { formerly } from "../state/patches.js";
import { entryOf, isFlying, isNoAnswer, livingTabs, newKey, tabLock } from "./entries.js";
import { Overlay } from "./overlay.js";
import { addressed, call, clash } from "./sending.js";

/**
 * @import { TaskPatch } from "../../types/chat-api.js"
 * @import { Answer, Api } from "../server/api.js"
 * @import { Write } from "../state/task-calls.js"
 * @import { Task, TaskStore } from "../state/tasks.js"
 * @import { Entry } from "./entries.js"
 * @import { Storage } from "./storage.js"
 */

/** @typedef {{kind: "changed"} | {kind: "arrived", id: string, task: Task}} Message What tabs tell one another. */

const SERVER_KEEPS_KEYS = 24 * 3_600_000;
const MARGIN = 600_000;
const AGAIN = 15_000;

/** The queue of one person. */
export class WriteQueue {
  /**
   * @param {object} needs
   * @param {Api} needs.api
   * @param {TaskStore} needs.store
   * @param {Storage} needs.storage
   * @param {string} needs.userId
   * @param {() => boolean} needs.isReachable whether it makes sense to send
   * @param {() => void} needs.onChange is told when what waits is other than before
   */
  constructor({ api, store, storage, userId, isReachable, onChange }) {
    this.api = api;
    this.store = store;
    this.storage = storage;
    this.userId = userId;
    this.isReachable = isReachable;
    this.onChange = onChange;
    /** @type {Entry[]} what is known to wait, in order */
    this.entries = [];
    this.overlay = new Overlay(store);
    /** @type {Map<string, string>} the id that a task had before it was sent → its own */
    this.names = new Map();
    this.tab = newKey();
    this.name = `taskflow-writes-${userId}`;
    this.ending = new AbortController();
    this.channel = new BroadcastChannel(this.name);
    this.channel.addEventListener("message", ({ data }) => this.heard(data));
    this.timer = 0;
    this.draining = false;
  }

  /** What is not sent yet, and not on its way just now. */
  get waiting() {
    return this.entries.filter((entry) => !isFlying(entry));
  }

  /** What is not sent before the person has decided. */
  get undecided() {
    return this.entries.filter((entry) => entry.state !== "waiting");
  }

  /** Recalls what is left of earlier visits, and sends it. */
  async start() {
    const { signal } = this.ending;
    // Held as long as this tab lives: what it is sending is its own.
    navigator.locks?.request(tabLock(this.tab), { signal }, () => new Promise(() => {})).catch(() => {});
    await this.recall();
    this.drain();
  }

  stop() {
    this.ending.abort();
    clearTimeout(this.timer);
    this.channel.close();
  }

  heard(/** @type {Message} */ message) {
    if (message.kind === "arrived") this.arrived(message.id, message.task);
    this.recall();
  }

  /**
   * Sends a change, or keeps it for later: then null. Raises the ApiError of a refusal.
   *
   * @param {Write} write
   * @returns {Promise<Answer<any> | null>}
   */
  async send(write) {
    const taskId = this.names.get(write.taskId) ?? write.taskId;
    const task = this.store.tasks.get(taskId);
    const entry = entryOf(addressed(write, taskId), { task, userId: this.userId, tab: this.tab });
    const mustWait = !this.isReachable() || this.entries.some((one) => one.taskId === taskId && !isFlying(one));
    if (mustWait) {
      await this.keep({ ...entry, tab: "" });
      return null;
    }
    const kept = this.storage
      .put("writes", entry)
      .then((seq) => ({ ...entry, ...(seq !== null && { seq: Number(seq) }) }));
    try {
      const answer = await call(this.api, entry, write.keepalive);
      this.forget(await kept);
      return answer;
    } catch (error) {
      if (isNoAnswer(error)) {
        await this.keep({ ...(await kept), tab: "" });
        this.soon(AGAIN / 10);
        return null;
      }
      this.forget(await kept);
      throw error;
    }
  }

  /** @param {Entry} entry */
  async keep(entry) {
    const seq = await this.storage.put("writes", entry);
    // What the browser does not keep is sent as long as this page is open.
    const kept = seq === null ? entry : { ...entry, seq: Number(seq) };
    this.take([...this.entries.filter(({ key }) => key !== entry.key), kept]);
    this.tell({ kind: "changed" });
  }

  /** @param {Entry} entry */
  async forget(entry) {
    if (entry.seq !== undefined) await this.storage.remove("writes", entry.seq);
    if (!this.entries.some(({ key }) => key === entry.key)) return;
    this.take(this.entries.filter(({ key }) => key !== entry.key));
    this.tell({ kind: "changed" });
  }

  tell(/** @type {Message} */ message) {
    if (!this.ending.signal.aborted) this.channel.postMessage(message);
  }

  async recall() {
    const all = /** @type {Entry[]} */ (await this.storage.all("writes"));
    if (this.ending.signal.aborted) return;
    const unkept = this.entries.filter(({ seq }) => seq === undefined);
    this.take([...all.filter((entry) => entry.userId === this.userId && entry.tab !== this.tab), ...unkept]);
  }

  /** @param {Entry[]} entries */
  take(entries) {
    this.entries = [...entries].sort((one, other) => (one.seq ?? Infinity) - (other.seq ?? Infinity));
    this.overlay.show(this.entries);
    this.onChange();
  }

  soon(milliseconds = AGAIN) {
    clearTimeout(this.timer);
    this.timer = window.setTimeout(() => this.drain(), milliseconds);
  }

  /** Sends what waits; one tab at a time. */
  async drain() {
    if (this.draining || this.ending.signal.aborted) return;
    this.draining = true;
    try {
      const { signal } = this.ending;
      const turn = () => this.drainNow();
      await (navigator.locks ? navigator.locks.request(this.name, { signal }, turn) : turn());
    } catch (error) {
      if (!(error instanceof DOMException && error.name === "AbortError")) throw error;
    } finally {
      this.draining = false;
    }
  }

  async drainNow() {
    await this.recall();
    const living = await livingTabs();
    /** @type {Set<string>} */
    const held = new Set();
    for (const { key } of [...this.entries]) {
      const entry = this.entries.find((one) => one.key === key);
      if (!entry || this.ending.signal.aborted) continue;
      const isTheirs = isFlying(entry) && living.has(tabLock(entry.tab));
      if (isTheirs || held.has(entry.taskId) || !(await this.isSendable(entry))) held.add(entry.taskId);
      else if (!(await this.attempt(entry, held))) {
        this.soon();
        return;
      }
    }
  }

  /** @param {Entry} entry */
  async isSendable(entry) {
    if (entry.state !== "waiting" || !this.isReachable()) return false;
    if (Date.now() - entry.at < SERVER_KEEPS_KEYS - MARGIN) return true;
    await this.keep({ ...entry, state: "old", tab: "" });
    return false;
  }

  /**
   * Sends one that waited; says false where there is no answer, and so no use in trying the next.
   *
   * @param {Entry} entry
   * @param {Set<string>} held tasks of which nothing more is sent now
   */
  async attempt(entry, held) {
    try {
      const there = await clash(this.api, entry);
      if (there.is === "changed") {
        await this.keep({ ...entry, tab: "", state: "conflict", theirs: there.task });
        held.add(entry.taskId);
        return true;
      }
      if (there.is === "done") this.store.put(there.task);
      else this.sent(entry, await call(this.api, { ...entry, etag: null }));
      await this.forget(entry);
      return true;
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      if (isNoAnswer(error) || [401, 429].includes(error.status)) return false;
      if (entry.method === "DELETE" && error.status === 404) await this.forget(entry);
      else await this.keep({ ...entry, tab: "", state: "conflict", reason: error.message, theirs: null });
      held.add(entry.taskId);
      return true;
    }
  }

  /**
   * @param {Entry} entry
   * @param {Answer<any>} answer
   */
  sent({ method, taskId }, { body }) {
    if (method === "POST") {
      this.tell({ kind: "arrived", id: taskId, task: body });
      this.arrived(taskId, body);
    } else if (method === "PATCH") this.store.put(body);
    else if (method === "DELETE") this.store.remove(taskId);
  }

  /**
   * A task that was made without the server has an id of the server's; what waits for it gets that.
   *
   * @param {string} id
   * @param {Task} task
   */
  arrived(id, task) {
    this.names.set(id, task.id);
    this.store.arrived(id, task);
    for (const entry of this.entries) {
      if (entry.taskId !== id || entry.method === "POST") continue;
      const { completed = false } = task;
      const renamed = addressed(entry, task.id);
      const base =
        entry.method === "PATCH" ? formerly({ ...task, completed }, /** @type {TaskPatch} */ (entry.body)) : null;
      this.storage.put("writes", { ...renamed, base });
      Object.assign(entry, renamed, { base });
    }
    this.take(this.entries);
  }

  /**
   * The person has decided: it is sent after all, over what is there.
   *
   * @param {Entry} entry
   */
  async insist(entry) {
    await this.keep({
      ...entry,
      key: newKey(),
      at: Date.now(),
      state: "waiting",
      base: null,
      etag: null,
      theirs: null,
    });
    this.take(this.entries.filter(({ key }) => key !== entry.key));
    this.drain();
  }

  /**
   * It is not sent; of a task that was never made, what was to follow is not either.
   *
   * @param {Entry} entry
   */
  async discard(entry) {
    const goesToo = (/** @type {Entry} */ one) => entry.method === "POST" && one.taskId === entry.taskId;
    for (const one of this.entries) if (one.key === entry.key || goesToo(one)) await this.forget(one);
    if (entry.theirs) this.store.put(entry.theirs);
    this.drain();
  }

  /** Nothing of it is sent any more: the person signs out. */
  async clear() {
    for (const entry of [...this.entries]) await this.forget(entry);
  }
}
