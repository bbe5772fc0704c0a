// The account as a whole: what can be done with it, and everything of it as a file.

import { h, setText } from "../../dom.js";
import { ApiError } from "../../server/errors.js";
import { openSheet } from "../sheet.js";

/**
 * @import { Account } from "../../../types/chat-api.js"
 * @import { Api } from "../../server/api.js"
 * @import { AccountNeeds } from "./account.js"
 */

const FORGET_FILE = 60_000;

/**
 * Opens it.
 *
 * @param {AccountNeeds} needs
 */
export function openOverview({ api, user, toaster, go, onClose }) {
  const address = h("span", { class: "entry-detail" }, user.email);
  const saving = h("span", { class: "entry-detail", role: "status" }, "A ZIP file: JSON, and a calendar");
  const parts = [
    part("E-mail address", address, () => go("/account/email")),
    part("Password", "Change it", () => go("/account/password")),
    part("Sessions", "Browsers and programs that are logged in", () => go("/account/sessions")),
    part("Personal tokens", "For programs, in place of your password", () => go("/account/tokens")),
    part("Download everything", saving, download),
    part("Delete the account", "For good", () => go("/account/delete"), "danger"),
  ];
  const sheet = openSheet({ title: "Account", body: h("ul", { class: "entries parts" }, parts), toaster, onClose });
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
    setText(saving, "Putting it together…");
    try {
      setText(saving, `Saved as ${await save(api)}`);
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
  const words = typeof detail === "string" ? h("span", { class: "entry-detail" }, detail) : detail;
  const label = h("span", { class: "entry-name" }, name);
  return h("li", {}, h("button", { type: "button", class: `part ${className}`.trim(), on: { click } }, label, words));
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
