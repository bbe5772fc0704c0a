// Logging out everywhere: asked once, since other browsers and programs have to log in again as well.

import { h } from "../../dom.js";
import { ApiError, hasStatus } from "../../server/errors.js";
import { strings } from "../../strings/index.js";
import { showErrors, summaryLine } from "../parts/field.js";
import { openSheet } from "../parts/sheet.js";

/** @import { Toaster } from "../../notices/toaster.js" */

/**
 * Asks; `onConfirm` ends all sessions or raises ApiError, which is shown here: then nothing has ended.
 *
 * @param {{hold: (close: () => void) => () => void, toaster: Toaster, email: string, onConfirm: () => Promise<void>}} needs
 */
export function askSignOutEverywhere({ hold, toaster, email, onConfirm }) {
  const summary = summaryLine();
  const cancel = () => sheet.close();
  const confirm = h(
    "button",
    { type: "button", class: "primary-button danger", on: { click: send } },
    strings.signOut.confirm,
  );
  const sheet = openSheet({
    title: strings.signOut.title,
    body: [h("p", {}, strings.signOut.everyBrowser(email)), h("p", {}, strings.signOut.fewSeconds), summary],
    footer: [
      h("span", { class: "spring" }),
      h("button", { type: "button", class: "quiet-button", on: { click: cancel } }, strings.sheet.cancel),
      confirm,
    ],
    toaster,
    onClose: () => released(),
  });
  const released = hold(() => sheet.close());
  confirm.focus();

  async function send() {
    confirm.disabled = true;
    summary.hidden = true;
    try {
      await onConfirm();
      sheet.close();
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      // With 401 the session was over before: that has its own way.
      if (hasStatus(error, 401)) sheet.close();
      else showErrors(error, new Map(), summary);
    } finally {
      confirm.disabled = false;
    }
  }

  return sheet;
}
