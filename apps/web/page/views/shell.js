// The page around the list: the bar on top, the list and its helpers, the chat beside it.

import { h } from "../dom.js";
import { icon } from "../icons.js";
import { strings } from "../strings/index.js";
import { chatLater } from "./chat-later.js";
import { tellAdded } from "./list/added.js";
import { TaskList } from "./list/list.js";
import { viewAt, viewLinks } from "./list/list-views.js";
import { repeats } from "./list/row.js";
import { toToday } from "./list/to-today.js";
import { liveDot } from "./live.js";
import { loadLater } from "./parts/later.js";
import { brand, iconButton, menuOf, skipLink } from "./parts/menu.js";
import { quickAdd } from "./quick-add/quick-add.js";
import { selectStart } from "./selecting/select-start.js";
import { waitingPanel } from "./waiting-panel.js";

/**
 * @import { Account } from "../../types/chat-api.js"
 * @import { Clock } from "../domain/zones.js"
 * @import { Toaster } from "../notices/toaster.js"
 * @import { Api } from "../server/api.js"
 * @import { Start } from "../sheets.js"
 * @import { TaskActions } from "../state/actions.js"
 * @import { Drafts } from "../state/drafts.js"
 * @import { Sync } from "../state/sync.js"
 * @import { Task, TaskStore } from "../state/tasks.js"
 * @import { WaitingReminders } from "../state/waiting.js"
 * @import { PaletteNeeds } from "./palette/palette.js"
 */

/**
 * @typedef {object} Needs
 * @property {Account} user
 * @property {Api} api
 * @property {TaskStore} store
 * @property {Sync} sync
 * @property {TaskActions} actions
 * @property {Drafts} drafts
 * @property {WaitingReminders} waiting
 * @property {Clock} clock
 * @property {Toaster} toaster
 * @property {(path: string, start?: Start) => void} go opens a sheet
 * @property {() => void} leave goes back from where `go` went
 * @property {(close: () => void) => () => void} hold has Back close a question; returns what is called once it is closed
 * @property {(run: () => void) => void} after runs something once the page is back from a sheet
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
    drafts,
    waiting,
    clock,
    toaster,
    go,
    leave,
    hold,
    after,
    onSignOut,
    onSignOutEverywhere,
    onProblem,
  }) {
    const on = {
      toggle: (/** @type {Task} */ task) => actions.setCompleted([task], !task.completed),
      open: (/** @type {Task} */ task) => go(`/task/${task.id}`),
      remove: (/** @type {Task} */ task) => this.remove(task),
      today: (/** @type {Task} */ { id }) => this.withTask(id, (task) => toToday(task, clock, actions)),
    };
    const needs = { api, store, clock, toaster, after };
    this.store = store;
    this.go = go;
    this.leave = leave;
    this.hold = hold;
    /** What it offers is for the task that has the focus now. @type {() => PaletteNeeds} */
    this.palette = () => ({
      ...needs,
      entries: [this.focused(), go, on],
      onTask: on.open,
      onLine: (line, meant) => this.quick.make({ line, days: null }, meant),
      onLines: (lines) => this.quick.makeAll(lines),
      onRest: (pieces) => this.quick.keepRest(pieces),
    });
    this.views = viewLinks();
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
    this.live = liveDot();
    this.quick = quickAdd({
      api,
      actions,
      drafts,
      clock,
      onDetails: (start) => go("/new", start),
      onAdded: (task) => tellAdded({ task, list: this.list, clock, toaster, onShow: () => this.showAll() }),
    });
    const move = async (/** @type {Task[]} */ tasks, /** @type {HTMLElement} */ beside) =>
      (await loadLater(onProblem))?.openReschedule({
        beside,
        clock,
        onChoose: (date) => actions.reschedule(tasks, date, clock.zone),
      });
    this.list = new TaskList({
      store,
      sync,
      clock,
      onProblem,
      on: {
        ...on,
        history: (task) => go(`/task/${task.id}/history`),
        move: (task, beside) => move([task], beside),
        pick: (task) => this.selecting.pick(task),
      },
      onMoveAll: move,
    });
    this.selecting = selectStart({ list: this.list, store, actions, clock, hold, onProblem, on });
    this.panel = waitingPanel({ waiting, store, sync, clock, onOpen: (id) => go(`/task/${id}`) });
    this.chat = chatLater({ api, sync, drafts, onClose: leave, page: () => this.node, onProblem });
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
      ...this.selecting.keys,
      "?": () => go("/help"),
    };
    const menu = menuOf(user.email, [
      [strings.page.find, () => go("/find")],
      [words.select, () => this.selecting.begin()],
      [words.activity, () => go("/activity")],
      [words.trash, () => go("/trash")],
      [words.settings, () => go("/settings")],
      [words.account, () => go("/account")],
      [words.shortcuts, () => go("/help")],
      [words.logOut, onSignOut],
      [
        words.logOutEverywhere,
        async () =>
          (await loadLater(onProblem))?.askSignOutEverywhere({
            hold,
            toaster,
            email: user.email,
            onConfirm: onSignOutEverywhere,
          }),
      ],
    ]);
    this.node = h(
      "div",
      { class: "page" },
      skipLink(words.skip, () => this.quick.focus()),
      h(
        "header",
        { class: "bar" },
        h(
          "div",
          { class: "bar-inner" },
          brand(),
          this.live.node,
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
        this.views.node,
        this.list.loading,
        this.panel.node,
        this.list.node,
      ),
    );
  }

  /** Ends its timers and listening, before it is taken away. */
  stop() {
    this.list.stop();
    this.selecting.stop();
    this.panel.stop();
    clearTimeout(this.searchTimer);
  }

  /** Brings the waiting reminders into view. */
  showReminders() {
    this.panel.node.scrollIntoView({ block: "center" });
    this.panel.node.querySelector("button")?.focus();
  }

  /**
   * Deletes a task; of a repeat, those that the person says.
   *
   * @param {Task} task
   */
  async remove(task) {
    const { actions, hold, toaster } = this;
    if (!repeats(task)) return actions.remove([task]);
    const later = await loadLater(this.onProblem);
    later?.askScope({ hold, toaster, task, onChoice: (scope) => actions.remove([task], scope) });
  }

  /** Leaves the search, what narrows the list, and a view that shows a part alone. */
  showAll() {
    this.search.value = "";
    if (this.list.view !== "all") this.go("/");
    this.list.showAll();
  }

  toggleChat() {
    if (this.chat.isOpen()) this.leave();
    else this.go("/chat");
  }

  /**
   * Shows what an address is that is no sheet's: the chat, or a view of the list. Returns what takes text that was typed
   * meanwhile.
   *
   * @param {string} path
   */
  async show(path) {
    const talks = path === "/chat";
    this.chatButton.setAttribute("aria-expanded", String(talks));
    if (talks) return this.chat.open();
    this.chat.close();
    const view = viewAt(path) ?? "all";
    this.panel.draw(); // what stands above the list is there before it
    this.list.show(view);
    this.views.show(view);
    return null;
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

  /** The task whose row has the focus. */
  focused() {
    const row = document.activeElement?.closest(".task");
    return row instanceof HTMLElement ? this.store.get(row.dataset.id ?? "") : undefined;
  }

  /**
   * @param {string} id
   * @param {(task: Task) => void} run
   */
  withTask(id, run) {
    const task = this.store.get(id);
    if (task) run(task);
  }
}
