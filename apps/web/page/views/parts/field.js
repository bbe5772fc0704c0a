// A labelled form field with room for a hint and for what the server says is wrong with it.

import { find, h, setAttribute, uniqueId } from "../../dom.js";

/**
 * @import { Child } from "../../dom.js"
 * @import { ApiError } from "../../server/errors.js"
 */

/** @typedef {{node: HTMLElement, input?: HTMLElement, setError: (text?: string) => void}} Field Where errors are shown. */

/**
 * A field: its input gets its label, and its error is read out with it.
 *
 * @template {HTMLElement} Input
 * @param {object} about
 * @param {string} about.label
 * @param {Input} about.input
 * @param {string} [about.hint]
 * @param {HTMLElement[]} [about.extra] stands beside the input
 * @param {string} [about.class]
 */
export function field({ label, input, hint = "", extra, class: className = "" }) {
  if (!input.id) input.id = uniqueId("field");
  const errorId = `${input.id}-error`;
  const hintId = `${input.id}-hint`;
  const error = h("p", { class: "field-error", id: errorId, hidden: true });
  const setError = (text = "") => {
    error.textContent = text;
    error.hidden = !text;
    setAttribute(input, "aria-invalid", text ? "true" : null);
    setAttribute(
      input,
      "aria-describedby",
      [hint ? hintId : "", text ? errorId : ""].filter(Boolean).join(" ") || null,
    );
  };
  const node = h(
    "div",
    { class: `field ${className}` },
    h("label", { for: input.id }, label),
    extra ? h("div", { class: "field-row" }, input, extra) : input,
    hint ? h("p", { class: "field-hint", id: hintId }, hint) : null,
    error,
  );
  setError();
  return { node, input, setError };
}

/**
 * A group of controls under one legend, with the same room for an error.
 *
 * @param {{legend: string, children: Child | Child[], class?: string}} about
 */
export function fieldGroup({ legend, children, class: className = "" }) {
  const errorId = uniqueId("group-error");
  const error = h("p", { class: "field-error", id: errorId, hidden: true });
  const node = h("fieldset", { class: `field ${className}` }, h("legend", {}, legend), children, error);
  const setError = (text = "") => {
    error.textContent = text;
    error.hidden = !text;
    setAttribute(node, "aria-describedby", text ? errorId : null);
  };
  return { node, setError };
}

/**
 * What of a field takes the focus.
 *
 * @param {Field} about
 */
export function focusable({ node, input }) {
  return input ?? find(node, "input, select, textarea, button", HTMLElement);
}

/**
 * Shows an ApiError where it belongs: at the fields it names, and what is left in `summary` (an element with
 * role="alert"). `fields` maps a field of the body to where its error belongs. The first field named gets the focus,
 * unless the person has moved it since (`isStill()` is false).
 *
 * @param {ApiError} error
 * @param {Map<string, Field>} fields
 * @param {HTMLElement} summary
 * @param {() => boolean} [isStill]
 */
export function showErrors(error, fields, summary, isStill = () => true) {
  const left = [];
  /** @type {HTMLElement | null} */
  let first = null;
  for (const { setError } of fields.values()) setError();
  for (const [name, text] of error.fields) {
    const found = fields.get(name);
    if (found) {
      found.setError(text);
      first ??= focusable(found);
    } else {
      left.push(name ? `${name}: ${text}` : text);
    }
  }
  const message = error.fields.size > 0 ? left.join(" ") : error.message;
  summary.textContent = message;
  summary.hidden = !message;
  if (isStill()) first?.focus();
}

/** Whether the focus is where it is now, or nowhere since what had it is switched off: asked later. */
export function watchFocus() {
  const before = document.activeElement;
  return () => document.activeElement === before || document.activeElement === document.body;
}

/** An empty place for a form's own errors. */
export function summaryLine() {
  return h("p", { class: "form-error", role: "alert", hidden: true });
}
