// A list that the server gives page by page, each entry with a button that ends it.

import { find, h, setText } from "../../dom.js";
import { nextPage } from "../../server/api.js";
import { ApiError, hasStatus } from "../../server/errors.js";
import { strings } from "../../strings/later.js";
import { pages } from "../parts/pages.js";

/**
 * @import { Child } from "../../dom.js"
 * @import { Api } from "../../server/api.js"
 */

/**
 * The list, its first page on the way.
 *
 * @template {object} Item
 * @param {object} about
 * @param {Api} about.api
 * @param {string} about.path of the list; an entry is below it
 * @param {(item: Item) => {name: string, title?: string, details: string[], end: string | null, sure?: string}} about.words
 *   what is said of one; `end` is what its button says, null without one; `sure` has it be pressed twice
 * @param {string} about.empty is said where there is none
 */
export function entryList({ api, path, words, empty }) {
  const list = h("ul", { class: "entries" });
  const { status, more, say, begin } = pages({
    ask: async (page) => {
      /** @type {import("../../server/api.js").Answer<{items: Item[]}>} */
      const { body, headers } = await api.request("GET", page);
      return { items: body.items, next: nextPage(headers) };
    },
    show: ({ items }) => {
      list.append(...items.map(entry));
      say(list.childElementCount === 0 ? empty : "");
    },
    words: { loading: strings.entries.loading, more: strings.entries.more, again: strings.entries.tryAgain },
  });

  /**
   * @param {Item} item
   * @returns {HTMLElement}
   */
  function entry(item) {
    const { name, title, details, end, sure } = words(item);
    /** @type {HTMLElement} */
    const row = h(
      "li",
      { class: "entry" },
      h(
        "div",
        { class: "entry-text" },
        h("p", { class: "entry-name", title }, name),
        details.map((detail) => h("p", { class: "entry-detail" }, detail)),
      ),
      end === null ? null : endButton({ end, sure, name, run: () => remove("id" in item ? String(item.id) : "", row) }),
    );
    return row;
  }

  /**
   * @param {string} id
   * @param {HTMLElement} row
   */
  async function remove(id, row) {
    try {
      await api.json("DELETE", `${path}/${encodeURIComponent(id)}`);
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      // What has ended by itself need not be ended.
      if (!hasStatus(error, 404)) return say(error.message);
    }
    const beside = row.nextElementSibling ?? row.previousElementSibling;
    row.remove();
    say(list.childElementCount === 0 ? empty : "");
    (beside && find(beside, "button", HTMLElement))?.focus();
    if (beside === null) status.focus();
  }

  begin(path);
  /** @type {Child[]} */
  const nodes = [status, list, more];
  return nodes;
}

/**
 * A button that ends what its row is about; with `sure` at the second press.
 *
 * @param {{end: string, sure?: string, name: string, run: () => Promise<void>}} about
 */
export function endButton({ end, sure, name, run }) {
  let asked = sure === undefined;
  const button = h("button", { type: "button", class: "quiet-button danger", on: { click: press, blur: forget } }, end);
  label(end);

  /** @param {string} text */
  function label(text) {
    setText(button, text);
    button.setAttribute("aria-label", strings.entries.end(text, name));
  }

  async function press() {
    if (!asked && sure !== undefined) {
      asked = true;
      return label(sure);
    }
    button.disabled = true;
    await run();
    button.disabled = false;
  }

  function forget() {
    if (sure === undefined || button.disabled) return;
    asked = false;
    label(end);
  }

  return button;
}
