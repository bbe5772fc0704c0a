// What there is of one person on this device, and the connection that it waits for: the last list, the changes that are
// not sent yet, and whether the server is there.

import { ApiError, hasStatus } from "../server/errors.js";
import { PulseTaker } from "../server/pulse.js";
import { LastList } from "./last-list.js";
import { WriteQueue } from "./write-queue.js";

/**
 * @import { Account } from "../../types/chat-api.js"
 * @import { Api } from "../server/api.js"
 * @import { Preferences } from "../state/preferences.js"
 * @import { TaskStore } from "../state/tasks.js"
 * @import { WaitingReminders } from "../state/waiting.js"
 * @import { Storage } from "./storage.js"
 */

/** Keeps and recalls it, from signing in to signing out. */
export class OfflinePerson {
  /**
   * @param {object} needs
   * @param {Api} needs.api
   * @param {TaskStore} needs.store
   * @param {Storage} needs.storage
   * @param {Account} needs.user
   * @param {Preferences} needs.preferences
   * @param {WaitingReminders} needs.waiting
   * @param {boolean} needs.isKnown false where nobody could be asked yet whether it is this person
   * @param {() => void} needs.onChange is told when the connection, or what waits, is other than before
   * @param {() => void} needs.onBack is told when the server is there again
   * @param {() => void} needs.onStranger is told when somebody else is signed in, or nobody
   */
  constructor({ api, store, storage, user, preferences, waiting, isKnown, onChange, onBack, onStranger }) {
    this.api = api;
    this.store = store;
    this.user = user;
    this.preferences = preferences;
    this.waiting = waiting;
    this.isKnown = isKnown;
    this.onBack = onBack;
    this.onStranger = onStranger;
    this.list = new LastList(storage);
    this.pulseTaker = new PulseTaker((pulse) => {
      onChange();
      if (pulse === "fine") this.back();
    });
    this.queue = new WriteQueue({
      api,
      store,
      storage,
      userId: user.id,
      isReachable: () => this.isKnown && this.pulse === "fine",
      onChange,
    });
    this.stopKeeping = () => {};
    this.asking = false;
  }

  get pulse() {
    return this.pulseTaker.pulse;
  }

  /** Recalls what there is; says whether there is a list. */
  async start() {
    const kept = await this.list.recall();
    const isTheirs = kept?.userId === this.user.id;
    if (isTheirs) {
      for (const task of kept.tasks) this.store.put(task);
      this.preferences.take(kept.preferences);
      this.waiting.recall(kept.reminders ?? []);
    } else await this.list.forget();
    await this.queue.start();
    this.pulseTaker.start();
    if (!this.isKnown) this.pulseTaker.ask();
    return isTheirs;
  }

  /** Keeps the list from now on, whenever it changes: it is whole. */
  keepList() {
    this.stopKeeping();
    const keep = () =>
      this.list.soon(() => ({
        user: this.user,
        tasks: [...this.store.tasks.values()].sort((one, other) => Number(one.completed) - Number(other.completed)),
        reminders: this.waiting.items,
        preferences: this.preferences.kept,
      }));
    const stops = [this.store.subscribe(keep), this.waiting.subscribe(keep)];
    this.stopKeeping = () => {
      for (const stop of stops) stop();
    };
    keep();
  }

  /** The server is there: first of all it says whose session this is. */
  async back() {
    if (this.asking) return;
    this.asking = true;
    try {
      if (!this.isKnown && !(await this.isStillThem())) return this.onStranger();
      this.isKnown = true;
      this.onBack();
      this.queue.drain();
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
    } finally {
      this.asking = false;
    }
  }

  /** Raises ApiError where nobody says. */
  async isStillThem() {
    /** @type {() => Promise<Account>} */
    const ask = () => this.api.json("GET", "/api/v1/auth/me", { quiet: true });
    try {
      return (await ask()).id === this.user.id;
    } catch (error) {
      if (!hasStatus(error, 401)) throw error;
      return (await this.api.renew()) && (await ask()).id === this.user.id;
    }
  }

  /** Something came from the server. */
  heard() {
    this.pulseTaker.heard();
  }

  stop() {
    this.stopKeeping();
    this.list.stop();
    this.pulseTaker.stop();
    this.queue.stop();
  }

  /** The session is over: nobody sees the list without signing in. What is not sent waits for its owner. */
  forgetList() {
    this.stopKeeping();
    return this.list.forget();
  }

  /** The person has left: nothing of them stays. */
  async forget() {
    await this.queue.clear();
    await this.forgetList();
  }
}
