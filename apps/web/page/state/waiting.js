// Reminders that went off and that nobody has answered yet.

import { ApiError } from "../server/errors.js";

/**
 * @import { Reminder, ReminderList } from "../../types/reminder-service.js"
 * @import { Api } from "../server/api.js"
 */

const MOST = 200;

/** Holds them, oldest first, and tells its listeners when they change. */
export class WaitingReminders {
  /**
   * @param {object} needs
   * @param {Api} needs.api
   * @param {(id: string) => void} needs.onAnswered is told of each one answered here, for the other tabs
   * @param {(error: unknown) => void} needs.onProblem
   */
  constructor({ api, onAnswered, onProblem }) {
    this.api = api;
    this.onAnswered = onAnswered;
    this.onProblem = onProblem;
    /** @type {Reminder[]} */
    this.items = [];
    /** @type {Set<string>} ids whose answer is on its way */
    this.answering = new Set();
    this.asked = 0;
    this.loading = 0;
    this.loadedFirst = () => {};
    /** Settles when the server has said, or could not say, which wait. @type {Promise<void>} */
    this.loadedOnce = new Promise((resolve) => {
      this.loadedFirst = resolve;
    });
    /** @type {Set<() => void>} */
    this.listeners = new Set();
  }

  /**
   * Calls `listener()` after changes; returns a function that stops it.
   *
   * @param {() => void} listener
   */
  subscribe(listener) {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  changed() {
    for (const listener of this.listeners) listener();
  }

  /** What there is to tell: the last reminder of each task, the oldest first. */
  get latest() {
    /** @type {Map<string, Reminder>} */
    const byTask = new Map();
    for (const reminder of this.items) {
      byTask.delete(reminder.task_id);
      byTask.set(reminder.task_id, reminder);
    }
    return [...byTask.values()];
  }

  /**
   * Those that waited when the page was here last, until the server has said which do.
   *
   * @param {Reminder[]} items
   */
  recall(items) {
    if (this.asked > 0) return;
    this.items = items;
    this.changed();
  }

  /** Asks the server which reminders wait; of answers that overtake each other the last asked for counts. */
  async load() {
    this.asked += 1;
    const turn = this.asked;
    this.loading += 1;
    try {
      /** @type {ReminderList} */
      const { items } = await this.api.json("GET", "/api/v1/reminders", { query: { status: "sent", limit: MOST } });
      if (turn !== this.asked) return;
      this.items = items
        .filter((reminder) => !this.answering.has(reminder.id))
        .sort((one, other) => firedAt(one) - firedAt(other));
      this.changed();
    } catch (error) {
      this.onProblem(error);
    } finally {
      this.loading -= 1;
      if (turn === this.asked) this.loadedFirst();
    }
  }

  /**
   * The person has seen it, and with it the earlier ones of the same task.
   *
   * @param {Reminder} reminder
   */
  async acknowledge(reminder) {
    const same = this.items.filter((item) => item.task_id === reminder.task_id);
    await Promise.all(same.map((item) => this.answer(item, "acknowledge")));
  }

  /**
   * It comes again some minutes from now; the earlier ones of the same task do not.
   *
   * @param {Reminder} reminder
   * @param {number} minutes
   */
  async snooze(reminder, minutes) {
    const earlier = this.items.filter((item) => item.task_id === reminder.task_id && item.id !== reminder.id);
    await Promise.all([
      this.answer(reminder, "snooze", { minutes }),
      ...earlier.map((item) => this.answer(item, "acknowledge")),
    ]);
  }

  /** The person has seen all of them. */
  async acknowledgeAll() {
    await Promise.all(this.items.map((item) => this.answer(item, "acknowledge")));
  }

  /**
   * Nothing more to say about a task that is done or gone.
   *
   * @param {string} taskId
   */
  dropTask(taskId) {
    const left = this.items.filter((reminder) => reminder.task_id !== taskId);
    if (left.length === this.items.length) return;
    this.items = left;
    this.changed();
  }

  /**
   * It was answered in another tab; a list that was asked for before may still hold it.
   *
   * @param {string} id
   */
  dropReminder(id) {
    this.take(id);
    if (this.loading > 0) this.load();
  }

  /** @param {string} id */
  take(id) {
    this.items = this.items.filter((reminder) => reminder.id !== id);
    this.changed();
  }

  /**
   * @param {Reminder} reminder
   * @param {"acknowledge" | "snooze"} verb
   * @param {{minutes: number}} [body]
   */
  async answer(reminder, verb, body) {
    const { id } = reminder;
    this.answering.add(id);
    this.take(id);
    let failed = false;
    try {
      await this.api.json("POST", `/api/v1/reminders/${encodeURIComponent(id)}/${verb}`, { body, keepalive: true });
      this.onAnswered(id);
    } catch (error) {
      // Answered in another place already, or its task is gone: either way it no longer waits.
      if (!(error instanceof ApiError && [404, 409].includes(error.status))) {
        this.onProblem(error);
        failed = true;
      }
    } finally {
      this.answering.delete(id);
    }
    // After a failure it still waits; and a list asked for before the answer may still hold it.
    if (failed || this.loading > 0) await this.load();
  }
}

/**
 * When it went off, in milliseconds; one that is sent has gone off.
 *
 * @param {Reminder} reminder
 */
export function firedAt(reminder) {
  return Date.parse(reminder.fired_at ?? "");
}
