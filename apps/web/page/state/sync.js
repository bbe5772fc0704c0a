// Keeps the task store true: loads the lists, applies the stream's frames, and asks again where frames may be missing.

import { nextPage } from "../server/api.js";
import { hasStatus } from "../server/errors.js";

/**
 * @import { TaskList } from "../../types/chat-api.js"
 * @import { Answer, Api } from "../server/api.js"
 * @import { Frame, Status } from "../server/stream.js"
 * @import { Task, TaskStore } from "./tasks.js"
 */

const PAGE = 200;
const DONE_PAGE = 50;
const MOST_OPEN_PAGES = 25;
const BETWEEN_LOADS = 1_500;
const WITHOUT_STREAM = 30_000;
const BESIDE = 2_000;

const OPEN = { completed: "false", sort: "due", limit: String(PAGE) };
/** What is asked for first of all. */
export const FIRST_PAGE = `/api/v1/tasks?${new URLSearchParams(OPEN)}`;

/** What the page shows is what the server has, or soon will be. */
export class Sync {
  /**
   * @param {object} needs
   * @param {Api} needs.api
   * @param {TaskStore} needs.store
   * @param {() => void} needs.onLoaded is told when the lists are whole
   * @param {Promise<unknown>} [needs.beside] what is shown above the list, and so before it
   * @param {() => void} needs.onReminder is told of reminders that go off
   * @param {(error: unknown) => void} needs.onProblem is told of lists that could not be loaded
   */
  constructor({ api, store, onLoaded, onReminder, onProblem, beside = Promise.resolve() }) {
    this.api = api;
    this.store = store;
    this.onLoaded = onLoaded;
    this.onReminder = onReminder;
    this.onProblem = onProblem;
    this.beside = beside;
    /** @type {string | null} the path of the next page of what is done */
    this.moreDone = null;
    this.loaded = false;
    this.live = false;
    this.lastLoad = 0;
    /** @type {ReturnType<typeof setTimeout> | null} */
    this.timer = null;
    /** @type {Promise<void> | null} */
    this.running = null;
    this.wanted = false;
    this.stopped = false;
  }

  /** Loads everything now, or once more after the load that is under way. */
  load() {
    if (this.running) {
      this.wanted = true;
      return this.running;
    }
    this.running = this.loadOnce().finally(() => {
      this.running = null;
      if (this.wanted) {
        this.wanted = false;
        this.loadSoon();
      }
    });
    return this.running;
  }

  /** Loads soon: many reasons within a moment make one load. */
  loadSoon() {
    if (this.timer || this.stopped) return;
    const wait = Math.max(100, this.lastLoad + BETWEEN_LOADS - Date.now());
    this.timer = setTimeout(() => {
      this.timer = null;
      this.load();
    }, wait);
  }

  /** Loads if the stream is not bringing changes and the last load is a while ago. */
  loadIfStale() {
    if (!this.live && Date.now() - this.lastLoad > WITHOUT_STREAM) this.loadSoon();
  }

  /** Ends what is planned. */
  stop() {
    this.stopped = true;
    if (this.timer) clearTimeout(this.timer);
  }

  async loadOnce() {
    this.lastLoad = Date.now();
    const mark = this.store.mark();
    try {
      const [open, done] = await Promise.all([
        this.pages(OPEN, MOST_OPEN_PAGES, (items) => this.begin(items)),
        this.pages({ completed: "true", limit: String(DONE_PAGE) }, 1),
      ]);
      await this.ready();
      if (this.stopped) return;
      this.store.replace(open.items, mark, (task) => !task.completed && open.next === null);
      this.store.replace(done.items, mark, (task) => task.completed);
      this.moreDone = done.next;
      this.loaded = true;
      this.store.changed();
      this.onLoaded();
    } catch (error) {
      if (!this.stopped) this.onProblem(error);
    }
  }

  /** What stands above the list is there, or is not waited for any longer: nothing moves once it is seen. */
  async ready() {
    if (!this.loaded) await Promise.race([this.beside, new Promise((resolve) => setTimeout(resolve, BESIDE))]);
  }

  /**
   * The first page of a list is shown while the others are on their way.
   *
   * @param {Task[]} items
   */
  async begin(items) {
    await this.ready();
    if (this.loaded || this.stopped) return;
    for (const task of items) this.store.put(task);
  }

  /**
   * @param {Record<string, string>} query
   * @param {number} most pages
   * @param {(items: Task[]) => void} [onFirst] is handed the first page
   */
  async pages(query, most, onFirst = () => {}) {
    /** @type {Task[]} */
    const items = [];
    /** @type {string | null} */
    let next = `/api/v1/tasks?${new URLSearchParams(query)}`;
    for (let page = 0; next && page < most; page += 1) {
      /** @type {Answer<TaskList>} */
      const answer = await this.api.request("GET", next);
      if (page === 0) onFirst(answer.body.items);
      items.push(...answer.body.items);
      next = nextPage(answer.headers);
    }
    return { items, next };
  }

  /** The next page of what is done. */
  async loadMoreDone() {
    if (!this.moreDone) return;
    /** @type {Answer<TaskList>} */
    const answer = await this.api.request("GET", this.moreDone);
    for (const task of answer.body.items) this.store.put(task);
    this.moreDone = nextPage(answer.headers);
    this.store.changed();
  }

  /**
   * Tasks anywhere on the server whose text fits; they join the store.
   *
   * @param {string} text
   */
  async search(text) {
    /** @type {TaskList} */
    const { items } = await this.api.json("GET", "/api/v1/tasks", { query: { q: text, limit: DONE_PAGE } });
    for (const task of items) this.store.put(task);
  }

  /**
   * One task, asked for anew; gone from the store when the server has none.
   *
   * @param {string} id
   */
  async refresh(id) {
    try {
      this.store.put(await this.api.json("GET", `/api/v1/tasks/${encodeURIComponent(id)}`));
    } catch (error) {
      if (hasStatus(error, 404)) this.store.remove(id, this.store.get(id)?.version ?? 0);
      else this.onProblem(error);
    }
  }

  /**
   * The stream's state changed: a stream that starts anew may have missed something since the last load.
   *
   * @param {Status} status
   */
  streamState({ state, resumed }) {
    this.live = state === "live";
    if (this.live && !resumed && this.lastLoad > 0) this.loadSoon();
  }

  /**
   * One frame of the stream. Types this page does not know are left alone.
   *
   * @param {Frame} frame
   */
  apply(frame) {
    switch (frame.type) {
      case "task.created":
      case "task.updated":
      case "task.completed":
        if (frame.task) {
          const unread = frame.task.has_description && frame.task.description == null && !this.store.get(frame.task_id);
          this.store.news(frame.task);
          if (unread) this.refresh(frame.task_id);
        } else if (frame.task_id && (this.store.get(frame.task_id)?.version ?? 0) < (frame.version ?? Infinity))
          this.refresh(frame.task_id);
        break;
      case "task.deleted":
        this.store.remove(frame.task_id, frame.version ?? undefined);
        break;
      case "task.reminder.triggered":
        if (frame.task) this.store.put(frame.task);
        this.onReminder();
        break;
      case "batch":
      case "reset":
        this.loadSoon();
        break;
      default:
        break;
    }
  }
}
