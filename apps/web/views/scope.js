// Which tasks of a repeat a change or a deletion is for.

import { h } from "../dom.js";
import { fieldGroup } from "./field.js";
import { openSheet } from "./sheet.js";

const SCOPES = [
  ["this", "Only this one"],
  ["following", "This and the following"],
  ["all", "All that are not past"],
];

/**
 * Radio buttons; `value()` is "this", "following" or "all". How a task repeats is never one occurrence's: with
 * `withRule(true)` "this" cannot be chosen.
 */
export function scopeField({ question }) {
  const choices = SCOPES.map(([value, label]) =>
    h("label", { class: "chip" }, h("input", { type: "radio", name: "scope", value, checked: value === "this" }), h("span", {}, label)),
  );
  const { node } = fieldGroup({ legend: question, children: h("div", { class: "chips" }, choices) });
  const option = (value) => node.querySelector(`input[value="${value}"]`);
  function withRule(changed) {
    if (changed && option("this").checked) option("following").checked = true;
    option("this").disabled = changed;
  }
  return { node, withRule, value: () => node.querySelector("input:checked").value };
}

/** Asks which ones to delete; `onChoice(scope)` when confirmed. */
export function askScope({ app, task, onChoice }) {
  const scope = scopeField({ question: "Delete" });
  const confirm = h("button", { type: "button", class: "primary-button danger", on: { click: () => { sheet.close(); onChoice(scope.value()); } } }, "Delete");
  const sheet = openSheet({
    title: `Delete “${task.title}”?`,
    body: [h("p", {}, "This task repeats. What is past or done stays as it is."), scope.node],
    footer: [h("span", { class: "spring" }), h("button", { type: "button", class: "quiet-button", on: { click: () => sheet.close() } }, "Cancel"), confirm],
    toaster: app.toaster,
  });
  scope.node.querySelector("input:checked").focus();
  return sheet;
}
