// Builds elements from data. Text always becomes text nodes, so nothing a person typed is ever read as HTML.

/** @typedef {Node | string | null | undefined | false} Child What an element may hold; null and false hold nothing. */

/**
 * @template {keyof HTMLElementTagNameMap} Tag
 * @typedef {{
 *   class?: string,
 *   on?: {[Name in keyof HTMLElementEventMap]?: (event: HTMLElementEventMap[Name]) => unknown},
 *   data?: Record<string, string>,
 *   prop?: Partial<HTMLElementTagNameMap[Tag]>,
 *   [attribute: string]: unknown,
 * }} Props
 */

/**
 * An element. `props` holds attributes (null and false leave them out), plus `class`, `on` ({event: listener}),
 * `data` (data-* attributes) and `prop` (live properties such as `value`). Children are nodes, strings or null.
 *
 * @template {keyof HTMLElementTagNameMap} Tag
 * @param {Tag} tag
 * @param {Props<Tag>} [props]
 * @param {...(Child | Child[])} children
 * @returns {HTMLElementTagNameMap[Tag]}
 */
export function h(tag, props = {}, ...children) {
  const node = document.createElement(tag);
  const { class: className, on = {}, data = {}, prop = {}, ...attributes } = props;
  if (className) node.className = className;
  for (const [event, listener] of Object.entries(on)) {
    // Each listener is typed by its event's name, which entries forget.
    node.addEventListener(event, /** @type {EventListener} */ (listener));
  }
  Object.assign(node.dataset, data);
  for (const [name, value] of Object.entries(attributes)) setAttribute(node, name, value);
  for (const child of children.flat()) {
    if (child !== null && child !== undefined && child !== false) node.append(child);
  }
  Object.assign(node, prop);
  return node;
}

/**
 * Sets, or with null, undefined or false takes away, one attribute.
 *
 * @param {Element} node
 * @param {string} name
 * @param {unknown} value
 */
export function setAttribute(node, name, value) {
  if (value === null || value === undefined || value === false) node.removeAttribute(name);
  else node.setAttribute(name, value === true ? "" : String(value));
}

let lastId = 0;

/**
 * An id no other element of this page has, for labels and descriptions.
 *
 * @param {string} prefix
 */
export function uniqueId(prefix) {
  lastId += 1;
  return `${prefix}-${lastId}`;
}

/**
 * Writes text into a node only where it differs, so that screen readers are not made to repeat it.
 *
 * @param {Node} node
 * @param {string} text
 */
export function setText(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

/**
 * The first element within `node` that fits a selector, where it is of a kind; else null.
 *
 * @template {Element} Kind
 * @param {ParentNode} node
 * @param {string} selector
 * @param {new () => Kind} kind
 */
export function find(node, selector, kind) {
  const found = node.querySelector(selector);
  return found instanceof kind ? found : null;
}

/**
 * Every element within `node` that fits a selector and is of a kind, in the page's order.
 *
 * @template {Element} Kind
 * @param {ParentNode} node
 * @param {string} selector
 * @param {new () => Kind} kind
 */
export function findAll(node, selector, kind) {
  /** @type {Kind[]} */
  const found = [];
  for (const one of node.querySelectorAll(selector)) if (one instanceof kind) found.push(one);
  return found;
}

/** Called when a dialog or panel opens; what it returns, called when that closes, puts the focus back where it was. */
export function rememberFocus() {
  const before = document.activeElement;
  return () => {
    if (before instanceof HTMLElement && before.isConnected && before !== document.body) return before.focus();
    // What is hidden keeps the focus until the page is drawn next, and a shortcut pressed by then would be typing.
    const now = document.activeElement;
    if (now instanceof HTMLElement && now.getClientRects().length === 0) now.blur();
  };
}
