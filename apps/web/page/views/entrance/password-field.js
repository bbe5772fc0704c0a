// A field for a password, which can be shown; for a new one with the rule that holds for it.

import { find, h } from "../../dom.js";
import { strings } from "../../strings/index.js";
import { field } from "../parts/field.js";

const SHORTEST_PASSWORD = 8;
const LONGEST_PASSWORD = 1000;
const words = strings.passwordField;

/**
 * The field. `check` says without asking the server whether what is in it can be sent, and if not, why.
 *
 * @param {object} about
 * @param {string} about.label
 * @param {string} about.name
 * @param {boolean} about.isNew whether one is made up here, or the one that there is asked for
 */
export function passwordField({ label, name, isNew }) {
  const reveal = h("button", { type: "button", class: "quiet-button", "aria-pressed": "false" }, words.show);
  const input = h("input", { type: "password", name, required: true, maxlength: LONGEST_PASSWORD });
  const rule = words.rule(SHORTEST_PASSWORD);
  const shown = field({ label, input, extra: [reveal], hint: rule, class: "password-field" });
  const hint = find(shown.node, ".field-hint", HTMLElement);
  let mayBeShort = !isNew;

  reveal.addEventListener("click", () => {
    const hide = input.type === "text";
    input.type = hide ? "password" : "text";
    reveal.setAttribute("aria-pressed", String(!hide));
    reveal.textContent = hide ? words.show : words.hide;
  });

  /** @param {boolean} wanted */
  function setNew(wanted) {
    mayBeShort = !wanted;
    input.autocomplete = wanted ? "new-password" : "current-password";
    if (hint) hint.textContent = wanted ? rule : "";
  }

  function check() {
    const short = !mayBeShort && input.value.length < SHORTEST_PASSWORD;
    const missing = input.value === "";
    shown.setError(missing ? words.missing : short ? words.tooShort(SHORTEST_PASSWORD) : "");
    return !missing && !short;
  }

  setNew(isNew);
  return { ...shown, input, check, setNew };
}
