// What a person does, on its way to the server: sent at once where that works, else kept and sent later, in the order of
// each task, once. Each carries a key by which the server knows it again; what it may no longer know by then, and what
// another place has changed since, is not sent but shown, to be decided on.
//
// It is kept before it is sent, so a page that closes meanwhile loses nothing. Tabs take turns by a lock; what a living
// tab is sending just now, the others leave to it.

import { newKey } from "../server/api.js";
import { openChannel } from "../server/channel.js";
import { tabLock } from "../state/living-tabs.js";
import { formerly } from "../state/patches.js";
import { begunOf } from "./begun.js";
import { Draining } from "./draining.js";
import { entryOf, isCreation, isFlying } from "./entries.js";
import { Overlay } from "./overlay.js";
import { addressed } from "./sending.js";

/**
 * @import { TaskPatch } from "../../types/chat-api.js"
 * @import { Answer, Api } from "../server/api.js"
 * @import { Batch, Begun, Write } from "../state/task-calls.js"
 * @import { Task, TaskStore } from "../state/tasks.js"
 * @import { Entry } from "./entries.js"
 * @import { Storage } from "./storage.js"
 */

/**
 * @typedef {{kind: "changed"} | {kind: "sending", tab: string} | {kind: "arrived", id: string, task: Task}} Message
 *   What tabs tell one another.
 */

const MOMENT = 150;

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
    this.channel = openChannel(this.name, (message) => this.heard(message));
    this.draining = new Draining(this);
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    this.recalling = undefined;
    /** Whether the person has left: then nothing is kept any more, whatever is still on its way. */
    this.cleared = false;
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
    // Held as long as this tab lives and its person is signed in: what it is sending is its own.
    const ended = () => new Promise((resolve) => signal.addEventListener("abort", resolve));
    navigator.locks?.request(tabLock(this.tab), { signal }, ended).catch(() => {});
    await this.recall();
    this.drain();
  }

  /** Sends what waits. */
  drain() {
    return this.draining.drain();
  }

  stop() {
    this.ending.abort();
    this.draining.stop();
    clearTimeout(this.recalling);
    this.channel?.close();
  }

  heard(/** @type {Message} */ message) {
    if (message.kind === "sending") return void this.draining.watch(message.tab);
    if (message.kind === "arrived") this.arrived(message.id, message.task);
    // Many changes within a moment are looked up once.
    this.recalling ??= setTimeout(() => {
      this.recalling = undefined;
      this.recall();
    }, MOMENT);
  }

  /**
   * Sends a change, or keeps it for later: then null. Raises the ApiError of a refusal.
   *
   * @param {Write} write
   * @returns {Promise<Answer<any> | null>}
   */
  send(write) {
    return this.begin([write]).begun[0].send();
  }

  /**
   * Keeps changes, all of them or none, before the first of them is sent: a page that closes in the middle leaves them to
   * another tab, or to the next visit.
   *
   * @param {Write[]} writes
   * @returns {Batch}
   */
  begin(writes) {
    const entries = writes.map((write) => {
      const taskId = this.names.get(write.taskId) ?? write.taskId;
      const task = this.store.tasks.get(taskId);
      const entry = entryOf(addressed(write, taskId), { task, userId: this.userId, tab: this.tab });
      return this.mustWait(entry) ? { ...entry, tab: "" } : entry;
    });
    const kept = this.keepAll(entries);
    const begun = entries.map((entry, at) => begunOf(this, entry, () => kept.then((all) => all[at])));
    return { kept, begun, drop: async () => this.drop(begun, await kept) };
  }

  /** @param {Entry} entry */
  mustWait({ taskId }) {
    return !this.isReachable() || this.entries.some((one) => one.taskId === taskId && !isFlying(one));
  }

  /** @param {Entry[]} entries */
  async keepAll(entries) {
    const seqs = this.cleared ? null : await this.storage.putAll("writes", entries);
    // What the browser does not keep is sent as long as this page is open.
    const kept = entries.map((entry, at) => (seqs === null ? entry : { ...entry, seq: Number(seqs[at]) }));
    const waiting = kept.filter((entry) => !isFlying(entry));
    if (waiting.length > 0) {
      this.take([...this.entries, ...waiting]);
      this.tell({ kind: "changed" });
    }
    if (kept.length > 1) this.tell({ kind: "sending", tab: this.tab });
    return kept;
  }

  /**
   * Takes back those that are not sent yet; says of each whether it is.
   *
   * @param {Begun[]} begun
   * @param {Entry[]} kept
   */
  async drop(begun, kept) {
    const fresh = begun.map(({ state }) => state === "new");
    const waiting = new Set(kept.filter((_, at) => begun[at].state === "waiting").map(({ key }) => key));
    await Promise.all(begun.map((one, at) => fresh[at] && one.drop()));
    const withdrawn = waiting.size > 0 ? await this.draining.meanwhile(() => this.withdraw(waiting)) : null;
    return kept.map(({ key }, at) => fresh[at] || (withdrawn?.has(key) ?? false));
  }

  /**
   * What waits and was never tried is not sent any more; returns the keys of those.
   *
   * @param {Set<string>} keys
   */
  async withdraw(keys) {
    await this.recall();
    const found = this.entries.filter((one) => keys.has(one.key) && !isFlying(one) && !one.tried);
    await this.forget(...found);
    return new Set(found.map(({ key }) => key));
  }

  /** @param {Entry} entry */
  async put(entry) {
    return this.cleared ? null : this.storage.put("writes", entry);
  }

  /** @param {Entry} entry */
  async keep(entry) {
    if (this.cleared) return;
    const seq = await this.put(entry);
    // What the browser does not keep is sent as long as this page is open.
    const kept = seq === null ? entry : { ...entry, seq: Number(seq) };
    this.take([...this.entries.filter(({ key }) => key !== entry.key), kept]);
    this.tell({ kind: "changed" });
  }

  /** @param {Entry[]} gone */
  async forget(...gone) {
    await this.storage.remove("writes", ...gone.flatMap(({ seq }) => (seq === undefined ? [] : [seq])));
    const keys = new Set(gone.map(({ key }) => key));
    if (!this.entries.some(({ key }) => keys.has(key))) return;
    this.take(this.entries.filter(({ key }) => !keys.has(key)));
    this.tell({ kind: "changed" });
  }

  tell(/** @type {Message} */ message) {
    if (!this.ending.signal.aborted) this.channel?.tell(message);
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
      if (entry.taskId !== id || isCreation(entry)) continue;
      const { completed = false } = task;
      const renamed = addressed(entry, task.id);
      const base =
        entry.method === "PATCH" ? formerly({ ...task, completed }, /** @type {TaskPatch} */ (entry.body)) : null;
      this.put({ ...renamed, base });
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

  /** Nothing of it is sent or kept any more, of this tab or others: the person signs out. */
  async clear() {
    this.cleared = true;
    const all = /** @type {Entry[]} */ (await this.storage.all("writes"));
    const theirs = all.filter(({ userId }) => userId === this.userId);
    await this.storage.remove("writes", ...theirs.map(({ seq }) => Number(seq)));
    this.take([]);
    this.tell({ kind: "changed" });
  }
}
