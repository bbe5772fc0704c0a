// What one person has typed and not sent yet, kept in this browser: it outlives the page, and goes when it is sent or
// when they sign out.

import * as device from "../device.js";

const MOST = 20;
const LONGEST = 20_000;
const DAYS = 30;
const DAY = 86_400_000;

/** @typedef {Record<string, {value: unknown, at: number}>} Kept By name: "line", "chat", "new" or a task's id. */

/** One person's drafts. */
export class Drafts {
  /** @param {{userId: string}} needs */
  constructor({ userId }) {
    /** @type {`drafts.${string}`} */
    this.place = `drafts.${userId}`;
  }

  /** @returns {Kept} */
  all() {
    try {
      const kept = JSON.parse(device.get(this.place) ?? "{}");
      return typeof kept === "object" && kept !== null ? kept : {};
    } catch (error) {
      if (error instanceof SyntaxError) return {};
      throw error;
    }
  }

  /**
   * What is kept under a name, as it was given; null where nothing is.
   *
   * @param {string} name
   */
  get(name) {
    const found = this.all()[name];
    return found && Date.now() - found.at < DAYS * DAY ? found.value : null;
  }

  /**
   * Keeps a value, in place of the one before; the oldest make room.
   *
   * @param {string} name
   * @param {unknown} value
   */
  set(name, value) {
    const { [name]: _, ...others } = this.all();
    const newest = Object.entries(others).sort(([, one], [, other]) => other.at - one.at);
    const kept = { ...Object.fromEntries(newest.slice(0, MOST - 1)), [name]: { value, at: Date.now() } };
    if (JSON.stringify(value).length <= LONGEST) device.set(this.place, JSON.stringify(kept));
  }

  /**
   * The text kept under a name; "" where none is.
   *
   * @param {string} name
   */
  text(name) {
    const value = this.get(name);
    return typeof value === "string" ? value : "";
  }

  /**
   * Keeps the text of a field, as long as there is one.
   *
   * @param {string} name
   * @param {string} text
   */
  keep(name, text) {
    if (text.trim()) this.set(name, text);
    else this.drop(name);
  }

  /** @param {string} name */
  drop(name) {
    const { [name]: dropped, ...others } = this.all();
    if (dropped) device.set(this.place, JSON.stringify(others));
  }

  clear() {
    device.remove(this.place);
  }
}
