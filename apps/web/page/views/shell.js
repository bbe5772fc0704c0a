// The page around the list: the bar on top, the list and its helpers, the chat beside it.

import { find, findAll, h, setText } from "../dom.js";
import { icon } from "../icons.js";
import { strings } from "../strings/index.js";
import { chatPanel } from "./chat.js";
import { TaskList } from "./list.js";
import { quickAdd } from "./quick-add.js";
import { repeats } from "./row.js";
import { askScope } from "./scope.js";
import { askSignOutEverywhere } from "./sign-out.js";
import { waitingPanel } from "./waiting-panel.js";

/**
 * @import { Account } from "../../types/chat-api.js"
 * @import { Clock } from "../domain/zones.js"
 * @import { Toaster } from "../notices/toaster.js"
 * @import { Api } from "../server/api.js"
 * @import { Status } from "../server/stream.js"
 * @import { Start } from "../sheets.js"
 * @import { TaskActions } from "../state/actions.js"
 * @import { Sync } from "../state/sync.js"
 * @import { Task, TaskStore } from "../state/tasks.js"
 * @import { WaitingReminders } from "../state/waiting.js"
 */

/**
 * @typedef {object} Needs
 * @property {Account} user
 * @property {Api} api
 * @property {TaskStore} store
 * @property {Sync} sync
 * @property {TaskActions} actions
 * @property {WaitingReminders} waiting
 * @property {Clock} clock
 * @property {Toaster} toaster
 * @property {(path: string, start?: Start) => void} go opens a sheet
 * @property {() => void} onSignOut
 * @property {() => Promise<void>} onSignOutEverywhere raises ApiError
 * @property {(error: unknown) => void} onProblem
 */

const SEARCH_PAUSE = 250;

const words = strings.page;

/** The signed-in page. */
export class Shell {
  /** @param {Needs} needs */
  constructor({
    user,
    api,
    store,
    sync,
    actions,
    waiting,
    clock,
    toaster,
    go,
    onSignOut,
    onSignOutEverywhere,
    onProblem,
  }) {
    this.sync = sync;
    this.actions = actions;
    this.toaster = toaster;
    this.onProblem = onProblem;
    this.search = h("input", {
      type: "search",
      class: "search-input",
      placeholder: words.search,
      "aria-label": words.searchTasks,
      autocomplete: "off",
      on: { input: () => this.searched(), keydown: (event) => event.key === "Escape" && this.leaveSearch() },
    });
    this.liveWords = h("span", { class: "visually-hidden" });
    this.live = h("span", { class: "live", role: "status" }, h("span", { class: "live-dot" }), this.liveWords);
    this.quick = quickAdd({ api, actions, clock, onDetails: (start) => go("/new", start) });
    this.list = new TaskList({
      store,
      sync,
      clock,
      onProblem,
      on: {
        toggle: (task) => actions.setCompleted([task], !task.completed),
        open: (task) => go(`/task/${task.id}`),
        history: (task) => go(`/task/${task.id}/history`),
        remove: (task) => this.remove(task),
      },
    });
    this.panel = waitingPanel({ waiting, store, clock, onOpen: (id) => go(`/task/${id}`) });
    this.chat = chatPanel({ api, sync, onClose: () => this.chatButton.setAttribute("aria-expanded", "false") });
    this.chatButton = iconButton("chat", words.chat, {
      title: words.chatKey,
      "aria-expanded": "false",
      on: { click: () => this.toggleChat() },
    });
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    this.searchTimer = undefined;
    /** The page's shortcuts, by key. */
    this.shortcuts = {
      n: () => this.quick.focus(),
      "/": () => this.search.focus(),
      c: () => this.toggleChat(),
      z: () => actions.undo.last(),
      "?": () => go("/help"),
    };
    const menu = menuOf(user.email, [
      [words.settings, () => go("/settings")],
      [words.account, () => go("/account")],
      [words.shortcuts, () => go("/help")],
      [words.logOut, onSignOut],
      [
        words.logOutEverywhere,
        () => askSignOutEverywhere({ toaster, email: user.email, onConfirm: onSignOutEverywhere }),
      ],
    ]);
    const skip = (/** @type {Event} */ event) => {
      event.preventDefault();
      this.quick.focus();
    };
    this.node = h(
      "div",
      { class: "page" },
      h("a", { class: "skip", href: "#content", on: { click: skip } }, words.skip),
      h(
        "header",
        { class: "bar" },
        h(
          "div",
          { class: "bar-inner" },
          h(
            "p",
            { class: "brand" },
            h("img", { src: "/static/icon.svg", alt: "", width: 26, height: 26 }),
            h("span", {}, "TaskFlow"),
          ),
          this.live,
          h(
            "div",
            { class: "search", role: "search" },
            icon("search"),
            this.search,
            h("kbd", { "aria-hidden": "true" }, "/"),
          ),
          this.chatButton,
          iconButton("more", words.menu, { popovertarget: "menu" }),
          menu,
        ),
      ),
      h(
        "main",
        { id: "content", class: "content" },
        h("h1", { class: "visually-hidden" }, words.heading),
        this.quick.node,
        this.panel.node,
        this.list.node,
      ),
      this.chat.node,
    );
    this.list.node.addEventListener("keydown", (event) => this.listKey(event));
  }

  /** Ends its timers and listening, before it is taken away. */
  stop() {
    this.list.stop();
    this.panel.stop();
    clearTimeout(this.searchTimer);
  }

  /** Brings the waiting reminders into view. */
  showReminders() {
    this.panel.node.scrollIntoView({ block: "center" });
    this.panel.node.querySelector("button")?.focus();
  }

  /**
   * Shows the state of the live stream.
   *
   * @param {Status} status
   */
  setLive({ state }) {
    this.live.dataset.state = state;
    this.live.title = strings.live[state];
    setText(this.liveWords, strings.live[state]);
  }

  /**
   * Deletes a task; of a repeat, those that the person says.
   *
   * @param {Task} task
   */
  remove(task) {
    const { actions, toaster } = this;
    if (repeats(task)) askScope({ toaster, task, onChoice: (scope) => actions.remove([task], scope) });
    else actions.remove([task]);
  }

  toggleChat() {
    if (this.chat.isOpen()) {
      this.chat.close();
    } else {
      this.chatButton.setAttribute("aria-expanded", "true");
      this.chat.open();
    }
  }

  searched() {
    const text = this.search.value.trim();
    this.list.filter(text);
    clearTimeout(this.searchTimer);
    // What is on the page is filtered at once; the rest of what is done the server looks through.
    if (text.length > 1)
      this.searchTimer = setTimeout(() => this.sync.search(text).catch(this.onProblem), SEARCH_PAUSE);
  }

  leaveSearch() {
    this.search.value = "";
    this.searched();
    this.search.blur();
  }

  /**
   * Arrow keys go from task to task; Enter on the box opens the task.
   *
   * @param {KeyboardEvent} event
   */
  listKey(event) {
    const target = /** @type {HTMLElement} */ (event.target);
    const row = target.closest(".task");
    if (!(row instanceof HTMLElement)) return;
    if (event.key === "Enter" && target.matches(".task-check")) {
      event.preventDefault();
      find(row, ".task-title", HTMLElement)?.click();
    }
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (!step) return;
    event.preventDefault();
    const rows = findAll(this.list.node, ".task", HTMLElement).filter((one) => one.checkVisibility());
    const next = rows[rows.indexOf(row) + step];
    const same = target.matches(".task-title") ? ".task-title" : ".task-check";
    if (next) find(next, same, HTMLElement)?.focus();
  }
}

/**
 * @param {Parameters<typeof icon>[0]} name
 * @param {string} label
 * @param {import("../dom.js").Props<"button">} props
 */
function iconButton(name, label, props) {
  return h("button", { type: "button", class: "icon-button", "aria-label": label, ...props }, icon(name));
}

/**
 * The menu that the bar's button opens.
 *
 * @param {string} email
 * @param {[string, () => void][]} entries
 */
function menuOf(email, entries) {
  const buttons = entries.map(([label, run]) => {
    const click = () => {
      menu.hidePopover();
      run();
    };
    return h("button", { type: "button", on: { click } }, label);
  });
  const menu = h("div", { id: "menu", class: "menu", popover: "auto" }, h("p", { class: "menu-user" }, email), buttons);
  return menu;
}
