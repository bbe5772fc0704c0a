// Making a personal token, which is shown once.

import { h } from "../../dom.js";
import { strings } from "../../strings/later.js";
import { passwordField } from "../entrance/password-field.js";
import { field, fieldGroup } from "../parts/field.js";
import { openFormSheet } from "./form-sheet.js";
import { SCOPES } from "./scopes.js";

/**
 * @import { ShownToken } from "../../../types/chat-api.js"
 * @import { Checked } from "../parts/sending.js"
 * @import { AccountNeeds } from "./account.js"
 */

const DAYS = [7, 30, 90, 180, 366];
const USUAL_DAYS = 90;
const words = strings.newToken;

/**
 * Opens it.
 *
 * @param {AccountNeeds} needs
 */
export function openNewToken({ api, toaster, onClose }) {
  const name = nameField();
  const scopes = scopesField();
  const options = DAYS.map((days) =>
    h("option", { value: days, selected: days === USUAL_DAYS }, days === 366 ? words.year : strings.lengths.day(days)),
  );
  const expiry = field({ label: words.endsAfter, input: h("select", {}, options) });
  const password = passwordField({ label: strings.accountForm.yourPassword, name: "password", isNew: false });
  let token = "";
  return openFormSheet({
    title: words.title,
    fields: new Map(
      /** @type {[string, Checked][]} */ ([
        ["name", name],
        ["scopes", scopes],
        ["expires_in_days", expiry],
        ["password", password],
      ]),
    ),
    button: words.button,
    run: async () => {
      const body = {
        name: name.input.value.trim(),
        scopes: scopes.chosen(),
        expires_in_days: Number(expiry.input.value),
        password: password.input.value,
      };
      /** @type {ShownToken} */
      const made = await api.json("POST", "/api/v1/auth/tokens", { body });
      token = made.token;
    },
    after: () => shown(token),
    toaster,
    onClose,
  });
}

function nameField() {
  const input = h("input", { type: "text", name: "name", maxlength: 100, required: true, autocomplete: "off" });
  const { node, setError } = field({ label: words.name, input, hint: words.aboutName });

  function check() {
    const isThere = input.value.trim() !== "";
    setError(isThere ? "" : words.nameMissing);
    return isThere;
  }

  return { node, input, setError, check };
}

function scopesField() {
  const boxes = [...SCOPES].map(([scope, label]) => {
    const input = h("input", { type: "checkbox", value: scope, checked: scope === "tasks:read" });
    return { scope, input, node: h("label", { class: "choice" }, input, label) };
  });
  const { node, setError } = fieldGroup({ legend: words.may, children: boxes.map((box) => box.node) });
  const chosen = () => boxes.filter(({ input }) => input.checked).map(({ scope }) => scope);

  function check() {
    const isAny = chosen().length > 0;
    setError(isAny ? "" : words.chooseOne);
    return isAny;
  }

  return { node, setError, check, chosen };
}

/**
 * The token, to be copied now or never.
 *
 * @param {string} token
 */
function shown(token) {
  const input = h("input", {
    type: "text",
    readonly: true,
    spellcheck: "false",
    class: "token",
    prop: { value: token },
  });
  const said = h("p", { class: "field-hint", role: "status" });
  const button = h("button", { type: "button", class: "quiet-button", on: { click: copy } }, words.copy);
  const { node } = field({ label: words.label, input, extra: [button] });

  async function copy() {
    input.select();
    try {
      await navigator.clipboard.writeText(token);
      said.textContent = words.copied;
    } catch (error) {
      // Not every browser lets a page do that, and none does without https; there the property is missing.
      if (!(error instanceof DOMException || error instanceof TypeError)) throw error;
      said.textContent = words.selected;
    }
  }

  return [h("p", { class: "intro", role: "status" }, words.once), node, said];
}
