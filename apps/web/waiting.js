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

  /** The person has seen it. */
  acknowledge(reminder) {
    return this.answer(reminder, "acknowledge");
  }

  /** It comes again some minutes from now. */
  snooze(reminder, minutes) {
    return this.answer(reminder, "snooze", { minutes });
  }

  /** The person has seen all of them. */
  async acknowledgeAll() {
    await Promise.allSettled(this.items.map((reminder) => this.acknowledge(reminder)));
  }

  /** Nothing more to say about a task that is done or gone. */
  dropTask(taskId) {
    const left = this.items.filter((reminder) => reminder.task_id !== taskId);
    if (left.length === this.items.length) return;
    this.items = left;
    this.changed();
  }

  /** It was answered in another tab. */
  dropReminder(id) {
    this.items = this.items.filter((reminder) => reminder.id !== id);
    this.changed();
  }

  async answer(reminder, verb, body) {
    const { id } = reminder;
    this.answering.add(id);
    this.dropReminder(id);
    let failed = false;
    try {
      await this.api.json("POST", `/api/v1/reminders/${encodeURIComponent(id)}/${verb}`, { body });
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
