// The list as it was last, so that the page has something to show before the server answers, or without it. Of one person
// only: whoever signs in next, or out, takes it away.

/**
 * @import { Account, Preferences } from "../../types/chat-api.js"
 * @import { Reminder } from "../../types/reminder-service.js"
 * @import { Task } from "../state/tasks.js"
 * @import { Storage } from "./storage.js"
 */

/**
 * @typedef {{userId: string, user: Account, tasks: Task[], reminders?: Reminder[], preferences: Preferences, at: number}}
 *   Kept `reminders`: those that waited; a page of before kept none.
 */

const MOST = 5_000;
const PAUSE = 1_500;

/** Keeps and recalls it. */
export class LastList {
  /** @param {Storage} storage */
  constructor(storage) {
    this.storage = storage;
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    this.timer = undefined;
    /** How often it was forgotten: what was about to be kept then is not. */
    this.forgotten = 0;
  }

  /**
   * Whose list is kept; null where none is.
   *
   * @returns {Promise<Kept | null>}
   */
  async recall() {
    const [kept] = await this.storage.all("lists");
    return kept ?? null;
  }

  /**
   * Keeps it in a moment, and only it: as it is then, however often it changes meanwhile.
   *
   * @param {() => Omit<Kept, "userId" | "at">} current
   */
  soon(current) {
    this.timer ??= setTimeout(() => {
      this.timer = undefined;
      this.keep(current());
    }, PAUSE);
  }

  /** @param {Omit<Kept, "userId" | "at">} list */
  async keep({ user, tasks, reminders, preferences }) {
    const { forgotten } = this;
    await this.forgetOthers(user.id);
    if (forgotten !== this.forgotten) return;
    await this.storage.put("lists", {
      userId: user.id,
      user,
      tasks: tasks.slice(0, MOST),
      reminders,
      preferences,
      at: Date.now(),
    });
  }

  /** @param {string} userId */
  async forgetOthers(userId) {
    for (const key of await this.storage.keys("lists")) if (key !== userId) await this.storage.remove("lists", key);
  }

  /** Ends what is planned. */
  stop() {
    clearTimeout(this.timer);
    this.timer = undefined;
  }

  async forget() {
    this.stop();
    this.forgotten += 1;
    await this.forgetOthers("");
  }
}
