// The line on top that adds a task: a title, one press for a near date, and the way to everything else.

import { h } from "../dom.js";
import { addDays, today } from "../domain/zones.js";
import { icon } from "../icons.js";
import { ApiError } from "../server/errors.js";

/**
 * @import { Clock } from "../domain/zones.js"
 * @import { Start } from "../sheets.js"
 * @import { TaskActions } from "../state/actions.js"
 */

const DAYS = /** @type {[string, number | null][]} */ ([
  ["No date", null],
  ["Today", 0],
  ["Tomorrow", 1],
  ["In a week", 7],
]);

/**
 * The line; `onDetails` opens the whole form with what was entered.
 *
 * @param {{actions: TaskActions, clock: Clock, onDetails: (start: Start) => void}} needs
 */
export function quickAdd({ actions, clock, onDetails }) {
  const input = h("input", {
    type: "text",
    class: "quick-input",
    "aria-label": "New task",
    placeholder: "Add a task",
    maxlength: 255,
    autocomplete: "off",
    enterkeyhint: "done",
  });
  const error = h("p", { class: "form-error", role: "alert", hidden: true });
  const due = DAYS.map(([label, days]) => {
    const radio = h("input", { type: "radio", name: "quick-due", value: days ?? "", checked: days === null });
    return { days, radio, node: h("label", { class: "chip" }, radio, h("span", {}, label)) };
  });
  const chips = due.map(({ node }) => node);
  const add = h("button", { type: "submit", class: "primary-button" }, "Add");
  const details = h("button", { type: "button", class: "quiet-button", on: { click: openDetails } }, "More…");
  const form = h(
    "form",
    { class: "quick", novalidate: true, on: { submit: send } },
    h("div", { class: "quick-line" }, icon("add"), input, h("kbd", { class: "quick-key", "aria-hidden": "true" }, "n")),
    h(
      "div",
      { class: "quick-more" },
      h("div", { class: "chips", role: "radiogroup", "aria-label": "Due" }, chips),
      h("div", { class: "quick-buttons" }, details, add),
    ),
    error,
  );
  input.addEventListener("input", () => {
    error.hidden = true;
  });
  form.addEventListener("focusin", () => form.classList.add("is-open"));
  form.addEventListener("focusout", () => {
    // Closing moves what is below: not between the press and the release of a button there, or its click would be lost.
    if (document.querySelector(":active")) addEventListener("pointerup", () => setTimeout(fold), { once: true });
    else setTimeout(fold);
  });
  input.addEventListener("keydown", (event) => {
    if (event.key === "Escape") {
      reset();
      input.blur();
    }
  });

  function fold() {
    if (input.value === "" && !form.contains(document.activeElement)) form.classList.remove("is-open");
  }

  function dueDate() {
    const days = due.find(({ radio }) => radio.checked)?.days ?? null;
    return days === null ? null : addDays(today(clock.now(), clock.zone), days);
  }

  function reset() {
    form.reset();
    error.hidden = true;
  }

  function openDetails() {
    const start = { title: input.value.trim(), due_date: dueDate() };
    reset();
    onDetails(start);
  }

  /** @param {Event} event */
  async function send(event) {
    event.preventDefault();
    const title = input.value.trim();
    if (!title || add.disabled) {
      input.focus();
      return;
    }
    add.disabled = true;
    const date = dueDate();
    try {
      await actions.create(date ? { title, due_date: date } : { title });
      reset();
    } catch (problem) {
      if (!(problem instanceof ApiError)) throw problem;
      error.textContent = problem.fields.get("title") ?? problem.message;
      error.hidden = false;
    } finally {
      add.disabled = false;
      input.focus();
    }
  }

  return { node: form, focus: () => input.focus() };
}
