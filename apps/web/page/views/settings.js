// What a person prefers: the zone their times are in, how they write dates, what is sent to this page, how it reacts to
// keys.

import { h } from "../dom.js";
import { browserZone, zoneLabel } from "../domain/zones.js";
import { shortcutsWanted, wantShortcuts } from "../keys.js";
import { canNotify, setNotifications, wantsNotifications } from "../notices/desktop.js";
import { ApiError } from "../server/errors.js";
import { strings } from "../strings/later.js";
import { chooseLanguage, chosenLanguage, LANGUAGES } from "../strings/locale.js";
import { field, fieldGroup, showErrors, summaryLine, watchFocus } from "./parts/field.js";
import { openSheet } from "./parts/sheet.js";
import { zoneField } from "./parts/zone-field.js";

/**
 * @import { Preferences as Kept } from "../../types/chat-api.js"
 * @import { Toaster } from "../notices/toaster.js"
 * @import { Preferences } from "../state/preferences.js"
 * @import { Field } from "./parts/field.js"
 */

const words = strings.settings;

/** @typedef {NonNullable<Kept["notifications"]>} Notifications */

/**
 * Opens them; what the server keeps is saved with the button, what this browser keeps at once.
 *
 * @param {{preferences: Preferences, email: string, toaster: Toaster, onClose: () => void}} needs
 */
export function openSettings({ preferences, email, toaster, onClose }) {
  const own = browserZone();
  const useOwn = h(
    "button",
    { type: "button", class: "link-button", on: { click: () => zone.put(own) } },
    words.useOwn(zoneLabel(own, strings.cities)),
  );
  const followZone = (/** @type {string} */ chosen) => {
    useOwn.hidden = chosen === own;
  };
  const zone = zoneField({ chosen: preferences.zone, own, onChange: followZone });
  const order = orderField(preferences.dateOrder);
  const followed = notificationsField(preferences.notifications);
  const summary = summaryLine();
  const save = h("button", { type: "submit", class: "primary-button", form: "settings-form" }, words.save);
  const spoken = languageField();
  const props = { id: "settings-form", novalidate: true, on: { submit: send } };
  const form = h("form", props, spoken.node, zone.node, useOwn, order.node, followed.node, summary);
  const cancel = () => sheet.close();
  const sheet = openSheet({
    title: words.title,
    body: [form, h("hr"), deviceSettings()],
    footer: [
      h("span", { class: "user", title: email }, email),
      h("span", { class: "spring" }),
      h("button", { type: "button", class: "quiet-button", on: { click: cancel } }, strings.sheet.cancel),
      save,
    ],
    toaster,
    onClose,
  });
  followZone(preferences.zone);

  /** @param {Event} event */
  async function send(event) {
    event.preventDefault();
    const isStill = watchFocus();
    save.disabled = true;
    try {
      await preferences.save({
        timezone: zone.value(),
        notifications: followed.value(),
        date_order: ORDERS[order.input.selectedIndex][0],
      });
      sheet.close();
      speak(spoken.input.value);
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

function languageField() {
  const known = LANGUAGES.map(([code, name]) =>
    h("option", { value: code, lang: code, selected: code === chosenLanguage() }, name),
  );
  const browsers = h("option", { value: "" }, words.browsersLanguage);
  return field({ label: words.language, input: h("select", {}, browsers, known), hint: words.aboutLanguage });
}

/** @param {string} wanted a language, or "" for the browser's; where it is another one the page begins anew in it */
function speak(wanted) {
  const code = LANGUAGES.find(([one]) => one === wanted)?.[0] ?? null;
  if (code === chosenLanguage()) return;
  chooseLanguage(code);
  history.replaceState(null, "", location.pathname);
  location.reload();
}

/** @type {[Kept["date_order"] & string | null, string][]} */
const ORDERS = [
  [null, words.askOrder],
  ["dmy", words.dayFirst],
  ["mdy", words.monthFirst],
];

/** @param {"dmy" | "mdy" | null} current */
function orderField(current) {
  const options = ORDERS.map(([value, label]) =>
    h("option", { value: value ?? "", selected: value === current }, label),
  );
  return field({
    label: words.order,
    input: h("select", {}, options),
    hint: words.aboutOrder,
  });
}

/** @type {["all" | "reminders" | "none" | "some", string][]} */
const CHOICES = [
  ["all", words.all],
  ["reminders", words.reminders],
  ["none", words.nothing],
  ["some", words.some],
];
/** @type {[Extract<Notifications, string[]>[number], string][]} */
const TYPES = [
  ["task.reminder.triggered", words.types.reminders],
  ["task.created", words.types.created],
  ["task.updated", words.types.updated],
  ["task.completed", words.types.completed],
  ["task.deleted", words.types.deleted],
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
  const some = h("div", { class: "chips", role: "group", "aria-label": words.which }, chips);
  const { node, setError } = fieldGroup({
    legend: words.sent,
    children: [...radios.map((radio) => radio.node), some, h("p", { class: "field-hint" }, words.aboutSent)],
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
      refused.textContent = words.refused;
    }
  }

  const { node } = fieldGroup({
    legend: words.device,
    children: [
      h("label", { class: "choice" }, keys, words.keys),
      canNotify() ? h("label", { class: "choice" }, desktop, words.desktop) : null,
      refused,
    ],
  });
  return node;
}
