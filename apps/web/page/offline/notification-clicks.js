// What a press on a notification does.

/** @import { NotificationClick, WorkerScope } from "../../types/service-worker.js" */

/**
 * Brings the page into view.
 *
 * @param {WorkerScope} scope
 * @param {NotificationClick} event
 */
export async function clickedNotification(scope, event) {
  event.notification.close();
  const pages = await scope.clients.matchAll({ type: "window", includeUncontrolled: true });
  const page = pages.find((one) => new URL(one.url).pathname === "/");
  if (page) await page.focus();
  else await scope.clients.openWindow("/");
}
