// The choice of a time zone: by the name of a place, with a search for it.

import { h, uniqueId } from "../../dom.js";
import { zoneLabel } from "../../domain/zones.js";
import { strings } from "../../strings/later.js";
import { locale } from "../../strings/locale.js";
import { field } from "./field.js";

const words = strings.settings;
const MOST_SHOWN = 6;

/**
 * The zones that this browser knows, and some besides, by their names as people read them.
 *
 * @param {string[]} besides
 */
function knownZones(besides) {
  const known = Intl.supportedValuesOf ? Intl.supportedValuesOf("timeZone") : [];
  const order = new Intl.Collator(locale);
  return [...new Set([...besides, ...known])]
    .map((name) => ({ name, label: zoneLabel(name, strings.cities) }))
    .sort((one, other) => order.compare(one.label, other.label));
}

/**
 * A text as it is searched for: case, accents and what stands between words count for nothing.
 *
 * @param {string} text
 */
function folded(text) {
  const plain = text.normalize("NFKD").replace(/\p{Mark}/gu, "");
  return ` ${plain
    .toLowerCase()
    .replaceAll(/[\s/_-]+/g, " ")
    .trim()}`;
}

/**
 * The field; `onChange` hears of another choice.
 *
 * @param {{chosen: string, own: string, onChange: (zone: string) => void}} needs
 */
export function zoneField({ chosen, own, onChange }) {
  const zones = knownZones([chosen, own, "UTC"]).map((zone) => ({
    ...zone,
    key: folded(`${zone.label} ${zone.name}`),
  }));
  const list = h("select", {});
  list.addEventListener("change", () => onChange(list.value));
  const found = h("p", { class: "visually-hidden", role: "status" });
  const search = h("input", {
    type: "search",
    id: uniqueId("zone-search"),
    class: "zone-search",
    placeholder: words.findPlace,
    "aria-label": words.findPlace,
    autocomplete: "off",
    spellcheck: "false",
    on: { input: find, keydown: toList },
  });
  const { node, input, setError } = field({ label: words.zone, input: list, hint: words.aboutZone });
  node.insertBefore(search, list);
  node.append(found);
  draw(zones, chosen);

  /**
   * @param {typeof zones} shown
   * @param {string} zone
   */
  function draw(shown, zone) {
    list.replaceChildren(
      ...shown.map(({ name, label }) => h("option", { value: name, selected: name === zone }, label)),
    );
  }

  /**
   * The places that begin with what is wanted, then those of which another word does.
   *
   * @param {string} wanted
   */
  function matching(wanted) {
    const matches = zones.filter(({ key }) => key.includes(wanted));
    const begins = (/** @type {typeof zones[0]} */ { key }) => key.startsWith(wanted);
    return [...matches.filter(begins), ...matches.filter((zone) => !begins(zone))];
  }

  function find() {
    const before = list.value;
    if (search.value.trim() === "") return put(before);
    const shown = matching(folded(search.value));
    setError(shown.length === 0 ? words.noPlace : "");
    found.textContent = words.placesFound(shown.length);
    if (shown.length === 0) return;
    draw(shown, shown[0].name);
    list.size = Math.max(2, Math.min(MOST_SHOWN, shown.length));
    onChange(list.value);
  }

  /** @param {KeyboardEvent} event */
  function toList(event) {
    if (event.key !== "Enter" && event.key !== "ArrowDown") return;
    event.preventDefault();
    list.focus();
  }

  /** @param {string} zone */
  function put(zone) {
    search.value = "";
    found.textContent = "";
    list.size = 0;
    draw(zones, zone);
    setError();
    onChange(zone);
  }

  return { node, input, setError, put, value: () => list.value };
}
