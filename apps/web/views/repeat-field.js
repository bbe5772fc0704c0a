// The part of the task form that says how a task repeats, with its next dates as one chooses.

import { h } from "../dom.js";
import { KINDS, WEEKDAYS, formatPattern, parsePattern, weekdayOf } from "../repeat.js";
import { shortDate, today } from "../when.js";
import { field, fieldGroup } from "./field.js";

const MODES = [
  ["fixed", "On its dates"],
  ["after_completion", "Counted from when it is done"],
];
const TYPING_PAUSE = 250;
const SHOWN = 5;

/**
 * Fields for a pattern and its end. `due()` gives `{date, value}`: the local date, and the due date as the server
 * reads it. Returns `{node, fields, value(), refresh()}`: `fields` by the server's names, `value()` what to send.
 */
export function repeatField({ app, task, due }) {
  const choice = parsePattern(task.recurrence_pattern);
  const kind = field({
    label: "Repeat",
    input: h("select", {}, KINDS.map(([value, label]) => h("option", { value, selected: value === choice.kind }, label))),
  });
  const days = WEEKDAYS.map(([value, label]) => {
    const input = h("input", { type: "checkbox", value, checked: choice.days.includes(value) });
    return h("label", { class: "chip" }, input, h("span", {}, h("span", { "aria-hidden": "true" }, label.slice(0, 2)), h("span", { class: "visually-hidden" }, label)));
  });
  const daysGroup = fieldGroup({ legend: "On", children: h("div", { class: "chips weekdays" }, days), class: "repeat-part" });
  const dayOfMonth = field({
    label: "Day of the month",
    input: h("input", { type: "number", min: 1, max: 31, inputmode: "numeric", value: choice.day ?? "" }),
    hint: "In a shorter month, its last day.",
    class: "repeat-part narrow",
  });
  const every = field({
    label: "Every … days",
    input: h("input", { type: "number", min: 1, max: 999, inputmode: "numeric", value: choice.every }),
    class: "repeat-part narrow",
  });
  const rule = field({
    label: "Rule",
    input: h("input", { type: "text", value: choice.rule, spellcheck: "false", autocapitalize: "off", placeholder: "RRULE:FREQ=MONTHLY;BYDAY=2TU" }),
    hint: "RFC 5545, for example the second Tuesday: RRULE:FREQ=MONTHLY;BYDAY=2TU",
    class: "repeat-part",
  });
  const until = field({
    label: "Until (optional)",
    input: h("input", { type: "date", value: task.recurrence_end_date ?? "" }),
    class: "repeat-part narrow",
  });
  const mode = field({
    label: "The next one comes",
    input: h("select", {}, MODES.map(([value, label]) => h("option", { value, selected: value === task.recurrence_mode }, label))),
    class: "repeat-part",
  });
  const preview = h("p", { class: "repeat-preview", "aria-live": "polite" });
  const parts = new Map([
    ["weekly", daysGroup],
    ["monthly", dayOfMonth],
    ["days", every],
    ["custom", rule],
  ]);
  let timer = 0;
  let asked = 0;

  function current() {
    return {
      kind: kind.input.value,
      days: days.map((label) => label.querySelector("input")).filter((input) => input.checked).map((input) => input.value),
      day: Number.parseInt(dayOfMonth.input.value, 10) || null,
      every: Number.parseInt(every.input.value, 10) || 1,
      rule: rule.input.value,
    };
  }

  function pattern() {
    const chosen = current();
    if (chosen.kind === "custom" && chosen.rule.trim() === "") return null;
    return formatPattern(chosen, due().date);
  }

  function showParts() {
    const chosen = kind.input.value;
    for (const [name, part] of parts) part.node.hidden = name !== chosen;
    until.node.hidden = chosen === "";
    mode.node.hidden = chosen === "";
    preview.hidden = chosen === "";
  }

  /** Fills in from the due date what was left open, so that the form shows what will be sent. */
  function suggest() {
    const { date } = due();
    if (!date) return;
    if (kind.input.value === "weekly" && current().days.length === 0) {
      for (const label of days) {
        const input = label.querySelector("input");
        input.checked = input.value === weekdayOf(date);
      }
    }
    if (kind.input.value === "monthly" && !dayOfMonth.input.value) dayOfMonth.input.value = String(Number(date.slice(8, 10)));
  }

  function refresh() {
    showParts();
    clearTimeout(timer);
    timer = setTimeout(ask, TYPING_PAUSE);
  }

  async function ask() {
    asked += 1;
    const turn = asked;
    const text = pattern();
    const { date, value } = due();
    if (!text) return say(kind.input.value === "custom" ? "" : null);
    if (!date) return say("Choose a due date: the repeat begins there.");
    try {
      const query = { pattern: text, timezone: task.recurrence_timezone ?? app.zone, start: value, end_date: until.input.value, count: SHOWN + 1 };
      const { items } = await app.api.json("GET", "/api/v1/recurrence/preview", { query });
      if (turn !== asked) return;
      wrong("");
      until.setError("");
      say(nextDates(items, today(app.now(), app.zone)));
    } catch (error) {
      if (turn !== asked) return;
      if (error.name !== "ApiError") throw error;
      say("");
      if (error.status !== 422) return;
      until.setError(error.fields.get("end_date") ?? "");
      wrong(error.fields.get("pattern") ?? "");
    }
  }

  function say(text) {
    preview.textContent = text ?? "";
  }

  /** What is wrong with the pattern stands at the part in which it was entered. */
  function wrong(text) {
    for (const part of [kind, ...parts.values()]) part.setError("");
    (parts.get(kind.input.value) ?? kind).setError(text);
  }

  const node = h("div", { class: "repeat" }, kind.node, [...parts.values()].map((part) => part.node), h("div", { class: "repeat-pair" }, mode.node, until.node), preview);
  node.addEventListener("input", () => {
    suggest();
    refresh();
  });
  showParts();
  if (choice.kind) refresh();
  return {
    node,
    fields: new Map([
      ["recurrence_pattern", { node: kind.node, setError: wrong, get input() { return (parts.get(kind.input.value) ?? kind).input ?? kind.input; } }],
      ["recurrence_end_date", until],
      ["recurrence_mode", mode],
    ]),
    value: () => {
      suggest();
      const text = pattern();
      const chosen = text ? { recurrence_mode: mode.input.value } : {};
      return { recurrence_pattern: text, recurrence_end_date: text ? until.input.value || null : null, ...chosen };
    },
    chosen: () => kind.input.value !== "",
    refresh,
  };
}

/** The next dates as a sentence; one more than are shown tells whether there are more. */
function nextDates(items, present) {
  if (items.length === 0) return "This never comes.";
  const shown = items.slice(0, SHOWN).map((item) => shortDate(item.occurrence_date, present));
  return `Next: ${shown.join(" · ")}${items.length > SHOWN ? " …" : " (the last)"}`;
}
