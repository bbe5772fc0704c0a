// Sheets have addresses, so that Back closes them and a link opens them: #/new, #/task/ID, #/task/ID/history, …

/** `open(path, start, token)` opens the sheet of a path and returns it, or a promise of it, or null for the list. */
export class Router {
  constructor({ open }) {
    this.open = open;
    this.sheet = null;
    this.token = null;
    this.follow = this.follow.bind(this);
  }

  /** Follows the address from now on. */
  start() {
    addEventListener("popstate", this.follow);
    this.follow();
  }

  /** Closes what is open and no longer follows the address. */
  stop() {
    removeEventListener("popstate", this.follow);
    this.closeSheet();
  }

  /** Goes to a path; `start` is handed to what opens there, and not kept in the address. */
  go(path, start = null) {
    history.pushState({ depth: (history.state?.depth ?? 0) + 1 }, "", `#${path}`);
    this.follow(null, start);
  }

  /** To be called when the sheet that was opened with `token` closed: goes back to where it was opened from. */
  closed(token) {
    if (token !== this.token) return;
    this.token = null;
    this.sheet = null;
    if (history.state?.depth) {
      history.back();
    } else {
      history.replaceState(null, "", "#/");
    }
  }

  async follow(_event, start = null) {
    this.closeSheet();
    const token = {};
    this.token = token;
    const sheet = await this.open(location.hash.slice(1) || "/", start, token);
    if (this.token === token) this.sheet = sheet;
    else sheet?.close();
  }

  closeSheet() {
    this.token = null;
    this.sheet?.close();
    this.sheet = null;
  }
}
