// Reminders that went off and that nobody has answered yet.

const MOST = 200;

/** Holds them, oldest first, and tells its listeners when they change. */
export class WaitingReminders {
  /** `onAnswered(id)` is told of each one answered here, for the other tabs. */
  constructor({ api, onAnswered, onProblem }) {
    Object.assign(this, { api, onAnswered, onProblem });
    this.listeners = new Set();
    this.clear();
  }

  /** Forgets everything, for the next person. */
  clear() {
    this.items = [];
    this.answering = new Set(); // ids whose answer is on its way
    this.asked = 0;
    this.loading = 0;
  }

  /** Calls `listener()` after changes; returns a function that stops it. */
  subscribe(listener) {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  changed() {
    for (const listener of this.listeners) listener();
  }

  /** What there is to tell: the last reminder of each task, the oldest first. */
  get latest() {
    const byTask = new Map();
    for (const reminder of this.items) {
      byTask.delete(reminder.task_id);
      byTask.set(reminder.task_id, reminder);
    }
    return [...byTask.values()];
  }

  /** Asks the server which reminders wait; of answers that overtake each other the last asked for counts. */
  async load() {
    this.asked += 1;
    const turn = this.asked;
    this.loading += 1;
    try {
      const { items } = await this.api.json("GET", "/api/v1/reminders", { query: { status: "sent", limit: MOST } });
      if (turn !== this.asked) return;
      this.items = items
        .filter((reminder) => !this.answering.has(reminder.id))
        .sort((one, other) => Date.parse(one.fired_at) - Date.parse(other.fired_at));
      this.changed();
    } catch (error) {
      this.onProblem(error);
    } finally {
      this.loading -= 1;
    }
  }

  /** The person has seen it, and with it the earlier ones of the same task. */
  async acknowledge(reminder) {
    const same = this.items.filter((item) => item.task_id === reminder.task_id);
    await Promise.all(same.map((item) => this.answer(item, "acknowledge")));
  }

  /** It comes again some minutes from now; the earlier ones of the same task do not. */
  async snooze(reminder, minutes) {
    const earlier = this.items.filter((item) => item.task_id === reminder.task_id && item.id !== reminder.id);
    await Promise.all([this.answer(reminder, "snooze", { minutes }), ...earlier.map((item) => this.answer(item, "acknowledge"))]);
  }

  /** The person has seen all of them. */
  async acknowledgeAll() {
    await Promise.all(this.items.map((item) => this.answer(item, "acknowledge")));
  }

  /** Nothing more to say about a task that is done or gone. */
  dropTask(taskId) {
    const left = this.items.filter((reminder) => reminder.task_id !== taskId);
    if (left.length === this.items.length) return;
    this.items = left;
    this.changed();
  }

  /** It was answered in another tab; a list that was asked for before may still hold it. */
  dropReminder(id) {
    this.take(id);
    if (this.loading > 0) this.load();
  }

  take(id) {
    this.items = this.items.filter((reminder) => reminder.id !== id);
    this.changed();
  }

  async answer(reminder, verb, body) {
    const { id } = reminder;
    this.answering.add(id);
    this.take(id);
    let failed = false;
    try {
      await this.api.json("POST", `/api/v1/reminders/${encodeURIComponent(id)}/${verb}`, { body, keepalive: true });
      this.onAnswered(id);
    } catch (error) {
      // Answered in another place already, or its task is gone: either way it no longer waits.
      if (error.status !== 404 && error.status !== 409) {
        this.onProblem(error);
        failed = true;
      }
    } finally {
      this.answering.delete(id);
    }
    // After a failure it still waits; and a list asked for before the answer may still hold it.
    if (failed || this.loading > 0) await this.load();
  }
}
