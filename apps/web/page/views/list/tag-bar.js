// The bar of tags above the list: each with how many open tasks have it; a press shows only these.

import { find, h } from "../../dom.js";
import { tagCounts, tagKey } from "../../domain/tags.js";
import { inAddress, putInAddress } from "../../router.js";
import { strings } from "../../strings/index.js";

/** @import { Tagged } from "../../domain/tags.js" */

const words = strings.list;
const PARAMETER = "tag";
const MOST = 50;

/**
 * The bar; `onChange` is told that another tag was chosen. The address has the one that is.
 *
 * @param {{onChange: () => void}} needs
 */
export function tagBar({ onChange }) {
  const node = h("div", { class: "tag-bar", role: "group", "aria-label": words.tags, hidden: true });
  let chosen = tagKey(inAddress(PARAMETER));
  let drawn = "";

  /**
   * @param {string} key "" for all
   * @param {string} tag
   */
  function choose(key, tag) {
    chosen = key === chosen ? "" : key;
    putInAddress(PARAMETER, chosen && tag);
    onChange();
  }

  /**
   * @param {string} key
   * @param {string} tag
   * @param {number | null} open
   */
  function button(key, tag, open) {
    const count = open === null ? null : h("span", { class: "tag-count" }, String(open));
    return h(
      "button",
      {
        type: "button",
        class: "tag-chip",
        "aria-pressed": String(key === chosen),
        data: { key },
        on: { click: () => choose(key, tag) },
      },
      h("bdi", {}, tag),
      count,
    );
  }

  return {
    node,

    /** The key of the tag that is chosen; "" where none is. */
    chosen: () => chosen,

    /**
     * Shows only tasks with a tag; with "" all.
     *
     * @param {string} tag
     */
    choose(tag) {
      if (tagKey(tag) !== chosen) choose(tagKey(tag), tag);
    },

    /** @param {Tagged[]} tasks */
    draw(tasks) {
      const counts = tagCounts(tasks);
      const shown = counts.filter(({ key, open }, at) => key === chosen || (open > 0 && at < MOST));
      const key = JSON.stringify([chosen, shown]);
      if (key === drawn) return;
      drawn = key;
      const active = document.activeElement;
      const focused = active instanceof HTMLElement && node.contains(active) ? active.dataset.key : undefined;
      node.replaceChildren(button("", words.allTags, null), ...shown.map((one) => button(one.key, one.tag, one.open)));
      node.hidden = shown.length === 0 && !chosen;
      if (focused !== undefined) find(node, `[data-key="${CSS.escape(focused)}"]`, HTMLElement)?.focus();
    },
  };
}
