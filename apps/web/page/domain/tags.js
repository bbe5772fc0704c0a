// Tags as the server compares them, and how many open tasks have each.

/**
 * @typedef {object} Tagged What of a task its tags are known by.
 * @property {boolean} completed
 * @property {string[]} [tags]
 */

/** @type {Map<string, string>} */
const keys = new Map();
const MOST_KEYS = 5_000;

/**
 * What two spellings of a tag have in common; worked out once for each of them, as it is asked for the whole list.
 *
 * @param {string} tag
 */
export function tagKey(tag) {
  let key = keys.get(tag);
  if (key === undefined) {
    key = tag.normalize("NFKC").toLowerCase().normalize("NFKC").replaceAll("ß", "ss").replaceAll("ς", "σ");
    if (keys.size >= MOST_KEYS) keys.clear();
    keys.set(tag, key);
  }
  return key;
}

/**
 * Whether a task has a tag, by its key.
 *
 * @param {Tagged} task
 * @param {string} key
 */
export function hasTag({ tags }, key) {
  return (tags ?? []).some((tag) => tagKey(tag) === key);
}

/**
 * The tags of some tasks by their keys, those of most open tasks first.
 *
 * @param {Iterable<Tagged>} tasks
 */
export function tagCounts(tasks) {
  /** @type {Map<string, {key: string, tag: string, open: number}>} */
  const found = new Map();
  for (const { completed, tags } of tasks)
    for (const tag of tags ?? []) {
      const key = tagKey(tag);
      const known = found.get(key) ?? { key, tag, open: 0 };
      known.open += completed ? 0 : 1;
      found.set(key, known);
    }
  return [...found.values()].sort((one, other) => other.open - one.open || (one.key < other.key ? -1 : 1));
}

/** What the server reads as a tag behind a # in a line: no number, and of ASCII's signs only those that join words. */
const TYPED = /(?:^|[\s([{<])#((?:(?![\d_/-])(?:[\w/-]|[^\s\p{ASCII}])+)?)$/u;
const SAYABLE = /^(?![\d_/-])(?:[\w/-]|[^\s\p{ASCII}])+(?<![_…”»])$/u;
const QUOTES = new Map(['""', "“”", "„“", "«»", "''", "‘’"].map(([opening, closing]) => [opening, closing]));
const MOST_OFFERED = 8;

/**
 * The tag that is being typed just before `caret` in a line, with where it stands; null where there is none, or it is
 * in quotation marks and so belongs to the title.
 *
 * @param {string} text
 * @param {number} caret
 */
export function tagTyped(text, caret) {
  const match = TYPED.exec(text.slice(0, caret));
  if (!match || !/^(?:$|[\s)\]}>,;:.!?])/.test(text.slice(caret))) return null;
  const start = caret - match[1].length - 1;
  return isQuoted(text, start) ? null : { start, end: caret, tag: match[1] };
}

/**
 * Whether a place in a line is in quotation marks, or in such as are yet to be closed; an apostrophe may stay alone.
 *
 * @param {string} text
 * @param {number} place
 */
function isQuoted(text, place) {
  let at = 0;
  while (at < place) {
    const closing = at === 0 || /[\s(,:]/.test(text[at - 1]) ? QUOTES.get(text[at]) : undefined;
    const end = closing && closed(text, at + 1, closing);
    if (end ? end > place : closing && !/['’]/.test(closing)) return true;
    at = end || at + 1;
  }
  return false;
}

/**
 * Behind the first closing mark that ends a word; 0 where there is none.
 *
 * @param {string} text
 * @param {number} from
 * @param {string} closing
 */
function closed(text, from, closing) {
  for (let at = text.indexOf(closing, from); at >= 0; at = text.indexOf(closing, at + 1))
    if (!/^[\p{L}\p{N}]/u.test(text.slice(at + 1))) return at + 1;
  return 0;
}

/**
 * The tags of some tasks that begin with what is typed and that a line can say, those of most open tasks first.
 *
 * @param {string} typed
 * @param {Iterable<Tagged>} tasks
 */
export function tagsFor(typed, tasks) {
  const key = tagKey(typed);
  const fitting = tagCounts(tasks).filter((one) => one.key.startsWith(key) && SAYABLE.test(one.tag));
  return fitting.slice(0, MOST_OFFERED).map(({ tag }) => tag);
}
