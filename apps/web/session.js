// One signed-in person on this page: their tasks, reminders and stream, from signing in to signing out.

import { TaskActions } from "./actions.js";
import * as device from "./device.js";
import { isTyping } from "./dom.js";
import { Router } from "./router.js";
import { LiveStream } from "./stream.js";
import { Sync } from "./sync.js";
import { TaskStore } from "./tasks.js";
import { openHelp } from "./views/help.js";
import { openHistory } from "./views/history.js";
import { openSettings } from "./views/settings.js";
import { Shell } from "./views/shell.js";
import { openTaskForm } from "./views/task-form.js";
import { reminderWords } from "./views/waiting-panel.js";
import { WaitingReminders } from "./waiting.js";
import { browserZone, isZone, wallTime, zoneLabel } from "./when.js";

const STREAM_FIRST = 300;
const REMINDER_SECONDS = 45;
const PREFERENCES = "/api/v1/me/preferences";
const SNOOZE_MINUTES = 10;
const MOST_TOASTS = 3;

/**
 * The context that every view is given: `api`, `store`, `sync`, `waiting`, `actions`, `toaster`, `device`, `user`,
 * `prefs`, `zone`, `now()`, `problem(error)`. `tabs.tell(message)` reaches the other tabs; `onEnd(notice)` is called
 * when the session is over.
 */
export class Session {
  constructor({ api, user, toaster, tabs, onEnd }) {
    Object.assign(this, { api, user, toaster, tabs, onEnd, device });
    this.prefs = {};
    this.zone = browserZone();
    this.store = new TaskStore();
    this.waiting = new WaitingReminders({
      api,
      onAnswered: (id) => tabs.tell({ kind: "reminder-answered", id }),
      onProblem: (error) => this.problem(error),
    });
    this.sync = new Sync({ api, store: this.store, onReminder: () => this.waiting.load(), onProblem: (error) => this.problem(error) });
    this.actions = new TaskActions({ api, store: this.store, toaster });
    this.stream = new LiveStream({
      userId: user.id,
      onFrame: (frame) => this.frame(frame),
      onState: (status) => this.streamState(status),
      renew: () => api.renew(),
      onSignedOut: () => this.end("Your session has ended. Log in again to go on."),
    });
    this.router = new Router({ open: (path, start, token) => this.openSheet(path, start, token) });
    this.listening = new AbortController();
    this.announced = null;
    this.ended = false;
  }

  now() {
    return Date.now();
  }

  /** Draws the page and brings it to life. */
  async start(root) {
    const tasks = this.loadTasks();
    await this.loadPreferences();
    if (this.ended) return;
    this.shell = new Shell({ app: this, router: this.router });
    root.replaceChildren(this.shell.node);
    this.shell.setLive(this.stream.status);
    this.listen();
    await tasks;
    if (this.ended) return;
    this.announced = new Set(this.waiting.latest.map(keyOf));
    this.waiting.subscribe(() => this.announce());
    this.announce();
    this.router.start();
    this.offerZone();
  }

  async loadTasks() {
    // Listing after the stream has begun saves a second listing; but a slow stream holds up nothing.
    const opened = new Promise((resolve) => {
      this.streamOpened = resolve;
    });
    this.stream.start();
    await Promise.race([opened, new Promise((resolve) => setTimeout(resolve, STREAM_FIRST))]);
    if (!this.ended) await Promise.all([this.sync.load(), this.waiting.load()]);
  }

  /** Stops everything that belongs to the session, without a word to the server. */
  stop() {
    this.ended = true;
    this.listening.abort();
    this.stream.stop();
    this.sync.stop();
    this.router.stop();
    this.shell?.stop();
    this.toaster.clear();
    document.title = "TaskFlow";
  }

  end(notice) {
    if (this.ended) return;
    this.stop();
    this.onEnd(notice);
  }

  async signOut() {
    await this.actions.flush();
    try {
      await this.api.json("POST", "/api/v1/auth/logout", { quiet: true });
    } catch (error) {
      if (error.status !== 401) return this.problem(error);
    }
    this.tabs.tell({ kind: "signed-out" });
    history.replaceState(null, "", location.pathname);
    this.end("");
  }

  /** Says what went wrong, once however often it does; being signed out has its own way. */
  problem(error) {
    if (error.name !== "ApiError") throw error;
    if (error.status === 401 || this.ended) return;
    this.toaster.show({ text: error.message, kind: "problem", key: "problem" });
  }

  // Preferences

  async loadPreferences() {
    try {
      this.takePreferences(await this.api.json("GET", PREFERENCES));
    } catch (error) {
      this.problem(error);
    }
  }

  async savePreferences(changes) {
    const { timezone, notifications } = { ...this.prefs, ...changes };
    const body = notifications === undefined ? { timezone } : { timezone, notifications };
    this.takePreferences(await this.api.json("PUT", PREFERENCES, { body }));
    this.store.changed();
  }

  /** Someone who travels, or never chose a zone, is asked once per zone whether this device's is the right one. */
  offerZone() {
    const own = browserZone();
    if (own === this.zone || device.get("zone-kept") === own || wallTime(this.now(), own).time === wallTime(this.now(), this.zone).time) return;
    this.toaster.show({
      text: `Times are shown for ${zoneLabel(this.zone)}.`,
      detail: `This device is in ${zoneLabel(own)}.`,
      seconds: Infinity,
      key: "zone",
      actions: [
        { label: "Switch", run: () => this.savePreferences({ timezone: own }).catch((error) => this.problem(error)) },
        { label: "Keep", run: () => device.set("zone-kept", own) },
      ],
    });
  }

  takePreferences(prefs) {
    this.prefs = prefs;
    if (prefs.timezone && isZone(prefs.timezone)) this.zone = prefs.timezone;
  }

  // The stream

  frame(frame) {
    this.sync.apply(frame);
    if (frame.type === "task.completed" || frame.type === "task.deleted") this.waiting.dropTask(frame.task_id);
    if (frame.type === "reset" || frame.reminders > 0) this.waiting.load();
    if (frame.task_id) this.history?.changed(frame.task_id);
  }

  streamState(status) {
    if (status.state !== "connecting") this.streamOpened?.();
    this.sync.streamState(status);
    if (status.state === "live" && !status.resumed && this.announced) this.waiting.load();
    this.shell?.setLive(status);
  }

  /** A toast for every reminder that was not there before, one for many at once; none for one that no longer waits. */
  announce() {
    const { latest } = this.waiting;
    this.toaster.keep("reminder", new Set(latest.map((reminder) => reminder.task_id)));
    const fresh = latest.filter((reminder) => !this.announced.has(keyOf(reminder)));
    for (const reminder of fresh) this.announced.add(keyOf(reminder));
    if (fresh.length > MOST_TOASTS) this.announceMany(fresh.length);
    else fresh.forEach((reminder) => this.announceOne(reminder));
    document.title = latest.length > 0 ? `(${latest.length}) TaskFlow` : "TaskFlow";
  }

  announceMany(count) {
    this.toaster.keep("reminder", new Set());
    this.toaster.show({
      text: `${count} reminders`,
      kind: "reminder",
      seconds: REMINDER_SECONDS,
      actions: [{ label: "Show", run: () => this.shell.showReminders() }],
    });
    this.notify(`${count} reminders`, "", "reminders");
  }

  announceOne(reminder) {
    const { title, detail } = reminderWords(this, reminder);
    this.toaster.show({
      text: title,
      detail,
      kind: "reminder",
      key: reminder.task_id,
      seconds: REMINDER_SECONDS,
      actions: [
        { label: "Snooze", run: () => this.waiting.snooze(reminder, SNOOZE_MINUTES) },
        { label: "Got it", run: () => this.waiting.acknowledge(reminder) },
      ],
    });
    this.notify(title, detail, reminder.task_id);
  }

  /** On the desktop, for those who want that, when no tab of the page is looked at; by one of the tabs. */
  notify(title, body, tag) {
    const wanted = device.get("desktop") === "on" && document.hidden && this.stream.leading;
    if (wanted && "Notification" in window && Notification.permission === "granted") {
      new Notification(title, { body, tag, icon: "/static/icon.svg" });
    }
  }

  // Sheets

  async openSheet(path, start, token) {
    const onClose = () => this.router.closed(token);
    const [, name, id, part] = path.split("/");
    this.history = null;
    if (name === "new") return this.openForm({ start: start ?? {}, onClose });
    if (name === "settings") return openSettings({ app: this, onClose });
    if (name === "help") return openHelp({ app: this, onClose });
    if (name === "task" && part === "history") {
      this.history = openHistory({ app: this, taskId: id, title: this.store.get(id)?.title ?? "", onClose });
      return this.history;
    }
    if (name === "task" && id) return this.openTask(id, onClose);
    return null;
  }

  async openTask(id, onClose) {
    try {
      return this.openForm({ ...(await this.actions.read(id)), onClose });
    } catch (error) {
      this.problem(error);
      onClose();
      return null;
    }
  }

  openForm({ task = null, etag = null, start = {}, onClose }) {
    const sheet = openTaskForm({
      app: this,
      task,
      etag,
      start,
      on: {
        close: onClose,
        history: () => this.router.go(`/task/${task.id}/history`),
        reopen: () => this.router.go(`/task/${task.id}`),
        remove: () => {
          sheet.close();
          this.shell.remove(task);
        },
      },
    });
    return sheet;
  }

  // The world outside

  listen() {
    const { signal } = this.listening;
    addEventListener("keydown", (event) => this.key(event), { signal });
    addEventListener("online", () => this.stream.nudge(), { signal });
    addEventListener("pagehide", () => this.actions.flush(), { signal });
    document.addEventListener("visibilitychange", () => this.seenAgain(), { signal });
  }

  seenAgain() {
    if (document.hidden) return;
    this.stream.nudge();
    this.sync.loadIfStale();
    this.waiting.load();
    this.store.changed();
  }

  key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event)) return;
    if (document.querySelector("dialog[open]") || device.get("keys") === "off") return;
    if (this.shell.shortcut(event.key)) event.preventDefault();
  }
}

/** A snoozed reminder that goes off again is a new one to tell about. */
function keyOf(reminder) {
  return `${reminder.id} ${reminder.fired_at}`;
}
