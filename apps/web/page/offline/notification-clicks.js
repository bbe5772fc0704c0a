// What a press on a reminder's notification does, with or without an open page. The session is the cookie's, which the
// browser sends: when it has run out it is renewed, and when it is somebody else's nothing is done in their name.

/** @import { NotificationClick, WorkerScope } from "../../ambient/service-worker.js" */

/** @typedef {{userId: string, reminderId: string, taskId: string, minutes: number}} About Which reminder it is of. */

const PATIENCE = 10_000;

/**
 * @param {WorkerScope} scope
 * @param {NotificationClick} event
 */
export async function clickedNotification(scope, event) {
  const { notification, action } = event;
  /** @type {(About & {failed: string}) | null} */
  const about = notification.data ?? null;
  notification.close();
  if (!about || !action) return show(scope, about ? `/task/${about.taskId}` : "/");
  if (await isDone(about, action)) {
    const tabs = new BroadcastChannel("taskflow-tabs");
    tabs.postMessage({ kind: "reminder-answered", id: about.reminderId });
    tabs.close();
    return;
  }
  // A notification may be answered without a network: it comes back, says so, and can be answered again.
  const { title, tag, actions } = /** @type {Notification & {actions: unknown[]}} */ (notification);
  const again = { body: about.failed, tag, actions, data: about, icon: "/static/icon.svg" };
  await scope.registration.showNotification(title, again);
}

/**
 * Does what is asked; says false where it could not be done.
 *
 * @param {About} about
 * @param {string} action
 */
async function isDone({ userId, reminderId, taskId, minutes }, action) {
  try {
    if (!(await isSignedIn(userId))) return false;
    const reminder = `/api/v1/reminders/${encodeURIComponent(reminderId)}`;
    const answer =
      action === "done"
        ? await send("PATCH", `/api/v1/tasks/${encodeURIComponent(taskId)}`, { completed: true })
        : await send("POST", `${reminder}/snooze`, { minutes });
    // Answered in another place already, or its task is gone: nothing is left to do.
    return answer.ok || [404, 409].includes(answer.status);
  } catch (error) {
    if (error instanceof TypeError || error instanceof DOMException) return false;
    throw error;
  }
}

/**
 * Whether this person is signed in, perhaps after a renewal.
 *
 * @param {string} userId
 */
async function isSignedIn(userId) {
  let who = await send("GET", "/api/v1/auth/me");
  if (who.status === 401) {
    await send("POST", "/api/v1/auth/refresh");
    who = await send("GET", "/api/v1/auth/me");
  }
  return who.ok && (await who.json()).id === userId;
}

/**
 * @param {string} method
 * @param {string} path
 * @param {object} [body]
 */
function send(method, path, body) {
  return fetch(path, {
    method,
    credentials: "same-origin",
    cache: "no-store",
    headers: body ? { "Content-Type": "application/json" } : {},
    body: body && JSON.stringify(body),
    signal: AbortSignal.timeout(PATIENCE),
  });
}

/**
 * Brings the page into view, or opens it, at an address of its own.
 *
 * @param {WorkerScope} scope
 * @param {string} path
 */
async function show(scope, path) {
  const pages = await scope.clients.matchAll({ type: "window", includeUncontrolled: true });
  const page = pages.find((one) => new URL(one.url).pathname === "/");
  if (!page) {
    await scope.clients.openWindow(`/#${path}`);
    return;
  }
  await page.focus();
  page.postMessage({ kind: "open", path });
}
