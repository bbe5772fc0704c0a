// What one person has typed and not sent yet, kept in this browser: it outlives the page, and goes when it is sent or
// when they sign out.

import * as device from "../device.js";
import { newKey } from "../server/api.js";
import { tabLock } from "./living-tabs.js";

const MOST = 20;
const LONGEST = 60_000;
const DAYS = 30;
const DAY = 86_400_000;
/** A tab that is loaded anew may be gone a moment after the new one is there. */
const A_MOMENT = 2_000;

/** @typedef {Record<string, {value: unknown, at: number}>} Kept By name: "line", "chat", "new" or a task's id. */
/** @typedef {{key: string, tab: string, value: unknown}} Held What is typed or on its way, and in which tab. */

/** One person's drafts. */
export class Drafts {
  /** @param {{userId: string, tab: string}} needs */
  constructor({ userId, tab }) {
    /** @type {`drafts.${string}`} */
    this.place = `drafts.${userId}`;
    this.tab = tab;
    this.over = false;
  }

  /** @returns {Kept} */
  all() {
    if (this.over) return {};
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
    if (!this.over && JSON.stringify(value).length <= LONGEST) device.set(this.place, JSON.stringify(kept));
  }

  /** @param {string} name */
  drop(name) {
    const { [name]: dropped, ...others } = this.all();
    if (dropped) device.set(this.place, JSON.stringify(others));
  }

  /**
   * What is kept as several under a name.
   *
   * @param {string} name
   * @returns {any[]}
   */
  list(name) {
    const value = this.get(name);
    // An earlier version of the page kept one text for all tabs.
    if (typeof value === "string") return [{ key: "", tab: "", value }];
    return Array.isArray(value) ? value : [];
  }

  /**
   * Keeps several under a name, as long as there are some.
   *
   * @param {string} name
   * @param {unknown[]} values
   */
  setList(name, values) {
    if (values.length > 0) this.set(name, values);
    else this.drop(name);
  }

  /**
   * Keeps the text of this tab's field, as long as there is one. The field of another tab is another one: `recall` hands
   * its text over when that tab is gone.
   *
   * @param {string} name
   * @param {string} text
   */
  keep(name, text) {
    const others = this.list(name).filter((/** @type {Held} */ one) => one.key !== this.tab);
    const mine = text.trim() ? [{ key: this.tab, tab: this.tab, value: text }] : [];
    this.setList(name, [...others, ...mine]);
  }

  /**
   * Hands over the texts of closed tabs' fields; of those that are open now, only at another visit.
   *
   * @param {string} name
   * @param {(text: string) => void} take
   */
  recall(name, take) {
    this.left(name, take, A_MOMENT);
  }

  /**
   * Keeps what is sent beside others of its name until what this returns is called; what a page that closes before
   * has left, `left` finds.
   *
   * @param {string} name
   * @param {unknown} value
   */
  hold(name, value) {
    const key = newKey();
    this.setList(name, [...this.list(name), { key, tab: this.tab, value }]);
    return () => {
      const held = this.list(name);
      const others = held.filter((/** @type {Held} */ one) => one.key !== key);
      if (others.length < held.length) this.setList(name, others);
    };
  }

  /**
   * Hands over what pages that are gone have left; what others leave, once they are gone.
   *
   * @param {string} name
   * @param {(value: any) => void} take
   * @param {number} [patience] milliseconds after which what others leave is left for the next visit
   */
  left(name, take, patience) {
    const signal = patience === undefined ? undefined : AbortSignal.timeout(patience);
    for (const tab of new Set(this.list(name).map((/** @type {Held} */ one) => one.tab))) {
      if (tab === this.tab) continue;
      const gone = () => {
        const held = this.list(name);
        const theirs = held.filter((/** @type {Held} */ one) => one.tab === tab);
        if (theirs.length === 0) return;
        this.setList(
          name,
          held.filter((/** @type {Held} */ one) => one.tab !== tab),
        );
        for (const { value } of theirs) take(value);
      };
      if (navigator.locks) navigator.locks.request(tabLock(tab), { signal }, gone).catch(ignoreTimeout);
      else gone();
    }
  }

  /** Nothing is kept any more, nor found: the session is over. What is kept by then stays. */
  stop() {
    this.over = true;
  }

  clear() {
    device.remove(this.place);
  }
}

/** @param {unknown} error */
function ignoreTimeout(error) {
  if (!(error instanceof DOMException && error.name === "TimeoutError")) throw error;
}
