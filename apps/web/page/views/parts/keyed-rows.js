// Rows for things that come, move and go: each keeps its element, and with it the focus and the place on the screen. Rows
// that went are kept for a while: a search that is cleared brings back what it took away.

const MOST_SPARE = 400;

/**
 * @template {{id: string}} Item
 * @template {{node: HTMLElement}} Row
 */
export class KeyedRows {
  /**
   * @param {(item: Item) => Row} make makes the row of an item that has none yet
   * @param {(item: Item) => string | undefined} [formerly] the id that an item had before, if it had another
   */
  constructor(make, formerly = () => undefined) {
    this.make = make;
    this.formerly = formerly;
    /** @type {Map<string, Row>} by the item's id */
    this.rows = new Map();
    /** @type {Map<string, Row>} those that went, the longest gone first */
    this.spare = new Map();
    /** @type {Set<string>} */
    this.placed = new Set();
  }

  /**
   * Puts the rows of items into a list in their order, moving only those that are out of place, and has each brought up
   * to date. A row may come from another list.
   *
   * @param {HTMLElement} list
   * @param {Item[]} items
   * @param {(row: Row, item: Item) => void} update
   */
  place(list, items, update) {
    let expected = list.firstElementChild;
    for (const item of items) {
      const row = this.rows.get(item.id) ?? this.inherited(item) ?? this.spare.get(item.id) ?? this.make(item);
      this.spare.delete(item.id);
      this.rows.set(item.id, row);
      this.placed.add(item.id);
      update(row, item);
      if (row.node === expected) expected = expected.nextElementSibling;
      else list.insertBefore(row.node, expected);
    }
  }

  /**
   * The row that an item had under another id.
   *
   * @param {Item} item
   */
  inherited(item) {
    const before = this.formerly(item);
    const row = before === undefined ? undefined : this.rows.get(before);
    if (before !== undefined) this.rows.delete(before);
    return row;
  }

  /** Takes away the rows that were not placed since the last time. Says how many are left. */
  sweep() {
    for (const [id, row] of this.rows) {
      if (this.placed.has(id)) continue;
      row.node.remove();
      this.rows.delete(id);
      this.spare.set(id, row);
    }
    for (const id of this.spare.keys()) {
      if (this.spare.size <= MOST_SPARE) break;
      this.spare.delete(id);
    }
    this.placed.clear();
    return this.rows.size;
  }
}
