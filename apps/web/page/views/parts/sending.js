// Sending a form: once at a time, first checked here, and what the server refuses shown where it belongs.

import { ApiError, atField } from "../../server/errors.js";
import { focusable, showErrors, watchFocus } from "./field.js";

/** @import { Field } from "./field.js" */

/** A field that may know by itself what is wrong with it. */
/** @typedef {Field & {check?: () => boolean}} Checked */

/**
 * Listens to a form's being sent. Its fields are checked, the first wrong one gets the focus; with none wrong `run` is
 * called, whose ApiErrors are shown.
 *
 * @param {object} needs
 * @param {HTMLFormElement} needs.form
 * @param {HTMLButtonElement} needs.button is off while it is sent
 * @param {Map<string, Checked>} needs.fields by their names in the body
 * @param {HTMLElement} needs.summary
 * @param {() => Promise<unknown>} needs.run
 */
export function whenSent({ form, button, fields, summary, run }) {
  form.noValidate = true;
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    summary.hidden = true;
    const wrong = [...fields.values()].filter((one) => one.check?.() === false);
    if (wrong.length > 0) return focusable(wrong[0])?.focus();
    const isStill = watchFocus();
    button.disabled = true;
    try {
      await run();
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      showErrors(atField(error, fields), fields, summary, isStill);
    } finally {
      button.disabled = false;
    }
  });
}
