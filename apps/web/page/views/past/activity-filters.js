// Which of what happened is shown: of what kind, and from which days. The address has both.

import { h } from "../../dom.js";
import { addDays, instantOf, today } from "../../domain/zones.js";
import { strings } from "../../strings/later.js";
import { firstDayOfWeek } from "../../strings/locale.js";

/**
 * @import { Clock } from "../../domain/zones.js"
 * @import { Wanted } from "../../state/activity.js"
 */

/** @typedef {"today" | "week" | "days7" | "days30" | "all"} Range */

const words = strings.activity;
const { kinds, ranges } = words;

/** @type {[string, string, string][]} what the address calls it, its words, and the type of its events */
const KINDS = [
  ["all", kinds.all, ""],
  ["created", kinds.created, "task.created"],
  ["changed", kinds.changed, "task.updated"],
  ["done", kinds.done, "task.completed"],
  ["deleted", kinds.deleted, "task.deleted"],
  ["reminders", kinds.reminders, "task.reminder.triggered"],
];
const OWN = "days";
const USUAL = "week";
/** @type {[string, string][]} */
const RANGES = [
  ["today", ranges.today],
  ["week", ranges.week],
  ["days7", ranges.days7],
  ["days30", ranges.days30],
  ["all", ranges.all],
  [OWN, ranges.own],
];
const DAYS = /^(\d{4}-\d\d-\d\d)?_(\d{4}-\d\d-\d\d)?$/;

/**
 * The first day of a range; null where it has no beginning.
 *
 * @param {Range} range
 * @param {string} present
 */
function firstDay(range, present) {
  if (range === "all") return null;
  const weekday = new Date(`${present}T12:00Z`).getUTCDay() || 7;
  const back = { today: 0, week: (weekday - firstDayOfWeek() + 7) % 7, days7: 6, days30: 29 }[range];
  return addDays(present, -back);
}

/**
 * The filters, as the address has them; `onChange` is called when others were chosen.
 *
 * @param {object} needs
 * @param {Clock} needs.clock
 * @param {string} needs.kind the part of the address that says of what kind
 * @param {string} needs.range the part that says from which days: a range's name, or two days with _ between them
 * @param {() => void} needs.onChange
 */
export function activityFilters({ clock, kind, range, onChange }) {
  const kindSelect = select(words.kind, KINDS, changed);
  const rangeSelect = select(words.range, RANGES, changed);
  const from = dayField(words.from);
  const to = dayField(words.to);
  const days = h("div", { class: "filter-days" }, from.node, to.node);
  const node = h("div", { class: "filters" }, kindSelect, rangeSelect, days);
  const own = DAYS.exec(range);
  kindSelect.value = KINDS.some(([name]) => name === kind) ? kind : KINDS[0][0];
  rangeSelect.value = own ? OWN : RANGES.some(([name]) => name === range && name !== OWN) ? range : USUAL;
  from.input.value = own?.[1] ?? "";
  to.input.value = own?.[2] ?? "";
  days.hidden = !own;

  function changed() {
    const isOwn = rangeSelect.value === OWN;
    if (isOwn && days.hidden && !from.input.value && !to.input.value) {
      const present = today(clock.now(), clock.zone);
      from.input.value = firstDay(USUAL, present) ?? "";
      to.input.value = present;
    }
    days.hidden = !isOwn;
    onChange();
  }

  /** @param {string} label */
  function dayField(label) {
    const input = h("input", { type: "date", on: { change: changed } });
    return { input, node: h("label", {}, h("span", {}, label), input) };
  }

  /** The first and the last day that were chosen, in their order; "" for an open end. */
  function chosenDays() {
    const both = [from.input.value, to.input.value];
    return both[0] && both[1] && both[0] > both[1] ? both.reverse() : both;
  }

  return {
    node,

    /** @returns {Wanted} */
    wanted() {
      const present = today(clock.now(), clock.zone);
      const isOwn = rangeSelect.value === OWN;
      const [first, last] = isOwn ? chosenDays() : [firstDay(/** @type {Range} */ (rangeSelect.value), present), ""];
      return {
        kind: KINDS.find(([name]) => name === kindSelect.value)?.[2] ?? "",
        from: first ? instantOf(first, "00:00", clock.zone) : null,
        to: last ? instantOf(addDays(last, 1), "00:00", clock.zone) : null,
      };
    },

    /** Where the same is shown. */
    address() {
      const said = rangeSelect.value === OWN ? chosenDays().join("_") : rangeSelect.value;
      const isUsual = kindSelect.value === KINDS[0][0] && said === USUAL;
      return isUsual ? "/activity" : `/activity/${kindSelect.value}/${said}`;
    },
  };
}

/**
 * @param {string} label
 * @param {[string, string, string?][]} options
 * @param {() => void} onChange
 */
function select(label, options, onChange) {
  return h(
    "select",
    { "aria-label": label, on: { change: onChange } },
    options.map(([value, text]) => h("option", { value }, text)),
  );
}
