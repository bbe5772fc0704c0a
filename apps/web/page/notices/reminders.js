// Tells of reminders as they go off: by a toast, on the desktop, and by the number in the page's title.

import { dueLabel } from "../domain/due.js";
import { dateLabel, lengthLabel, timeLabel, withinSentence } from "../domain/labels.js";
import { offsetLabel } from "../domain/offsets.js";
import { today, wallTime } from "../domain/zones.js";
import { firedAt } from "../state/waiting.js";
import { strings } from "../strings/index.js";
import { notify } from "./desktop.js";

/**
 * @import { Reminder } from "../../types/reminder-service.js"
 * @import { Clock } from "../domain/zones.js"
 * @import { WaitingReminders } from "../state/waiting.js"
 * @import { Toaster } from "./toaster.js"
 */

const STAY_SECONDS = 45;
const SNOOZE_MINUTES = 10;
const MOST_TOASTS = 3;
const LATE = 60_000;
const words = strings.reminders;

/**
 * What a reminder is about.
 *
 * @param {Reminder} reminder
 * @param {Clock} clock
 */
export function reminderWords(reminder, clock) {
  const title = reminder.title ?? words.aTask;
  const asked = { due_date: reminder.due_date, due_all_day: reminder.due_date.length === 10 };
  const due = dueLabel(asked, clock.now(), clock.zone);
  const parts = [due ? words.due(withinSentence(due)) : offsetLabel(reminder.offset ?? "")];
  const late = firedAt(reminder) - Date.parse(reminder.scheduled_at);
  if (late > LATE) parts.push(words.late(lengthLabel(late)));
  return { title, detail: parts.filter(Boolean).join(" · ") };
}

/**
 * When a reminder that is snoozed now comes again: "16:30", "Tomorrow, 16:20".
 *
 * @param {number} minutes
 * @param {Clock} clock
 */
export function snoozedUntil(minutes, clock) {
  const at = clock.now() + minutes * 60_000;
  const time = timeLabel(new Date(at), clock.zone);
  const { date } = wallTime(at, clock.zone);
  const present = today(clock.now(), clock.zone);
  return date === present ? time : strings.dates.at(withinSentence(dateLabel(date, present)), time);
}

/** Tells of each waiting reminder once, from `start` on; those that wait already by then are not told as new. */
export class ReminderNotices {
  /**
   * @param {object} needs
   * @param {string} needs.userId
   * @param {WaitingReminders} needs.waiting
   * @param {Toaster} needs.toaster
   * @param {Clock} needs.clock
   * @param {() => boolean} needs.speaks whether this tab is the one that tells on the desktop
   * @param {() => void} needs.onShow brings the waiting reminders into view
   */
  constructor({ userId, waiting, toaster, clock, speaks, onShow }) {
    this.userId = userId;
    this.waiting = waiting;
    this.toaster = toaster;
    this.clock = clock;
    this.speaks = speaks;
    this.onShow = onShow;
    /** @type {Set<string>} */
    this.told = new Set();
    this.unsubscribe = () => {};
  }

  start() {
    this.told = new Set(this.waiting.latest.map(keyOf));
    this.unsubscribe = this.waiting.subscribe(() => this.tell());
    this.tell();
  }

  stop() {
    this.unsubscribe();
    document.title = words.pageTitle(0);
  }

  /** A toast for every reminder that was not there before, one for many at once; none for one that no longer waits. */
  tell() {
    const { latest } = this.waiting;
    this.toaster.keep("reminder", new Set(latest.map((reminder) => reminder.task_id)));
    const fresh = latest.filter((reminder) => !this.told.has(keyOf(reminder)));
    for (const reminder of fresh) this.told.add(keyOf(reminder));
    if (fresh.length > MOST_TOASTS) this.tellMany(fresh.length);
    else for (const reminder of fresh) this.tellOne(reminder);
    document.title = words.pageTitle(latest.length);
  }

  /** @param {number} count */
  tellMany(count) {
    this.toaster.keep("reminder", new Set());
    this.toaster.show({
      text: words.many(count),
      kind: "reminder",
      seconds: STAY_SECONDS,
      actions: [{ label: words.show, run: this.onShow }],
    });
    if (this.speaks()) notify({ title: words.many(count), body: "", tag: "reminders" });
  }

  /** @param {Reminder} reminder */
  tellOne(reminder) {
    const { title, detail } = reminderWords(reminder, this.clock);
    this.toaster.show({
      text: title,
      detail,
      kind: "reminder",
      key: reminder.task_id,
      seconds: STAY_SECONDS,
      actions: [
        {
          label: words.snoozeUntil(snoozedUntil(SNOOZE_MINUTES, this.clock)),
          run: () => this.waiting.snooze(reminder, SNOOZE_MINUTES),
        },
        { label: words.gotIt, run: () => this.waiting.acknowledge(reminder) },
      ],
    });
    const { id, task_id: taskId } = reminder;
    const about = { userId: this.userId, reminderId: id, taskId, minutes: SNOOZE_MINUTES };
    if (this.speaks()) notify({ title, body: detail, tag: taskId, about });
  }
}

/**
 * A snoozed reminder that goes off again is a new one to tell about.
 *
 * @param {Reminder} reminder
 */
function keyOf(reminder) {
  return `${reminder.id} ${reminder.fired_at}`;
}
