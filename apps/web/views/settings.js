// What a person prefers: the zone their times are in, what is sent to this page, how it reacts to keys.

import { h } from "../dom.js";
import { browserZone, zoneLabel } from "../when.js";
import { field, fieldGroup, showErrors, summaryLine } from "./field.js";
import { openSheet } from "./sheet.js";

/** Opens them; what the server keeps is saved with the button, what this browser keeps at once. */
export function openSettings({ app, onClose }) {
  const own = browserZone();
  const known = Intl.supportedValuesOf ? Intl.supportedValuesOf("timeZone") : [];
  const zones = [...new Set([app.zone, own, "UTC", ...known])].sort();
  const zone = field({
    label: "Time zone",
    input: h("select", {}, zones.map((name) => h("option", { value: name, selected: name === app.zone }, zoneLabel(name)))),
    hint: "Due dates, reminders and what counts as today follow it.",
  });
  const useOwn = h("button", { type: "button", class: "link-button", on: { click: () => { zone.input.value = own; followZone(); } } }, `Use this device’s: ${zoneLabel(own)}`);
  zone.input.addEventListener("change", followZone);
  const followed = notifications(app.prefs.notifications);
  const summary = summaryLine();
  const save = h("button", { type: "submit", class: "primary-button", form: "settings-form" }, "Save");
  const form = h("form", { id: "settings-form", novalidate: true, on: { submit: send } }, zone.node, useOwn, followed.node, summary);
  const sheet = openSheet({
    title: "Settings",
    body: [form, h("hr"), deviceSettings(app)],
    footer: [h("span", { class: "user", title: app.user.email }, app.user.email), h("span", { class: "spring" }), h("button", { type: "button", class: "quiet-button", on: { click: () => sheet.close() } }, "Cancel"), save],
    toaster: app.toaster,
    onClose,
  });
  followZone();

  function followZone() {
    useOwn.hidden = zone.input.value === own;
  }

  async function send(event) {
    event.preventDefault();
    save.disabled = true;
    try {
      await app.savePreferences({ timezone: zone.input.value, notifications: followed.value() });
      sheet.close();
    } catch (error) {
      if (error.name !== "ApiError") throw error;
      showErrors(error, new Map([["timezone", zone], ["notifications", followed]]), summary);
    } finally {
      save.disabled = false;
    }
  }

  return sheet;
}

const CHOICES = [
  ["all", "All changes and reminders"],
  ["reminders", "Reminders only"],
  ["none", "Nothing"],
  ["some", "Only these"],
];
const TYPES = [
  ["task.reminder.triggered", "Reminders"],
  ["task.created", "New tasks"],
  ["task.updated", "Edits"],
  ["task.completed", "Done"],
  ["task.deleted", "Deletions"],
];

function notifications(current) {
  const chosen = Array.isArray(current) ? "some" : (current ?? "all");
  const radios = CHOICES.map(([value, label]) =>
    h("label", { class: "choice" }, h("input", { type: "radio", name: "notifications", value, checked: value === chosen }), label),
  );
  const types = TYPES.map(([value, label]) =>
    h("label", { class: "chip" }, h("input", { type: "checkbox", value, checked: chosen !== "some" || current.includes(value) }), h("span", {}, label)),
  );
  const some = h("div", { class: "chips", role: "group", "aria-label": "Which ones" }, types);
  const { node, setError } = fieldGroup({
    legend: "Sent to your open pages",
    children: [...radios, some, h("p", { class: "field-hint" }, "Changes that are not sent appear when you come back to the page.")],
  });
  const which = () => node.querySelector("input[type=radio]:checked").value;
  const show = () => {
    some.hidden = which() !== "some";
  };
  node.addEventListener("change", show);
  show();
  const value = () => (which() === "some" ? [...some.querySelectorAll("input:checked")].map((input) => input.value) : which());
  return { node, setError, value };
}

function deviceSettings(app) {
  const keys = h("input", { type: "checkbox", checked: app.device.get("keys") !== "off", on: { change: () => app.device.set("keys", keys.checked ? "on" : "off") } });
  const desktop = h("input", { type: "checkbox", checked: app.device.get("desktop") === "on", on: { change: askForDesktop } });
  const refused = h("p", { class: "field-hint", role: "status" });

  async function askForDesktop() {
    if (desktop.checked && (await Notification.requestPermission()) !== "granted") {
      desktop.checked = false;
      refused.textContent = "This browser does not allow it. You can allow notifications for this site in its settings.";
    }
    app.device.set("desktop", desktop.checked ? "on" : "off");
  }

  const { node } = fieldGroup({
    legend: "On this device",
    children: [
      h("label", { class: "choice" }, keys, "Keyboard shortcuts (press ? to see them)"),
      "Notification" in window ? h("label", { class: "choice" }, desktop, "Show reminders on the desktop while this page is in the background") : null,
      refused,
    ],
  });
  return node;
}
