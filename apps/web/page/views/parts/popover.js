// A small menu beside what opened it. It closes by Escape and a press elsewhere.

import { find } from "../../dom.js";

const MARGIN = 8;

/**
 * Opens a popover beside an element, its first control in focus; closed, it gives the focus back and is gone.
 *
 * @param {HTMLElement} menu
 * @param {HTMLElement} beside
 */
export function openBeside(menu, beside) {
  menu.addEventListener("toggle", (event) => {
    if (event.newState !== "closed") return;
    menu.remove();
    if (beside.isConnected && document.activeElement === document.body) beside.focus();
  });
  (document.querySelector("main") ?? document.body).append(menu);
  menu.showPopover();
  place(menu, beside);
  find(menu, "button, input", HTMLElement)?.focus();
}

/**
 * Below the element where there is room, else above it; never out of view.
 *
 * @param {HTMLElement} menu
 * @param {HTMLElement} beside
 */
function place(menu, beside) {
  const at = beside.getBoundingClientRect();
  const { offsetWidth: width, offsetHeight: height } = menu;
  const below = at.bottom + MARGIN + height <= innerHeight;
  const top = below ? at.bottom + MARGIN : Math.max(MARGIN, at.top - MARGIN - height);
  const left = Math.min(Math.max(MARGIN, at.right - width), innerWidth - width - MARGIN);
  Object.assign(menu.style, { position: "fixed", inset: "auto", top: `${top}px`, left: `${left}px`, margin: "0" });
}
