// Tags as the server compares them, and how many open tasks have each.

/**
 * @typedef {object} Tagged What of a task its tags are known by.
 * @property {boolean} completed
 * @property {string[]} [tags]
 */

/**
 * What two spellings of a tag have in common.
 *
 * @param {string} tag
 */
export function tagKey(tag) {
  return tag.normalize("NFKC").toLowerCase().normalize("NFKC").replaceAll("ß", "ss").replaceAll("ς", "σ");
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
