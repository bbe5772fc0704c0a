// Which tasks of a repeat a change or a deletion is for.

import { find, h } from "../../dom.js";
import { strings } from "../../strings/index.js";
import { fieldGroup } from "../parts/field.js";
import { openSheet } from "../parts/sheet.js";

/**
 * @import { Toaster } from "../../notices/toaster.js"
 * @import { Scope } from "../../state/task-calls.js"
 * @import { Task } from "../../state/tasks.js"
 */

/** @type {[Scope, string][]} */
const SCOPES = [
  ["this", strings.scope.this],
  ["following", strings.scope.following],
  ["all", strings.scope.all],
];

/**
 * Radio buttons. How a task repeats is never one occurrence's: with `withRule(true)` "this" cannot be chosen.
 *
 * @param {{question: string}} about
 */
export function scopeField({ question }) {
  const choices = SCOPES.map(([value, label]) => {
    const input = h("input", { type: "radio", name: "scope", value, checked: value === "this" });
    return { value, input, node: h("label", { class: "chip" }, input, h("span", {}, label)) };
  });
  const chips = h(
    "div",
    { class: "chips" },
    choices.map((choice) => choice.node),
  );
  const { node } = fieldGroup({ legend: question, children: chips });
  const [justThis, following] = choices.map((choice) => choice.input);
  const value = () => choices.find((choice) => choice.input.checked)?.value ?? "this";

  /** @param {boolean} changed */
  function withRule(changed) {
    if (changed && justThis.checked) following.checked = true;
    justThis.disabled = changed;
  }

  return { node, withRule, value };
}

/**
 * Asks which ones to delete; `onChoice(scope)` when confirmed.
 *
 * @param {{hold: (close: () => void) => () => void, toaster: Toaster, task: Task, onChoice: (scope: Scope) => void}} needs
 */
export function askScope({ hold, toaster, task, onChoice }) {
  const scope = scopeField({ question: strings.scope.delete });
  const choose = () => {
    sheet.close();
    onChoice(scope.value());
  };
  const cancel = () => sheet.close();
  const sheet = openSheet({
    title: strings.scope.deleteIt(task.title),
    body: [h("p", {}, strings.scope.about), scope.node],
    footer: [
      h("span", { class: "spring" }),
      h("button", { type: "button", class: "quiet-button", on: { click: cancel } }, strings.sheet.cancel),
      h("button", { type: "button", class: "primary-button danger", on: { click: choose } }, strings.scope.delete),
    ],
    toaster,
    onClose: () => released(),
  });
  const released = hold(() => sheet.close());
  find(scope.node, "input:checked", HTMLInputElement)?.focus();
  return sheet;
}
