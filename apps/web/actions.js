// What a person does to tasks: each shows at once, goes to the server, and is taken back with a word when refused.

const UNDO_SECONDS = 6;

/** Task commands over one API client, store and toaster. */
export class TaskActions {
  constructor({ api, store, toaster, undoSeconds = UNDO_SECONDS }) {
    Object.assign(this, { api, store, toaster, undoSeconds });
    this.deleting = new Map(); // id → {path, timer}
  }

  path(id, scope) {
    const query = scope && scope !== "this" ? `?scope=${scope}` : "";
    return `/api/v1/tasks/${encodeURIComponent(id)}${query}`;
  }

  /** Makes a task and returns it. Raises ApiError. */
  async create(fields) {
    const task = await this.api.json("POST", "/api/v1/tasks", { body: fields, creates: true });
    this.store.put(task);
    return task;
  }

  /** The task and its ETag, asked for anew. Raises ApiError. */
  async read(id) {
    const { body, headers } = await this.api.request("GET", this.path(id));
    this.store.put(body);
    return { task: body, etag: headers.get("ETag") };
  }

  /**
   * Changes some fields and returns the task. With an `etag`, only if nobody changed it in the meantime: else
   * ApiError with status 412. With `keepalive` the change outlives the page.
   */
  async change(id, fields, { scope, etag, keepalive } = {}) {
    const headers = etag ? { "If-Match": etag } : {};
    const task = await this.api.json("PATCH", this.path(id, scope), { body: fields, headers, keepalive });
    this.store.put(task);
    return task;
  }

  /** Marks a task done, or open again. */
  async setCompleted(id, completed) {
    this.store.draft(id, { completed });
    try {
      await this.change(id, { completed }, { keepalive: true });
    } catch (error) {
      this.failed(error, id, completed ? "It could not be marked done." : "It could not be reopened.");
    } finally {
      this.store.settle(id);
    }
  }

  /** Takes a task out of view and deletes it a few seconds later, unless the person wants it back. */
  remove(id, scope) {
    const task = this.store.get(id);
    if (!task || this.deleting.has(id)) return;
    this.store.draft(id, { hidden: true });
    const timer = setTimeout(() => this.removeNow(id), this.undoSeconds * 1000);
    this.deleting.set(id, { path: this.path(id, scope), timer, scope });
    this.toaster.show({
      text: `“${task.title}” deleted`,
      seconds: this.undoSeconds,
      actions: [{ label: "Undo", run: () => this.restore(id) }],
    });
  }

  restore(id) {
    const pending = this.deleting.get(id);
    if (!pending) return;
    clearTimeout(pending.timer);
    this.deleting.delete(id);
    this.store.settle(id);
  }

  async removeNow(id, { keepalive = false } = {}) {
    const { path, timer } = this.deleting.get(id);
    clearTimeout(timer);
    this.deleting.delete(id);
    try {
      await this.api.request("DELETE", path, { keepalive });
      this.store.remove(id);
    } catch (error) {
      if (error.status === 404) this.store.remove(id);
      else this.failed(error, id, "It could not be deleted.");
    } finally {
      this.store.settle(id);
    }
  }

  /** Sends the deletions that still wait for a change of mind; for a page that is being left. */
  async flush() {
    await Promise.all([...this.deleting.keys()].map((id) => this.removeNow(id, { keepalive: true })));
  }

  failed(error, id, text) {
    if (error.status === 401) return;
    if (error.status === 404) {
      this.store.remove(id);
      this.toaster.show({ text: "That task has been deleted in another place.", kind: "problem" });
    } else {
      this.toaster.show({ text: `${text} ${error.message}`, kind: "problem" });
    }
  }
}
