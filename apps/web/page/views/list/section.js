// One section of the list: folds at its heading, and shows its rows a page at a time.

import { h, setText } from "../../dom.js";
import { strings } from "../../strings/index.js";
import { number } from "../../strings/locale.js";

/**
 * @import { Child } from "../../dom.js"
 * @import { Task } from "../../state/tasks.js"
 * @import { KeyedRows } from "../parts/keyed-rows.js"
 * @import { TaskRow } from "./row.js"
 */

/** How many rows are drawn at first, and how many more at each wish: a page that holds thousands is slow to everybody. */
const FIRST = 30;
const MORE = 100;

export class ListSection {
  /**
   * @param {object} needs
   * @param {string} needs.name a section's, or a day's date
   * @param {string} needs.label
   * @param {boolean} needs.open
   * @param {(shown: number) => void} needs.onMore is told how many are wanted from now on
   * @param {Child[]} [needs.tools] what can be done with all of it
   */
  constructor({ name, label, open, onMore, tools = [] }) {
    this.name = name;
    this.label = label;
    this.limit = FIRST;
    this.count = h("span", { class: "count" });
    this.list = h("ul", { class: "tasks" });
    const showMore = () => {
      this.limit += MORE;
      onMore(this.limit);
    };
    this.more = h("button", { type: "button", class: "quiet-button more", hidden: true, on: { click: showMore } });
    const heading = h("h2", {}, label, " ", this.count);
    this.tools = h("div", { class: "section-tools" }, tools);
    this.node = h(
      "details",
      { class: `section section-${name}`, open, hidden: true },
      h("summary", {}, heading),
      this.tools,
      this.list,
      this.more,
    );
  }

  /**
   * Draws the first rows of these tasks, which are sorted; `elsewhere` says that the server has more.
   *
   * @param {Task[]} tasks
   * @param {KeyedRows<Task, TaskRow>} rows
   * @param {(row: TaskRow, task: Task) => void} update
   * @param {boolean} elsewhere
   */
  draw(tasks, rows, update, elsewhere) {
    rows.place(this.list, this.node.open ? tasks.slice(0, this.limit) : [], update);
    this.node.hidden = tasks.length === 0;
    setText(this.count, `${number(tasks.length)}${elsewhere ? "+" : ""}`);
    const left = tasks.length - this.limit;
    this.more.hidden = left <= 0 && !elsewhere;
    setText(this.more, left > 0 ? strings.doing.moreOf(left) : strings.list.more);
  }

  /** Shows as many again as at first. */
  shrink() {
    this.limit = FIRST;
  }

  /**
   * Makes sure that the task at a place is drawn.
   *
   * @param {number} place
   */
  reach(place) {
    this.node.open = true;
    if (place >= this.limit) this.limit = Math.ceil((place + 1) / MORE) * MORE;
  }
}
