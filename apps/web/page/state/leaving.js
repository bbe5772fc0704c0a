// Signing out, here or everywhere, and deleting the account: what has the session be ended, and says so to the other tabs.

import { hasStatus } from "../server/errors.js";
import { strings } from "../strings/index.js";

/**
 * @import { Api, Options } from "../server/api.js"
 * @import { TaskActions } from "./actions.js"
 */

/** The ways out of a session. */
export class Leaving {
  /**
   * @param {object} needs
   * @param {Api} needs.api
   * @param {TaskActions} needs.actions
   * @param {{tell: (message: {kind: "signed-out"}) => void}} needs.tabs
   * @param {(notice: string) => void} needs.onLeft is called when the session is over
   */
  constructor({ api, actions, tabs, onLeft }) {
    this.api = api;
    this.actions = actions;
    this.tabs = tabs;
    this.onLeft = onLeft;
    /** Settles when what was asked last about logging out is answered. */
    this.answered = Promise.resolve();
  }

  /** Raises ApiError. */
  signOut() {
    return this.leave(() => this.ask({ quiet: true }), "");
  }

  /** Ends every session of the person, this one as well. Raises ApiError. */
  signOutEverywhere() {
    return this.leave(() => this.ask({ body: { everywhere: true } }), strings.entrance.loggedOutEverywhere);
  }

  /**
   * Deletes the account, for good. Raises ApiError.
   *
   * @param {string} password
   */
  deleteAccount(password) {
    const ask = () => this.api.json("DELETE", "/api/v1/auth/account", { body: { password } });
    return this.leave(ask, strings.entrance.accountDeleted);
  }

  /**
   * Has the session be ended by what `ask` asks, after what still waited to be sent. Raises ApiError.
   *
   * @param {() => Promise<unknown>} ask
   * @param {string} notice
   */
  leave(ask, notice) {
    const left = this.actions
      .settled()
      .then(ask)
      .then(() => {
        this.tabs.tell({ kind: "signed-out" });
        history.replaceState(null, "", location.pathname);
        this.onLeft(notice);
      });
    this.answered = left.catch(() => {});
    return left;
  }

  /** @param {Options} how */
  async ask(how) {
    try {
      await this.api.json("POST", "/api/v1/auth/logout", how);
    } catch (error) {
      // Who is not logged in here need not be logged out here.
      if (!(how.quiet && hasStatus(error, 401))) throw error;
    }
  }
}
