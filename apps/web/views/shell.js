// The page around the list: the bar on top, the list and its helpers, the chat beside it.

import { h, setText } from "../dom.js";
import { icon } from "../icons.js";
import { chatPanel } from "./chat.js";
import { TaskList } from "./list.js";
import { quickAdd } from "./quick-add.js";
import { askScope } from "./scope.js";
import { repeats } from "./row.js";
import { waitingPanel } from "./waiting-panel.js";

const SEARCH_PAUSE = 250;

const LIVE_WORDS = {
  connecting: "Connecting…",
  live: "Live: changes appear as they happen",
  waiting: "TaskFlow is out of reach; trying again",
  busy: "Too many pages follow your tasks at once; this one tries again soon",
};

/** The signed-in page; `router.go(path)` opens sheets. */
export class Shell {
  constructor({ app, router }) {
    this.app = app;
    this.router = router;
    this.search = h("input", {
      type: "search",
      class: "search-input",
      placeholder: "Search",
      "aria-label": "Search tasks",
      autocomplete: "off",
      on: { input: () => this.searched(), keydown: (event) => event.key === "Escape" && this.leaveSearch() },
    });
    this.live = h("span", { class: "live", role: "status" }, h("span", { class: "live-dot" }), h("span", { class: "visually-hidden" }));
    this.quick = quickAdd({ app, onDetails: (start) => router.go("/new", start) });
    this.list = new TaskList({
      app,
      on: {
        toggle: (task) => app.actions.setCompleted(task.id, !task.completed),
        open: (task) => router.go(`/task/${task.id}`),
        history: (task) => router.go(`/task/${task.id}/history`),
        remove: (task) => this.remove(task),
      },
    });
    this.panel = waitingPanel({ app, on: { open: (id) => router.go(`/task/${id}`) } });
    this.chat = chatPanel({ app, onClose: () => this.chatButton.setAttribute("aria-expanded", "false") });
    this.chatButton = h("button", { type: "button", class: "icon-button", "aria-label": "Chat", title: "Chat (c)", "aria-expanded": "false", on: { click: () => this.toggleChat() } }, icon("chat"));
    this.searchTimer = 0;
    this.node = h(
      "div",
      { class: "page" },
      h("a", { class: "skip", href: "#content", on: { click: (event) => (event.preventDefault(), this.quick.focus()) } }, "Skip to your tasks"),
      h(
        "header",
        { class: "bar" },
        h(
          "div",
          { class: "bar-inner" },
          h("p", { class: "brand" }, h("img", { src: "/static/icon.svg", alt: "", width: 26, height: 26 }), h("span", {}, "TaskFlow")),
          this.live,
          h("div", { class: "search", role: "search" }, icon("search"), this.search, h("kbd", { "aria-hidden": "true" }, "/")),
          this.chatButton,
          h("button", { type: "button", class: "icon-button", "aria-label": "Menu", popovertarget: "menu" }, icon("more")),
          this.menu(),
        ),
      ),
      h("main", { id: "content", class: "content" }, h("h1", { class: "visually-hidden" }, "Your tasks"), this.quick.node, this.panel.node, this.list.node),
      this.chat.node,
    );
    this.list.node.addEventListener("keydown", (event) => this.listKey(event));
  }

  menu() {
    const entry = (label, run) => h("button", { type: "button", on: { click: () => (this.menuNode.hidePopover(), run()) } }, label);
    this.menuNode = h(
      "div",
      { id: "menu", class: "menu", popover: "auto" },
      h("p", { class: "menu-user" }, this.app.user.email),
      entry("Settings", () => this.router.go("/settings")),
      entry("Keyboard shortcuts", () => this.router.go("/help")),
      entry("Log out", () => this.app.signOut()),
    );
    return this.menuNode;
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

  /** Shows the state of the live stream. */
  setLive({ state }) {
    this.live.dataset.state = state;
    this.live.title = LIVE_WORDS[state];
    setText(this.live.lastElementChild, LIVE_WORDS[state]);
  }

  remove(task) {
    if (repeats(task)) askScope({ app: this.app, task, onChoice: (scope) => this.app.actions.remove(task.id, scope) });
    else this.app.actions.remove(task.id);
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
    if (text.length > 1) this.searchTimer = setTimeout(() => this.app.sync.search(text).catch((error) => this.app.problem(error)), SEARCH_PAUSE);
  }

  leaveSearch() {
    this.search.value = "";
    this.searched();
    this.search.blur();
  }

  /** Arrow keys go from task to task; Enter on the box opens the task. */
  listKey(event) {
    const row = event.target.closest(".task");
    if (!row) return;
    if (event.key === "Enter" && event.target.matches(".task-check")) {
      event.preventDefault();
      row.querySelector(".task-title").click();
    }
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (!step) return;
    event.preventDefault();
    const rows = [...this.list.node.querySelectorAll(".task")].filter((one) => one.checkVisibility());
    const next = rows[rows.indexOf(row) + step];
    const same = event.target.matches(".task-title") ? ".task-title" : ".task-check";
    next?.querySelector(same).focus();
  }

  /** The page's shortcuts; says whether the key was one. */
  shortcut(key) {
    const run = {
      n: () => this.quick.focus(),
      "/": () => this.search.focus(),
      c: () => this.toggleChat(),
      "?": () => this.router.go("/help"),
    }[key];
    run?.();
    return Boolean(run);
  }
}
