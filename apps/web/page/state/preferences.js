// What the server keeps of a person's preferences: the zone their times are in, how they write dates, and what their open
// pages are sent.

import { browserZone, isZone } from "../domain/zones.js";

/**
 * @import { Preferences as Kept } from "../../types/chat-api.js"
 * @import { Api } from "../server/api.js"
 */

const PATH = "/api/v1/me/preferences";

/** Holds them; until they are loaded, times are in this device's zone. */
export class Preferences {
  /**
   * @param {object} needs
   * @param {Api} needs.api
   * @param {() => void} needs.onSaved is told when the person has changed them
   */
  constructor({ api, onSaved }) {
    this.api = api;
    this.onSaved = onSaved;
    this.zone = browserZone();
    /** @type {Kept} */
    this.kept = {};
  }

  /** What the open pages are sent; undefined where the server does not say. */
  get notifications() {
    return this.kept.notifications;
  }

  /** Whether 4/12 is written day first or month first; null where each is asked about. */
  get dateOrder() {
    return this.kept.date_order ?? null;
  }

  /** Asks the server. Raises ApiError. */
  async load() {
    this.take(await this.api.json("GET", PATH));
  }

  /**
   * Keeps what is to change and leaves the rest. Raises ApiError.
   *
   * @param {Kept} changes
   */
  async save(changes) {
    // As JSON, what is undefined is left out.
    const { timezone, notifications } = { ...this.kept, ...changes };
    const body = { timezone, notifications, date_order: changes.date_order };
    this.take(await this.api.json("PUT", PATH, { body }));
    this.onSaved();
  }

  /** @param {Kept} kept */
  take(kept) {
    this.kept = kept;
    if (kept.timezone && isZone(kept.timezone)) this.zone = kept.timezone;
  }
}
