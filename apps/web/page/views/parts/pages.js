// What a list that comes page by page has around it: a line that says how it stands, and a button for more.

import { h, setText } from "../../dom.js";
import { ApiError } from "../../server/errors.js";

/**
 * @template Item
 * @typedef {object} Shown A page that has come.
 * @property {Item[]} items
 * @property {boolean} anew whether the list begins with them
 * @property {boolean} last whether nothing comes after them
 * @property {AbortSignal} signal aborted as soon as the list begins anew, or goes
 */

/**
 * Nothing is asked for before `begin`.
 *
 * @template Item
 * @param {object} needs
 * @param {(path: string, signal: AbortSignal) => Promise<{items: Item[], next: string | null}>} needs.ask raises ApiError
 * @param {(page: Shown<Item>) => void | Promise<void>} needs.show puts it into the list; raises ApiError
 * @param {{loading: string, more: string, again: string}} needs.words `again` is the button's where a page failed
 */
export function pages({ ask, show, words }) {
  const status = h("p", { class: "loading", role: "status", tabindex: -1 }, words.loading);
  const more = h(
    "button",
    { type: "button", class: "quiet-button", hidden: true, on: { click: () => load(false) } },
    words.more,
  );
  /** @type {string | null} */
  let next = null;
  let asking = new AbortController();

  /** @param {string} text */
  function say(text) {
    setText(status, text);
    status.hidden = text === "";
  }

  /** @param {unknown} error */
  function failed(error) {
    if (!(error instanceof ApiError)) throw error;
    say(error.message);
  }

  /**
   * The list from its first page on.
   *
   * @param {string} path
   */
  function begin(path) {
    stop();
    asking = new AbortController();
    next = path;
    return load(true);
  }

  /** What is under way is not shown any more. */
  function stop() {
    asking.abort();
  }

  /** @param {boolean} anew */
  async function load(anew) {
    if (next === null) return;
    const { signal } = asking;
    more.disabled = true;
    try {
      const page = await ask(next, signal);
      if (signal.aborted) return;
      next = page.next;
      more.hidden = next === null;
      setText(more, words.more);
      await show({ items: page.items, anew, last: next === null, signal });
    } catch (error) {
      if (signal.aborted) return;
      failed(error);
      setText(more, words.again);
      more.hidden = false;
    } finally {
      more.disabled = false;
    }
  }

  return { status, more, say, failed, begin, stop };
}
