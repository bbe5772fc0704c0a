// What a person did last and can still take back: by the message about it, or by a key.

import { strings } from "../strings/index.js";

/** @import { Told } from "./changes.js" */

/** @typedef {{run: () => unknown, forget: () => void}} Entry One thing that was done. */

const SECONDS = 8;
const MOST = 50;
const words = strings.undo;

/** The last things done, the newest last. */
export class Undo {
  /** @param {(told: Told) => (() => void)} tell shows a message; returns what takes it away */
  constructor(tell) {
    this.tell = tell;
    /** @type {Entry[]} */
    this.entries = [];
  }

  /**
   * Says what was done, with the way back; `run` is called once at most.
   *
   * @param {string} text
   * @param {() => unknown} run
   * @param {number} [seconds] how long the message stays; the key works on
   * @param {{label: string, run: () => void}[]} [also] what else can be done about it
   */
  offer(text, run, seconds = SECONDS, also = []) {
    /** @type {Entry} */
    const entry = { run, forget: () => this.forget(entry, close) };
    const actions = [{ label: words.undo, run: () => this.take(entry) }, ...also];
    const close = this.tell({ text, seconds, key: "undo", actions });
    this.entries.push(entry);
    if (this.entries.length > MOST) this.entries.shift();
    return entry;
  }

  /** Takes back what was done last. */
  last() {
    const entry = this.entries.at(-1);
    if (entry) this.take(entry);
    else this.tell({ text: words.nothing, key: "undo" });
  }

  /** @param {Entry} entry */
  take(entry) {
    if (!this.entries.includes(entry)) return;
    entry.forget();
    entry.run();
  }

  /**
   * @param {Entry} entry
   * @param {() => void} close
   */
  forget(entry, close) {
    this.entries = this.entries.filter((one) => one !== entry);
    close();
  }
}
