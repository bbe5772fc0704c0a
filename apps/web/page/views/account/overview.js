// The account as a whole: what can be done with it, and everything of it as a file.

import { h, setText } from "../../dom.js";
import { ApiError } from "../../server/errors.js";
import { strings } from "../../strings/later.js";
import { openSheet } from "../parts/sheet.js";

/**
 * @import { Account } from "../../../types/chat-api.js"
 * @import { Api } from "../../server/api.js"
 * @import { AccountNeeds } from "./account.js"
 */

const FORGET_FILE = 60_000;
const words = strings.account;

/**
 * Opens it.
 *
 * @param {AccountNeeds} needs
 */
export function openOverview({ api, user, toaster, go, onClose }) {
  const address = h("span", { class: "entry-detail" }, user.email);
  const saving = h("span", { class: "entry-detail", role: "status" }, words.aboutDownload);
  const parts = [
    part(words.email, address, () => go("/account/email")),
    part(words.password, words.changePassword, () => go("/account/password")),
    part(words.sessions, words.aboutSessions, () => go("/account/sessions")),
    part(words.tokens, words.aboutTokens, () => go("/account/tokens")),
    part(strings.security.title, strings.security.about, () => go("/account/security")),
    part(words.download, saving, download),
    part(words.delete, words.aboutDelete, () => go("/account/delete"), "danger"),
  ];
  const sheet = openSheet({ title: words.title, body: h("ul", { class: "entries parts" }, parts), toaster, onClose });
  showAddress();

  /** The address may have been changed since the page began. */
  async function showAddress() {
    try {
      /** @type {Account} */
      const { email } = await api.json("GET", "/api/v1/auth/me");
      setText(address, email);
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
    }
  }

  /** @param {MouseEvent} event */
  async function download({ currentTarget }) {
    const button = /** @type {HTMLButtonElement} */ (currentTarget);
    if (button.getAttribute("aria-busy")) return;
    button.setAttribute("aria-busy", "true");
    setText(saving, words.downloading);
    try {
      setText(saving, words.downloaded(await save(api)));
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      setText(saving, error.message);
    } finally {
      button.removeAttribute("aria-busy");
    }
  }

  return sheet;
}

/**
 * One thing that can be done, as a row.
 *
 * @param {string} name
 * @param {string | HTMLElement} detail
 * @param {(event: MouseEvent) => void} click
 * @param {string} [className]
 */
function part(name, detail, click, className = "") {
  const said = typeof detail === "string" ? h("span", { class: "entry-detail" }, detail) : detail;
  const label = h("span", { class: "entry-name" }, name);
  return h("li", {}, h("button", { type: "button", class: `part ${className}`.trim(), on: { click } }, label, said));
}

/**
 * Has the browser save the export; returns the file's name. Raises ApiError, where it broke off too.
 *
 * @param {Api} api
 */
async function save(api) {
  const { blob, name } = await api.file("/api/v1/auth/account/export");
  const href = URL.createObjectURL(blob);
  h("a", { href, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(href), FORGET_FILE);
  return name;
}
