// The page's side of the service worker: has it be registered, and says when a newer version of the page is ready.

import * as device from "../device.js";

/** @typedef {{createPolicy: (name: string, rules: {createScriptURL: (url: string) => string}) => {createScriptURL: (url: string) => string}}} Policies */

const WORKER = "/static/sw.js";
const BETWEEN_CHECKS = 3_600_000;

/** Set once this tab has asked the new version to take over: only then is it loaded again. */
let reloads = false;

/**
 * Registers the worker. `onNewer(load)` is called when another version of the page is ready; `load` changes to it.
 *
 * @param {(load: () => void) => void} onNewer
 */
export async function registerWorker(onNewer) {
  if (!("serviceWorker" in navigator)) return;
  let registered;
  try {
    registered = await navigator.serviceWorker.register(workerUrl(), {
      scope: "/",
      type: "module",
      updateViaCache: "none",
    });
  } catch {
    // Blocked, full, or too old for modules: the page works as before, with a network.
    device.set("offline", "no");
    return;
  }
  if (!registered) return;
  device.set("offline", "yes");
  navigator.serviceWorker.addEventListener("controllerchange", () => {
    if (reloads) location.reload();
  });
  const found = () => {
    const { installing } = registered;
    installing?.addEventListener("statechange", () => {
      if (installing.state === "installed") ready(registered, onNewer);
    });
  };
  registered.addEventListener("updatefound", found);
  found();
  ready(registered, onNewer);
  let checked = Date.now();
  document.addEventListener("visibilitychange", () => {
    if (document.hidden || Date.now() - checked < BETWEEN_CHECKS) return;
    checked = Date.now();
    registered.update().catch(() => {});
  });
}

/**
 * A worker that waits: of this page's own version it just takes over, of another the person is asked.
 *
 * @param {ServiceWorkerRegistration} registered
 * @param {(load: () => void) => void} onNewer
 */
async function ready(registered, onNewer) {
  const { waiting } = registered;
  if (!waiting || !registered.active) return;
  const files = await filesOf(waiting);
  if (files === null || filesOfThisPage().every((path) => files.includes(path))) {
    waiting.postMessage({ kind: "take-over" });
    return;
  }
  onNewer(() => {
    reloads = true;
    // With no worker in charge of this tab nothing changes hands here, nor where another tab has had it taken over
    // already: loading is enough.
    if (navigator.serviceWorker.controller && waiting.state === "installed") waiting.postMessage({ kind: "take-over" });
    else location.reload();
  });
}

/** The scripts and styles that this page began with: one of them at least is another in each version. */
function filesOfThisPage() {
  const named = document.querySelectorAll('head script[src], head link[rel="stylesheet"]');
  return [...named].map(
    (one) => new URL(one.getAttribute("src") ?? one.getAttribute("href") ?? "", location.href).pathname,
  );
}

/**
 * The files of a worker's version; null in a checkout, where files change under one name.
 *
 * @param {ServiceWorker} worker
 * @returns {Promise<string[] | null>}
 */
function filesOf(worker) {
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = ({ data }) => resolve(data);
    worker.postMessage({ kind: "files" }, [port2]);
  });
}

/** The one address that the page's policy lets be a script's. */
function workerUrl() {
  const policies = /** @type {{trustedTypes?: Policies}} */ (/** @type {unknown} */ (window)).trustedTypes;
  const only = (/** @type {string} */ url) => {
    if (url !== WORKER) throw new TypeError(`${url} is no worker of this page.`);
    return url;
  };
  return policies?.createPolicy("taskflow-worker", { createScriptURL: only }).createScriptURL(WORKER) ?? WORKER;
}
