// The frame of what is shown to somebody who is not, or not yet, at their tasks.

import { h } from "../../dom.js";
import { strings } from "../../strings/index.js";

/** @import { Child } from "../../dom.js" */

/**
 * The name of the place, a notice where there is one, and a card.
 *
 * @param {{card: Child | Child[], notice?: string}} parts
 */
export function entrance({ card, notice = "" }) {
  return h(
    "main",
    { class: "sign-in" },
    h(
      "p",
      { class: "brand brand-large" },
      h("img", { src: "/static/icon.svg", alt: "", width: 40, height: 40 }),
      "TaskFlow",
    ),
    notice ? h("p", { class: "notice", role: "status" }, notice) : null,
    h("div", { class: "card" }, card),
    h("p", { class: "sign-in-foot" }, strings.brand.tagline),
  );
}

/**
 * The line below a card's form by which one goes elsewhere.
 *
 * @param {string} label
 * @param {() => void} click
 */
export function elsewhere(label, click) {
  return h(
    "p",
    { class: "sign-in-other" },
    h("button", { type: "button", class: "link-button", on: { click } }, label),
  );
}
