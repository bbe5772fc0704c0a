// Sheets have addresses, so that Back closes them and a link opens them: #/new, #/task/ID, #/task/ID/history, …

import { typeAhead } from "./type-ahead.js";

/** @typedef {{close: () => void, type?: (text: string) => void}} Sheet `type`: is handed what was typed before it came. */
/** @typedef {import("./sheets.js").Start} Start */

/** @typedef {{kind: "reset" | "email" | "invitation", secret: string}} Link What was mailed or printed: counts once. */

/** What is there to be typed in: what is typed before it has come is kept for it. */
const TAKE_TEXT = ["/find", "/chat"];

const LINK = /^#\/(reset|email|invitation)\/([\w-]{1,100})$/;

/**
 * The one-time link that an address is; null for all others. It stands behind the #, which no server is sent.
 *
 * @param {string} hash
 */
export function linkIn(hash) {
  const match = LINK.exec(hash);
  return match && /** @type {Link} */ ({ kind: match[1], secret: match[2] });
}

/**
 * A parameter of the address, which a link to what is seen has; "" where it is not there.
 *
 * @param {string} name
 */
export function inAddress(name) {
  return new URL(location.href).searchParams.get(name) ?? "";
}

/**
 * Puts a parameter into the address, or with "" takes it out; no step of its own for Back.
 *
 * @param {string} name
 * @param {string} value
 */
export function putInAddress(name, value) {
  const address = new URL(location.href);
  if (value) address.searchParams.set(name, value);
  else address.searchParams.delete(name);
  history.replaceState(history.state, "", address);
}

/**
 * Says in the address what a sheet shows by now: for loading again, for a link, and for who comes back to it. No step of
 * its own for Back.
 *
 * @param {string} path
 */
export function replaceAddress(path) {
  history.replaceState(history.state, "", `#${path}`);
}

/** Opens the sheet that an address names, and closes it when the address changes. */
export class Router {
  /**
   * @param {object} needs
   * @param {(path: string, start: Start | null, onClose: () => void) => Promise<Sheet | null>} needs.open opens the
   *   sheet of a path; null where the path is the list's. It calls `onClose` once the sheet is closed.
   */
  constructor({ open }) {
    this.open = open;
    /** @type {Sheet | null} */
    this.sheet = null;
    /** @type {object | null} */
    this.token = null;
    /** @type {(() => void) | null} what Back closes, and has no address */
    this.question = null;
    /** Where the question was asked. */
    this.asked = "";
    /** Settles when the page has gone back to where a sheet was opened from. */
    this.back = Promise.resolve();
    /** Ends what is typed ahead, and tells it. */
    this.typed = () => "";
    this.onPopState = () => this.popped();
  }

  /** Follows the address from now on. */
  start() {
    addEventListener("popstate", this.onPopState);
    this.follow();
  }

  /** Closes what is open and no longer follows the address. */
  stop() {
    removeEventListener("popstate", this.onPopState);
    this.closeSheet();
  }

  /**
   * Goes to a path; `start` is handed to what opens there, and not kept in the address.
   *
   * @param {string} path
   * @param {Start | null} [start]
   */
  go(path, start = null) {
    const close = this.question;
    this.question = null;
    const depth = history.state?.depth ?? 0;
    // Who goes on leaves the question, and its place is where they go.
    if (close) history.replaceState({ depth }, "", `#${path}`);
    else history.pushState({ depth: depth + 1 }, "", `#${path}`);
    close?.();
    this.follow(start);
  }

  /**
   * The sheet that was opened with `token` closed: goes back to where it was opened from.
   *
   * @param {object} token
   */
  closed(token) {
    if (token !== this.token) return;
    this.token = null;
    this.sheet = null;
    this.leave();
  }

  /**
   * Runs something once the page is back where a sheet was opened from.
   *
   * @param {() => void} run
   */
  settled(run) {
    this.back.then(run);
  }

  popped() {
    const close = this.question;
    this.question = null;
    close?.();
    // By a link the page may have gone on, rather than back.
    if (!close || location.hash !== this.asked) this.follow();
  }

  /**
   * A question that has no address: Back closes it, too, by `close`. Call what this returns once it is closed.
   *
   * @param {() => void} close
   */
  hold(close) {
    let isOpen = true;
    // A sheet that closed just before is still on its way back.
    this.back.then(() => {
      if (!isOpen) return;
      history.pushState({ depth: (history.state?.depth ?? 0) + 1 }, "");
      this.question = close;
      this.asked = location.hash;
    });
    return () => {
      isOpen = false;
      if (this.question !== close) return;
      this.question = () => {};
      history.back();
    };
  }

  /** Leaves what is at this address, for where it was opened from. */
  leave() {
    if (history.state?.depth) {
      this.back = new Promise((/** @type {(none: void) => void} */ resolve) =>
        addEventListener("popstate", () => resolve(), { once: true }),
      );
      history.back();
    } else {
      history.replaceState(null, "", "#/");
      this.follow();
    }
  }

  /** @param {Start | null} start */
  async follow(start = null) {
    this.closeSheet();
    const token = {};
    this.token = token;
    const path = location.hash.slice(1) || "/";
    if (TAKE_TEXT.includes(path)) this.typed = typeAhead(() => this.leave());
    /** @type {Sheet | null} */
    let sheet = null;
    try {
      sheet = await this.open(path, start, () => this.closed(token));
    } catch (error) {
      if (this.token === token) this.typed();
      throw error;
    }
    if (this.token !== token) return sheet?.close();
    this.sheet = sheet;
    const text = this.typed();
    if (text) sheet?.type?.(text);
  }

  closeSheet() {
    this.token = null;
    this.sheet?.close();
    this.sheet = null;
    this.typed();
    this.typed = () => "";
  }
}
