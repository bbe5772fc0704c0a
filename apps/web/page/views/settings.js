// What a person prefers: the zone their times are in, how they write dates, what is sent to this page, how it reacts to
// keys.

import { h } from "../dom.js";
import { browserZone, zoneLabel } from "../domain/zones.js";
import { shortcutsWanted, wantShortcuts } from "../keys.js";
import { canNotify, setNotifications, wantsNotifications } from "../notices/desktop.js";
import { ApiError } from "../server/errors.js";
import { field, fieldGroup, showErrors, summaryLine, watchFocus } from "./field.js";
import { openSheet } from "./sheet.js";

/**
 * @import { Preferences as Kept } from "../../types/chat-api.js"
 * @import { Toaster } from "../notices/toaster.js"
 * @import { Preferences } from "../state/preferences.js"
 * @import { Field } from "./field.js"
 */

/** @typedef {NonNullable<Kept["notifications"]>} Notifications */

/**
 * Opens them; what the server keeps is saved with the button, what this browser keeps at once.
 *
 * @param {{preferences: Preferences, email: string, toaster: Toaster, onClose: () => void}} needs
 */
export function openSettings({ preferences, email, toaster, onClose }) {
  const own = browserZone();
  const known = Intl.supportedValuesOf ? Intl.supportedValuesOf("timeZone") : [];
  const zones = [...new Set([preferences.zone, own, "UTC", ...known])].sort();
  const options = zones.map((name) =>
    h("option", { value: name, selected: name === preferences.zone }, zoneLabel(name)),
  );
  const zone = field({
    label: "Time zone",
    input: h("select", {}, options),
    hint: "Due dates, reminders and what counts as today follow it.",
  });
  const takeOwn = () => {
    zone.input.value = own;
    followZone();
  };
  const words = `Use this device’s: ${zoneLabel(own)}`;
  const useOwn = h("button", { type: "button", class: "link-button", on: { click: takeOwn } }, words);
  zone.input.addEventListener("change", followZone);
  const order = orderField(preferences.dateOrder);
  const followed = notificationsField(preferences.notifications);
  const summary = summaryLine();
  const save = h("button", { type: "submit", class: "primary-button", form: "settings-form" }, "Save");
  const props = { id: "settings-form", novalidate: true, on: { submit: send } };
  const form = h("form", props, zone.node, useOwn, order.node, followed.node, summary);
  const cancel = () => sheet.close();
  const sheet = openSheet({
    title: "Settings",
    body: [form, h("hr"), deviceSettings()],
    footer: [
      h("span", { class: "user", title: email }, email),
      h("span", { class: "spring" }),
      h("button", { type: "button", class: "quiet-button", on: { click: cancel } }, "Cancel"),
      save,
    ],
    toaster,
    onClose,
  });
  followZone();

  function followZone() {
    useOwn.hidden = zone.input.value === own;
  }

  /** @param {Event} event */
  async function send(event) {
    event.preventDefault();
    const isStill = watchFocus();
    save.disabled = true;
    try {
      await preferences.save({
        timezone: zone.input.value,
        notifications: followed.value(),
        date_order: ORDERS[order.input.selectedIndex][0],
      });
      sheet.close();
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      showErrors(
        error,
        new Map(
          /** @type {[string, Field][]} */ ([
            ["timezone", zone],
            ["notifications", followed],
            ["date_order", order],
          ]),
        ),
        summary,
        isStill,
      );
    } finally {
      save.disabled = false;
    }
  }

  return sheet;
}

/** @type {[Kept["date_order"] & string | null, string][]} */
const ORDERS = [
  [null, "Ask me which it is"],
  ["dmy", "Day first: 4/12 is 4 December"],
  ["mdy", "Month first: 4/12 is April 12"],
];

/** @param {"dmy" | "mdy" | null} current */
function orderField(current) {
  const options = ORDERS.map(([value, label]) =>
    h("option", { value: value ?? "", selected: value === current }, label),
  );
  return field({
    label: "Dates that you type as 4/12",
    input: h("select", {}, options),
    hint: "For the line that adds a task, and for the chat.",
  });
}

/** @type {["all" | "reminders" | "none" | "some", string][]} */
const CHOICES = [
  ["all", "All changes and reminders"],
  ["reminders", "Reminders only"],
  ["none", "Nothing"],
  ["some", "Only these"],
];
/** @type {[Extract<Notifications, string[]>[number], string][]} */
const TYPES = [
  ["task.reminder.triggered", "Reminders"],
  ["task.created", "New tasks"],
  ["task.updated", "Edits"],
  ["task.completed", "Done"],
  ["task.deleted", "Deletions"],
];

/** @param {Notifications} current */
function notificationsField(current = "all") {
  const chosen = Array.isArray(current) ? "some" : current;
  const radios = CHOICES.map(([value, label]) => {
    const input = h("input", { type: "radio", name: "notifications", value, checked: value === chosen });
    return { value, input, node: h("label", { class: "choice" }, input, label) };
  });
  const types = TYPES.map(([value, label]) => {
    const checked = !Array.isArray(current) || current.includes(value);
    const input = h("input", { type: "checkbox", value, checked });
    return { value, input, node: h("label", { class: "chip" }, input, h("span", {}, label)) };
  });
  const chips = types.map((type) => type.node);
  const some = h("div", { class: "chips", role: "group", "aria-label": "Which ones" }, chips);
  const hint = "Changes that are not sent appear when you come back to the page.";
  const { node, setError } = fieldGroup({
    legend: "Sent to your open pages",
    children: [...radios.map((radio) => radio.node), some, h("p", { class: "field-hint" }, hint)],
  });
  const which = () => radios.find(({ input }) => input.checked)?.value ?? "all";
  const show = () => {
    some.hidden = which() !== "some";
  };
  node.addEventListener("change", show);
  show();

  /** @returns {Notifications} */
  function value() {
    const one = which();
    return one === "some" ? types.filter(({ input }) => input.checked).map((type) => type.value) : one;
  }

  return { node, setError, value };
}

function deviceSettings() {
  const keys = h("input", { type: "checkbox", checked: shortcutsWanted(), on: { change: keepShortcuts } });
  const desktop = h("input", { type: "checkbox", checked: wantsNotifications(), on: { change: askForDesktop } });
  const refused = h("p", { class: "field-hint", role: "status" });

  function keepShortcuts() {
    wantShortcuts(keys.checked);
  }

  async function askForDesktop() {
    const wanted = desktop.checked;
    desktop.checked = await setNotifications(wanted);
    if (wanted && !desktop.checked) {
      refused.textContent =
        "This browser does not allow it. You can allow notifications for this site in its settings.";
    }
  }

  const onDesktop = "Show reminders on the desktop while this page is in the background";
  const { node } = fieldGroup({
    legend: "On this device",
    children: [
      h("label", { class: "choice" }, keys, "Keyboard shortcuts (press ? to see them)"),
      canNotify() ? h("label", { class: "choice" }, desktop, onDesktop) : null,
      refused,
    ],
  });
  return node;
}
