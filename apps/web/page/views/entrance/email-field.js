// A field for an e-mail address.

import { h } from "../../dom.js";
import { strings } from "../../strings/index.js";
import { field } from "../parts/field.js";

/**
 * The field. `check` says without asking the server whether what is in it looks like an address.
 *
 * @param {{label: string, autocomplete: AutoFill, value?: string}} about
 */
export function emailField({ label, autocomplete, value = "" }) {
  const input = h("input", {
    type: "email",
    name: "email",
    autocomplete,
    inputmode: "email",
    required: true,
    maxlength: 255,
    spellcheck: "false",
    prop: { value },
  });
  const shown = field({ label, input });

  function check() {
    shown.setError(input.validity.valid ? "" : strings.emailField.wrong);
    return input.validity.valid;
  }

  return { ...shown, input, check };
}
