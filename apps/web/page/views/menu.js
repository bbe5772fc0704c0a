// The bar's buttons, and the menu that one of them opens.

import { h } from "../dom.js";
import { icon } from "../icons.js";

/**
 * A button that shows a picture.
 *
 * @param {Parameters<typeof icon>[0]} name
 * @param {string} label
 * @param {import("../dom.js").Props<"button">} props
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
