// Keeps the focus in a list whose rows move and go.

import { find, findAll } from "../../dom.js";

/**
 * Remembers the focused row and what could take its place when it leaves its list; call what it returns once the list
 * is drawn.
 *
 * @param {HTMLElement} node
 */
export function focusOf(node) {
  const element = document.activeElement;
  const row = element?.closest(".task");
  if (!(element instanceof HTMLElement && row instanceof HTMLElement && node.contains(row))) return () => {};
  const list = row.parentElement;
  const next = row.nextElementSibling ?? row.previousElementSibling ?? besideIn(node, row);
  return () => {
    if (document.activeElement === element) return;
    if (row.isConnected && row.parentElement === list) {
      if (element.isConnected) element.focus();
    } else if (next?.isConnected) find(next, ".task-check", HTMLElement)?.focus();
  };
}

/**
 * The row after one that is the only one of its section, or before it.
 *
 * @param {HTMLElement} node
 * @param {HTMLElement} row
 */
function besideIn(node, row) {
  const rows = findAll(node, ".task", HTMLElement);
  const place = rows.indexOf(row);
  return rows[place + 1] ?? rows[place - 1];
}
