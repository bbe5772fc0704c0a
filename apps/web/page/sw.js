// The service worker: the page opens without a network. It keeps the page's files and nothing else: what the API answers,
// and whose session it is, passes it by.
//
// A page is asked of the network first, so who reloads has the newest version and a platform that has gone back to Phase
// IV, which has no page, shows that. The files of one version are kept together, under names that hold their hashes; so
// a page never runs with the files of another version.

import { clickedNotification } from "./offline/notification-clicks.js";
import { importedBy, isHashed, namedIn, SHELL } from "./offline/shell-files.js";

/** @import { FetchEvent, LifeEvent, NotificationClick, WorkerMessage, WorkerScope } from "../ambient/service-worker.js" */

const scope = /** @type {WorkerScope} */ (/** @type {unknown} */ (self));
/** What the bundle's maker puts here: which version this is, and its files. A checkout has none: its files change. */
const bundle = /** @type {{BUNDLE?: {version: string, files: string[]}}} */ (globalThis).BUNDLE;
const CACHE = `${SHELL}${bundle?.version ?? "sources"}`;
const PATIENCE = 3_500;

scope.addEventListener("install", (/** @type {LifeEvent} */ event) => event.waitUntil(fill()));
scope.addEventListener("activate", (/** @type {LifeEvent} */ event) => event.waitUntil(clean()));
scope.addEventListener("notificationclick", (/** @type {NotificationClick} */ event) =>
  event.waitUntil(clickedNotification(scope, event)),
);

scope.addEventListener("message", (/** @type {WorkerMessage} */ event) => {
  if (event.data?.kind === "take-over") scope.skipWaiting();
  if (event.data?.kind === "files") event.ports[0]?.postMessage(bundle?.files ?? null);
});

scope.addEventListener("fetch", (/** @type {FetchEvent} */ event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (request.method !== "GET" || url.origin !== scope.location.origin) return;
  if (request.mode === "navigate" && url.pathname === "/") event.respondWith(page(request));
  else if (url.pathname.startsWith("/static/") && url.pathname !== "/static/sw.js") event.respondWith(file(request));
});

/** Keeps every file of this version, or none: then the worker is not installed, and is tried again later. */
async function fill() {
  const index = await whole("/", "no-cache");
  const named = namedIn(await index.clone().text());
  // While pods are replaced, the page may come from one of another version.
  if (bundle && !named.every((name) => bundle.files.includes(name))) throw new Error("The page is of another version.");
  const files = bundle ? bundle.files.filter((name) => name !== "/") : named;
  const cache = await caches.open(CACHE);
  const keep = async (/** @type {string} */ name) => {
    const answer = await whole(name, isHashed(name) ? "default" : "no-cache");
    // Of sources nobody has a list: the page names most, modules the rest.
    const more = bundle || !name.endsWith(".js") ? [] : importedBy(name, await answer.clone().text());
    await cache.put(name, answer);
    return more;
  };
  const seen = new Set(files);
  for (let next = files; next.length > 0; ) {
    const found = (await Promise.all(next.map(keep))).flat();
    next = [...new Set(found)].filter((name) => !seen.has(name));
    for (const name of next) seen.add(name);
  }
  await cache.put("/", index);
}

/**
 * Drops the files of versions long gone. Those of the one before stay as long as this one: a tab that still runs with
 * them, because its person has not had it loaded again, finds there what it has not needed yet.
 */
async function clean() {
  const names = (await caches.keys()).filter((name) => name.startsWith(SHELL) && name !== CACHE);
  await Promise.all(names.slice(0, -1).map((name) => caches.delete(name)));
}

/**
 * A file as it is for everybody: asked without cookies.
 *
 * @param {string} path
 * @param {RequestCache} cache
 */
async function whole(path, cache) {
  const headers = path === "/" ? { Accept: "text/html" } : undefined;
  const answer = await fetch(path, { cache, credentials: "omit", headers });
  if (!answer.ok) throw new Error(`${path}: ${answer.status}`);
  return answer;
}

/**
 * The page: the network's, or after a while without an answer the one that is kept.
 *
 * @param {Request} request
 */
async function page(request) {
  const kept = await fromCache(new Request("/"));
  return (await soon(request, kept !== undefined)) ?? kept ?? Response.error();
}

/** @param {Request} request */
async function file(request) {
  const path = new URL(request.url).pathname;
  const kept = await fromCache(request);
  if (kept && isHashed(path)) return kept;
  const answer = await soon(request, kept !== undefined);
  if (!bundle && answer?.ok) await refresh(path, answer.clone());
  return answer ?? kept ?? Response.error();
}

/**
 * A source that was changed is kept as it is now; where nothing more can be kept, that is no reason not to show it.
 *
 * @param {string} path
 * @param {Response} answer
 */
async function refresh(path, answer) {
  try {
    const cache = await caches.open(CACHE);
    await cache.put(path, answer);
  } catch (error) {
    if (!(error instanceof DOMException)) throw error;
  }
}

/**
 * What is kept of this version, or else of the one before.
 *
 * @param {Request} request
 */
async function fromCache(request) {
  const loosely = { ignoreSearch: true, ignoreVary: true };
  const cache = await caches.open(CACHE);
  return (await cache.match(request, loosely)) ?? caches.match(request, loosely);
}

/**
 * What the network answers; undefined where it does not, or says that nobody is there to answer. With something kept to
 * show instead it is not waited for long.
 *
 * @param {Request} request
 * @param {boolean} impatient
 * @returns {Promise<Response | undefined>}
 */
async function soon(request, impatient) {
  const limit = new Promise((resolve) => {
    if (impatient) setTimeout(resolve, PATIENCE);
  });
  const asked = fetch(request).then(
    (answer) => (answer.status >= 500 && impatient ? undefined : answer),
    () => undefined,
  );
  return /** @type {Promise<Response | undefined>} */ (Promise.race([asked, limit]));
}
