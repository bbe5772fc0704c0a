// Notifications on the desktop, for those who want them, while nobody looks at the page.

import * as device from "../device.js";
import { registration } from "../offline/registration.js";
import { strings } from "../strings/index.js";

/** @import { About } from "../offline/notification-clicks.js" */

/** Whether this browser has them at all. */
export function canNotify() {
  return "Notification" in window;
}

/** Whether the person wants them on this device. */
export function wantsNotifications() {
  return device.get("desktop") === "on";
}

/**
 * Keeps whether they are wanted, after asking the browser's leave where it is needed. Says whether they will come.
 *
 * @param {boolean} wanted
 */
export async function setNotifications(wanted) {
  const on = wanted && (await Notification.requestPermission()) === "granted";
  device.set("desktop", on ? "on" : "off");
  return on;
}

/**
 * @typedef {object} Notice
 * @property {string} title
 * @property {string} body
 * @property {string} tag replaces an older one of the same tag
 * @property {About} [about] the reminder; with it, what can be done about that
 */

/**
 * Shows one, where it is wanted, allowed, and no one sees the page: by the service worker, since phones allow no other
 * way, and what is pressed works when the page is closed; without one by the page, where that is allowed.
 *
 * @param {Notice} notice
 */
export async function notify({ title, body, tag, about }) {
  if (!wantsNotifications() || !document.hidden || !canNotify() || Notification.permission !== "granted") return;
  const options = { body, tag, icon: "/static/icon.svg" };
  const worker = await registration();
  if (worker?.active) {
    const words = strings.notification;
    const actions = [
      { action: "snooze", title: words.snooze },
      { action: "done", title: words.done },
    ];
    const data = about && { ...about, failed: words.failed };
    await worker.showNotification(
      title,
      /** @type {NotificationOptions} */ ({ ...options, data, actions: about ? actions : [] }),
    );
    return;
  }
  try {
    new Notification(title, options);
  } catch (error) {
    // Chrome on Android has the name and refuses the use.
    if (!(error instanceof TypeError)) throw error;
  }
}
