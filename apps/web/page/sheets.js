// Which sheet an address opens: #/new, #/task/ID, #/task/ID/history, #/settings, #/account/PART, #/help,
// #/trash, #/activity/KIND/RANGE.

import { ApiError, NOT_LOADED } from "./server/errors.js";
import { strings } from "./strings/index.js";

/**
 * @import { Account, NewTask } from "../types/chat-api.js"
 * @import { Clock } from "./domain/zones.js"
 * @import { Toaster } from "./notices/toaster.js"
 * @import { Sheet } from "./router.js"
 * @import { Api } from "./server/api.js"
 * @import { TaskActions } from "./state/actions.js"
 * @import { Drafts } from "./state/drafts.js"
 * @import { Preferences } from "./state/preferences.js"
 * @import { Task, TaskStore } from "./state/tasks.js"
 * @import { PaletteNeeds } from "./views/palette/palette.js"
 */

/** @typedef {Partial<NewTask>} Start What a new task's form begins with. */

/**
 * @typedef {object} Needs
 * @property {Account} user
 * @property {Api} api
 * @property {TaskStore} store
 * @property {TaskActions} actions
 * @property {Drafts} drafts
 * @property {Preferences} preferences
 * @property {Clock} clock
 * @property {Toaster} toaster
 * @property {(path: string) => void} go
 * @property {(task: Task) => void} onRemove
 * @property {() => PaletteNeeds | null} palette what finds, goes and does needs of the page as it is now
 * @property {(path: string) => Promise<Sheet | null>} onPlace shows addresses that are no sheet's
 * @property {() => void} onRestored more tasks came back than one is told of
 * @property {(error: unknown) => void} onProblem
 * @property {(password: string) => Promise<void>} onDeleteAccount raises ApiError
 */

/** Sheets are loaded when the first is opened, in one piece: what is seen first is there sooner. */
const sheets = () => import("./sheets-later.js");

/** Opens sheets, and tells the one that shows what happened when a task changes. */
export class Sheets {
  /** @param {Needs} needs */
  constructor(needs) {
    this.needs = needs;
    /** @type {(Sheet & {changed: (taskId: string) => void}) | null} shows what happened */
    this.history = null;
  }

  /**
   * The sheet of a path; null where it has none, and then the list is all there is.
   *
   * @param {string} path
   * @param {Start | null} start
   * @param {() => void} onClose
   * @returns {Promise<Sheet | null>}
   */
  async open(path, start, onClose) {
    try {
      return await this.opened(path, start, onClose);
    } catch (error) {
      // A part of the page that did not come.
      if (!(error instanceof TypeError && /module|import/i.test(error.message))) throw error;
      this.needs.onProblem(new ApiError(strings.errors.unreachable, { code: NOT_LOADED }));
      onClose();
      return null;
    }
  }

  /**
   * @param {string} path
   * @param {Start | null} start
   * @param {() => void} onClose
   * @returns {Promise<Sheet | null>}
   */
  async opened(path, start, onClose) {
    const { api, user, store, preferences, clock, toaster } = this.needs;
    const [, name, id, part] = path.split("/");
    this.history = null;
    if (name === "new") return this.form({ start: start ?? {}, onClose });
    if (name === "settings") return (await sheets()).openSettings({ preferences, email: user.email, toaster, onClose });
    if (name === "account") return this.account(id ?? "", onClose);
    if (name === "find") return this.palette(onClose);
    if (name === "help") return (await sheets()).openHelp({ toaster, onClose });
    if (name === "trash") return this.trash(onClose);
    if (name === "activity") return this.activity(onClose, id, part);
    if (name === "task" && part === "history") {
      const { openHistory } = await sheets();
      this.history = openHistory({ api, userId: user.id, clock, toaster, store, taskId: id, onClose });
      return this.history;
    }
    if (name === "task" && id) return this.task(id, onClose);
    return this.needs.onPlace(path);
  }

  /** @param {() => void} onClose */
  async palette(onClose) {
    const needs = this.needs.palette();
    const { openPalette } = await sheets();
    return needs && openPalette({ ...needs, onClose });
  }

  /**
   * @param {string} part
   * @param {() => void} onClose
   */
  async account(part, onClose) {
    const { openAccount } = await sheets();
    const { api, user, clock, toaster, go, onDeleteAccount } = this.needs;
    return openAccount(part, { api, user, clock, toaster, go, onDelete: onDeleteAccount, onClose });
  }

  /**
   * @param {() => void} onClose
   * @param {string} [kind] what is shown, as the address has it
   * @param {string} [range] from which days
   */
  async activity(onClose, kind = "", range = "") {
    const { Activity, openActivity } = await sheets();
    const { api, user, store, clock, toaster, go } = this.needs;
    const activity = new Activity({ api, store });
    this.history = openActivity({ activity, userId: user.id, clock, toaster, shown: { kind, range }, go, onClose });
    return this.history;
  }

  /** @param {() => void} onClose */
  async trash(onClose) {
    const { Trash, openTrash } = await sheets();
    const { api, store, clock, toaster, go, onRestored } = this.needs;
    return openTrash({ trash: new Trash({ api, store, onMore: onRestored }), clock, toaster, go, onClose });
  }

  /**
   * What a task's history holds has changed.
   *
   * @param {string} taskId
   */
  changed(taskId) {
    this.history?.changed(taskId);
  }

  /**
   * @param {string} id
   * @param {() => void} onClose
   */
  async task(id, onClose) {
    try {
      return await this.form({ ...(await this.needs.actions.read(id)), onClose });
    } catch (error) {
      this.needs.onProblem(error);
      onClose();
      return null;
    }
  }

  /** @param {{task?: Task | null, etag?: string | null, start?: Start, onClose: () => void}} opened */
  async form({ task = null, etag = null, start = {}, onClose }) {
    const { openTaskForm } = await sheets();
    const { api, actions, drafts, clock, toaster, go, onRemove } = this.needs;
    const sheet = openTaskForm({
      api,
      actions,
      drafts,
      clock,
      toaster,
      task,
      etag,
      start,
      on: {
        close: onClose,
        again: () => go(task ? `/task/${task.id}` : "/new"),
        history: (shown) => go(`/task/${shown.id}/history`),
        reopen: (shown) => go(`/task/${shown.id}`),
        remove: (shown) => {
          // What is asked then comes when the sheet is gone, with its address.
          sheet.dialog.addEventListener("close", () => onRemove(shown), { once: true });
          sheet.close();
        },
      },
    });
    return sheet;
  }
}
