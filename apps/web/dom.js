// Builds elements from data. Text always becomes text nodes, so nothing a person typed is ever read as HTML.

/**
 * An element. `props` holds attributes (null and false leave them out), plus `class`, `on` ({event: listener}),
 * `data` (data-* attributes) and `prop` (live properties such as `value`). Children are nodes, strings or null.
 */
export function h(tag, props = {}, ...children) {
  const node = document.createElement(tag);
  const { class: className, on = {}, data = {}, prop = {}, ...attributes } = props ?? {};
  if (className) node.className = className;
  for (const [event, listener] of Object.entries(on)) node.addEventListener(event, listener);
  Object.assign(node.dataset, data);
  for (const [name, value] of Object.entries(attributes)) setAttribute(node, name, value);
  node.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== false));
  Object.assign(node, prop);
  return node;
}

/** Sets, or with null, undefined or false takes away, one attribute. */
export function setAttribute(node, name, value) {
  if (value === null || value === undefined || value === false) node.removeAttribute(name);
  else node.setAttribute(name, value === true ? "" : String(value));
}

let lastId = 0;

/** An id no other element of this page has, for labels and descriptions. */
export function uniqueId(prefix) {
  lastId += 1;
  return `${prefix}-${lastId}`;
}

/** Writes text into a node only where it differs, so that screen readers are not made to repeat it. */
export function setText(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

/** Whether a key press is meant for a field rather than for a shortcut. */
export function isTyping(event) {
  const target = event.target;
  return target instanceof HTMLElement && (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName));
}
