// A small menu that moves tasks to a near date, or to any.

import { h } from "../../dom.js";
import { addDays, today, weekday } from "../../domain/zones.js";
import { strings } from "../../strings/index.js";
import { openBeside } from "../parts/popover.js";

/** @import { Clock } from "../../domain/zones.js" */

const words = strings.moving;

/**
 * Opens the menu beside an element; `onChoose` is told the date, null for none. It closes by Escape and a press elsewhere.
 *
 * @param {{beside: HTMLElement, clock: Clock, onChoose: (date: string | null) => void}} needs
 */
export function openReschedule({ beside, clock, onChoose }) {
  const present = today(clock.now(), clock.zone);
  const choose = (/** @type {string | null} */ date) => {
    menu.hidePopover();
    onChoose(date);
  };
  const entry = (/** @type {string} */ label, /** @type {string | null} */ date) =>
    h("button", { type: "button", on: { click: () => choose(date) } }, label);
  const date = h("input", { type: "date", min: present, "aria-label": words.date });
  const set = h("button", { type: "submit", class: "quiet-button" }, words.set);
  const submit = (/** @type {Event} */ event) => {
    event.preventDefault();
    if (date.value) choose(date.value);
  };
  const menu = h(
    "div",
    { class: "menu reschedule", popover: "auto", role: "dialog", "aria-label": words.title },
    entry(words.today, present),
    entry(words.tomorrow, addDays(present, 1)),
    entry(words.nextWeek, addDays(present, 7 - weekday(present))),
    entry(words.noDate, null),
    h("form", { class: "field-row", on: { submit } }, date, set),
  );
  openBeside(menu, beside);
}
