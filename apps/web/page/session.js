// One signed-in person on this page, from signing in to signing out: puts the parts together and carries news between them.

import { findAll } from "./dom.js";
import { left, signedOut, signOut } from "./ending.js";
import { listenForKeys, listenForPalette } from "./keys.js";
import { problemTeller } from "./notices/problems.js";
import { ReminderNotices } from "./notices/reminders.js";
import { offerZone } from "./notices/zone.js";
import { OfflinePerson } from "./offline/person.js";
import { Router } from "./router.js";
import { isAskedAhead } from "./server/ahead.js";
import { LiveStream } from "./server/stream.js";
import { Sheets } from "./sheets.js";
import { TaskActions } from "./state/actions.js";
import { Drafts } from "./state/drafts.js";
import { Leaving } from "./state/leaving.js";
import { Preferences } from "./state/preferences.js";
import { FIRST_PAGE, Sync } from "./state/sync.js";
import { TaskStore } from "./state/tasks.js";
import { WaitingReminders } from "./state/waiting.js";
import { connectionLine } from "./views/connection.js";
import { Shell } from "./views/shell.js";

/**
 * @import { Account } from "../types/chat-api.js"
 * @import { Clock } from "./domain/zones.js"
 * @import { Toaster } from "./notices/toaster.js"
 * @import { Api } from "./server/api.js"
 * @import { Frame, Status } from "./server/stream.js"
 * @import { Storage } from "./offline/storage.js"
 * @import { Tabs } from "./tabs.js"
 */

const STREAM_FIRST = 300;

/** What is shown and kept of one person. Nothing of it outlives `stop`. */
export class Session {
  /**
   * @param {object} needs
   * @param {Api} needs.api
   * @param {Account} needs.user
   * @param {Toaster} needs.toaster
   * @param {Tabs} needs.tabs
   * @param {Storage} needs.storage
   * @param {boolean} needs.isKnown false where the server could not say yet that it is this person
   * @param {(notice: string) => void} needs.onEnd is called when the session is over
   */
  constructor({ api, user, toaster, tabs, storage, isKnown, onEnd }) {
    this.api = api;
    this.user = user;
    this.toaster = toaster;
    this.tabs = tabs;
    this.onEnd = onEnd;
    this.ended = false;
    this.begun = false;
    this.listening = new AbortController();
    this.problem = problemTeller(toaster, () => this.ended || this.offline.pulse !== "fine");
    this.streamOpened = () => {};

    /** Ends the question for the password, where it is asked. */
    this.asking = new AbortController();
    this.store = new TaskStore();
    const preferences = new Preferences({ api, onSaved: () => this.store.changed() });
    this.preferences = preferences;
    /** @type {Clock} */
    this.clock = {
      now: () => Date.now(),
      get zone() {
        return preferences.zone;
      },
    };
    this.waiting = new WaitingReminders({
      api,
      onAnswered: (id) => tabs.tell({ kind: "reminder-answered", id }),
      onProblem: this.problem,
    });
    const kept = { api, store: this.store, storage, user, preferences, waiting: this.waiting, isKnown };
    this.offline = new OfflinePerson({
      ...kept,
      onChange: () => this.drawConnection(),
      onBack: () => this.seenAgain(),
      onStranger: () => this.end(api.farewell),
    });
    const { queue: writes } = this.offline;
    this.connection = connectionLine({ queue: writes, clock: this.clock, toaster, onProblem: this.problem });
    this.drafts = new Drafts({ userId: user.id, tab: writes.tab });
    const tell = toaster.show.bind(toaster);
    const onTrash = () => this.router.go("/trash");
    const onMore = () => this.sync.loadSoon();
    this.actions = new TaskActions({ api, store: this.store, writes, tell, onTrash, onMore });
    this.leaving = new Leaving({ api, actions: this.actions, tabs, onLeft: (notice) => left(this, notice) });
    this.sync = new Sync({
      api,
      store: this.store,
      beside: this.waiting.loadedOnce,
      onLoaded: () => this.offline.keepList(),
      onReminder: () => this.waiting.load(),
      onProblem: this.problem,
    });
    this.stream = new LiveStream({
      userId: user.id,
      onFrame: (frame) => this.frame(frame),
      onState: (status) => this.streamState(status),
      renew: () => api.renew(),
      onSignedOut: () => api.signInAgain(),
    });
    this.sheets = new Sheets({
      user,
      api,
      store: this.store,
      actions: this.actions,
      drafts: this.drafts,
      preferences,
      clock: this.clock,
      toaster,
      go: (path) => this.router.go(path),
      onRemove: (task) => this.shell?.remove(task),
      palette: () => this.shell?.palette() ?? null,
      onPlace: async (path) => this.shell?.show(path) ?? null,
      onRestored: () => this.sync.loadSoon(),
      onProblem: this.problem,
      onDeleteAccount: (password) => this.leaving.deleteAccount(password),
    });
    this.router = new Router({ open: (path, start, onClose) => this.sheets.open(path, start, onClose) });
    this.notices = new ReminderNotices({
      userId: user.id,
      waiting: this.waiting,
      toaster,
      clock: this.clock,
      speaks: () => this.stream.leading,
      onShow: () => this.shell?.showReminders(),
    });
    /** @type {Shell | null} */
    this.shell = null;
  }

  /**
   * Draws the page and brings it to life.
   *
   * @param {Element} root
   */
  async start(root) {
    const isRecalled = await this.offline.start();
    if (this.ended) return;
    const tasks = this.loadTasks();
    if (isRecalled) {
      this.sync.loaded = true;
      this.show(root);
    }
    await this.loadPreferences();
    if (this.ended) return;
    if (!isRecalled) this.show(root);
    await tasks;
    if (this.ended) return;
    this.begun = true;
    this.notices.start();
    this.router.start();
    const onSwitch = (/** @type {string} */ timezone) => this.preferences.save({ timezone }).catch(this.problem);
    offerZone({ clock: this.clock, toaster: this.toaster, onSwitch });
  }

  /** @param {Element} root */
  show(root) {
    this.shell = this.draw();
    root.replaceChildren(this.shell.node);
    this.shell.node.querySelector("header")?.after(this.connection.node);
    this.drawConnection();
    this.listen(this.shell);
  }

  drawConnection() {
    const { pulse } = this.offline;
    this.connection.setPulse(pulse);
    this.shell?.live.set(pulse === "fine" ? this.stream.status : { state: pulse });
  }

  draw() {
    const shell = new Shell({
      user: this.user,
      api: this.api,
      store: this.store,
      sync: this.sync,
      actions: this.actions,
      drafts: this.drafts,
      waiting: this.waiting,
      clock: this.clock,
      toaster: this.toaster,
      go: (path, start) => this.router.go(path, start),
      leave: () => this.router.leave(),
      hold: (close) => this.router.hold(close),
      after: (run) => this.router.settled(run),
      onSignOut: () => signOut(this),
      onSignOutEverywhere: () => this.leaving.signOutEverywhere(),
      onProblem: this.problem,
    });
    return shell;
  }

  async loadTasks() {
    // Listing after the stream has begun saves a second listing; but a slow stream holds up nothing.
    /** @type {Promise<void>} */
    const opened = new Promise((resolve) => {
      this.streamOpened = resolve;
    });
    this.stream.start();
    if (!isAskedAhead(FIRST_PAGE))
      await Promise.race([opened, new Promise((resolve) => setTimeout(resolve, STREAM_FIRST))]);
    if (!this.ended) await Promise.all([this.sync.load(), this.waiting.load()]);
  }

  async loadPreferences() {
    try {
      await this.preferences.load();
    } catch (error) {
      this.problem(error);
    }
  }

  stop() {
    this.ended = true;
    this.drafts.stop();
    this.asking.abort(false);
    this.listening.abort();
    this.stream.stop();
    this.offline.stop();
    this.sync.stop();
    this.router.stop();
    for (const dialog of findAll(document, "dialog[open]", HTMLDialogElement)) dialog.close();
    this.notices.stop();
    this.shell?.stop();
    this.toaster.clear();
  }

  /**
   * It is over; the notice says why.
   *
   * @param {string} notice
   */
  end(notice) {
    if (this.ended) return;
    this.stop();
    this.offline.forgetList();
    this.onEnd(notice);
  }

  signedOut() {
    return signedOut(this);
  }

  signedInElsewhere() {
    this.asking.abort(true);
  }

  resume() {
    this.sync.loadSoon();
    this.waiting.load();
    return true;
  }

  /** @param {Frame} frame */
  frame(frame) {
    this.offline.heard();
    this.sync.apply(frame);
    if (frame.type === "task.completed" || frame.type === "task.deleted") this.waiting.dropTask(frame.task_id);
    if (frame.type === "reset" || (frame.type === "batch" && frame.reminders > 0)) this.waiting.load();
    if ("task_id" in frame) this.sheets.changed(frame.task_id);
  }

  /** @param {Status} status */
  streamState(status) {
    if (status.state !== "connecting") this.streamOpened();
    if (status.state === "live") this.offline.heard();
    this.sync.streamState(status);
    if (status.state === "live" && !status.resumed && this.begun) this.waiting.load();
    this.drawConnection();
  }

  /**
   * The world outside: keys, the network, the page going out of view and coming back.
   *
   * @param {Shell} shell
   */
  listen(shell) {
    const { signal } = this.listening;
    listenForKeys(shell.shortcuts, signal);
    listenForPalette(() => this.router.go("/find"), signal);
    addEventListener("online", () => this.stream.nudge(), { signal });
    const worker = navigator.serviceWorker;
    worker?.addEventListener("message", ({ data }) => data?.kind === "open" && this.router.go(data.path), { signal });
    document.addEventListener("visibilitychange", () => this.seenAgain(), { signal });
  }

  seenAgain() {
    if (document.hidden) return;
    this.stream.nudge();
    this.sync.loadIfStale();
    this.waiting.load();
    this.store.changed();
  }
}
