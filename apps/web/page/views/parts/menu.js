// The bar's buttons, and the menu that one of them opens.

import { h } from "../../dom.js";
import { icon } from "../../icons.js";

/**
 * A button that shows a picture.
 *
 * @param {Parameters<typeof icon>[0]} name
 * @param {string} label
 * @param {import("../../dom.js").Props<"button">} props
 */
export function iconButton(name, label, props) {
  return h("button", { type: "button", class: "icon-button", "aria-label": label, ...props }, icon(name));
}

/**
 * The menu that the bar's button opens.
 *
 * @param {string} email
 * @param {[string, () => void][]} entries
 */
export function menuOf(email, entries) {
  const buttons = entries.map(([label, run]) => {
    const click = () => {
      menu.hidePopover();
      run();
    };
    return h("button", { type: "button", on: { click } }, label);
  });
  const menu = h("div", { id: "menu", class: "menu", popover: "auto" }, h("p", { class: "menu-user" }, email), buttons);
  return menu;
}

/** The name of the place. */
export function brand() {
  const mark = h("img", { src: "/static/icon.svg", alt: "", width: 26, height: 26 });
  return h("p", { class: "brand" }, mark, h("span", {}, "TaskFlow"));
}

/**
 * A link for the keyboard, past the bar.
 *
 * @param {string} label
 * @param {() => void} go
 */
export function skipLink(label, go) {
  const click = (/** @type {Event} */ event) => {
    event.preventDefault();
    go();
  };
  return h("a", { class: "skip", href: "#content", on: { click } }, label);
}
