// Notifications on the desktop, for those who want them, while nobody looks at the page.

import * as device from "../device.js";

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
 * Shows one, where it is wanted, allowed, and no one sees the page; `tag` replaces an older one of the same tag.
 *
 * @param {string} title
 * @param {string} body
 * @param {string} tag
 */
export function notify(title, body, tag) {
  if (wantsNotifications() && document.hidden && canNotify() && Notification.permission === "granted") {
    new Notification(title, { body, tag, icon: "/static/icon.svg" });
  }
}
