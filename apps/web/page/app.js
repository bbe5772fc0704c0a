// Where the page starts: finds out who is signed in and shows their tasks, or the way in.

import * as device from "./device.js";
import { h } from "./dom.js";
import { browserZone } from "./domain/zones.js";
import { left } from "./ending.js";
import { Toaster } from "./notices/toaster.js";
import { LastList } from "./offline/last-list.js";
import { Storage } from "./offline/storage.js";
import { linkIn } from "./router.js";
import { forgetAhead } from "./server/ahead.js";
import { Api } from "./server/api.js";
import { ApiError, hasStatus } from "./server/errors.js";
import { Session } from "./session.js";
import { strings } from "./strings/index.js";
import { openTabs } from "./tabs.js";
import { signInView } from "./views/entrance/sign-in.js";
import { loadLater } from "./views/parts/later.js";

/**
 * @import { Account, Credentials, NewAccount, SignedIn } from "../types/chat-api.js"
 * @import { Link } from "./router.js"
 * @import { TabMessage } from "./tabs.js"
 * @import { Mode } from "./views/entrance/sign-in.js"
 */

/** @typedef {{node: Element, focus: () => void}} View What is shown instead of the list. */

const root = /** @type {HTMLElement} */ (document.getElementById("root"));
const toaster = new Toaster();
const api = new Api({ onSignedOut: () => session?.signedOut() });
const tabs = openTabs(heard);
const storage = new Storage();
const lastList = new LastList(storage);
const PATIENCE = 4_000;
/** @type {Session | null} */
let session = null;

/** @param {TabMessage} message */
function heard(message) {
  if (message.kind === "signed-out") session && left(session, "");
  else if (message.kind === "reminder-answered") session?.waiting.dropReminder(message.id);
  else if (session?.user.id === message.userId) session.signedInElsewhere();
  // Who is about to use a link is not taken away from it.
  else if (linkIn(location.hash) === null) start();
}

/** Shows what the address and the session say; `notice` is what has been done just before. */
async function start(notice = "") {
  const link = linkIn(location.hash);
  if (link && link.kind !== "invitation") return later(() => linkView(link));
  const kept = await lastList.recall();
  try {
    const user = await (kept ? soon(whoAmI()) : whoAmI());
    forgetLink();
    api.reason = "";
    open(user, true);
    const words = link ? strings.entrance.loggedInAs(user.email) : notice;
    if (words) toaster.show({ text: words, seconds: 15 });
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    if (hasStatus(error, 401)) {
      device.remove("known");
      await lastList.forget();
      showSignIn(notice || (api.reason && api.farewell), link);
    } else if (kept) open(kept.user, false);
    else showUnreachable(error);
  }
}

/**
 * The answer, or after a while ApiError: there is something to show without it.
 *
 * @template Answer
 * @param {Promise<Answer>} asked
 * @returns {Promise<Answer>}
 */
function soon(asked) {
  const late = new Promise((_, reject) => {
    setTimeout(() => reject(new ApiError(strings.errors.unanswered)), PATIENCE);
  });
  return /** @type {Promise<Answer>} */ (Promise.race([asked, late]));
}

/**
 * What a link that was mailed is for.
 *
 * @param {Link} link
 */
async function linkView({ kind, secret }) {
  const onLeave = () => finish("");
  if (kind === "email") {
    const { confirmEmailView } = await import("./sheets-later.js");
    return confirmEmailView({ onConfirm: () => use("email", { link: secret }), onLeave });
  }
  const { newPasswordView } = await import("./sheets-later.js");
  return newPasswordView({ onSubmit: (password) => use("reset", { link: secret, password }), onLeave });
}

/**
 * Shows a view that few ever see, whose script is loaded when it is.
 *
 * @param {() => Promise<View>} load
 */
async function later(load) {
  try {
    show(await load());
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    showUnreachable(new ApiError(strings.errors.unreachable));
  }
}

const DONE = {
  reset: strings.entrance.passwordSet,
  email: strings.entrance.emailConfirmed,
};

/**
 * Raises ApiError.
 *
 * @param {keyof typeof DONE} kind
 * @param {{link: string, password?: string}} body
 */
async function use(kind, body) {
  await api.json("POST", `/api/v1/auth/${kind}/complete`, { body, quiet: true });
  finish(DONE[kind]);
}

/** @param {string} notice */
function finish(notice) {
  forgetLink();
  start(notice);
}

/** A link that was used, or left, is gone from the address: it says nothing to anybody any more. */
function forgetLink() {
  if (linkIn(location.hash)) history.replaceState(null, "", location.pathname);
}

/**
 * The person signed in, perhaps since a week ago: then the session is renewed first. On a device where nobody ever
 * signed in there is nothing to renew. Raises ApiError.
 *
 * @returns {Promise<Account>}
 */
async function whoAmI() {
  /** @returns {Promise<Account>} */
  const ask = () => api.json("GET", "/api/v1/auth/me", { quiet: true });
  try {
    return await ask();
  } catch (error) {
    if (!hasStatus(error, 401) || device.get("known") === null || !(await api.renew())) throw error;
    return ask();
  }
}

/**
 * @param {Account} user
 * @param {boolean} isKnown false where it is who was here last, and the server cannot be asked
 */
function open(user, isKnown) {
  session?.stop();
  device.set("known", "yes");
  session = new Session({
    api,
    user,
    toaster,
    tabs,
    storage,
    isKnown,
    onEnd: (notice) => {
      session = null;
      showSignIn(notice);
    },
  });
  session.start(root);
}

/**
 * @param {string} notice
 * @param {Link | null} [invitation]
 */
function showSignIn(notice, invitation = null) {
  const onForgot = (/** @type {() => string} */ email) =>
    later(async () => {
      const { forgotView } = await import("./sheets-later.js");
      // What was typed while it was loaded goes along.
      return forgotView({ email: email(), onSend: askForReset, onLeave: () => showSignIn("", invitation) });
    });
  const invited = invitation !== null;
  show(
    signInView({
      onSubmit: (mode, credentials) =>
        signIn(mode, mode === "signup" && invited ? { ...credentials, invitation: invitation.secret } : credentials),
      onForgot,
      notice: notice || (invited ? strings.entrance.invited : ""),
      invited,
    }),
  );
}

/** @param {View} view */
function show(view) {
  forgetAhead();
  session?.stop();
  session = null;
  root.replaceChildren(view.node);
  view.focus();
}

/**
 * Raises ApiError.
 *
 * @param {string} email
 */
function askForReset(email) {
  return api.json("POST", "/api/v1/auth/reset", { body: { email }, quiet: true });
}

/**
 * Raises ApiError.
 *
 * @param {Mode} mode
 * @param {Credentials | NewAccount} credentials
 */
async function signIn(mode, credentials) {
  if (!navigator.cookieEnabled) throw new ApiError(strings.errors.noCookies);
  /** @type {SignedIn} */
  const { user } = await api.json("POST", `/api/v1/auth/${mode}`, { body: credentials, quiet: true });
  if (mode === "signup") await keepZone();
  forgetLink();
  tabs.tell({ kind: "signed-in", userId: user.id });
  open(user, true);
}

/** A new person's zone is the one of the device they sign up on. */
async function keepZone() {
  try {
    await api.json("PUT", "/api/v1/me/preferences", { body: { timezone: browserZone() }, quiet: true });
  } catch (error) {
    // The account is made all the same, and the next start of the page tries again.
    if (!(error instanceof ApiError)) throw error;
  }
}

/** @param {ApiError} error */
function showUnreachable(error) {
  root.replaceChildren(
    h(
      "main",
      { class: "sign-in" },
      h("h1", { class: "brand brand-large" }, "TaskFlow"),
      h("p", { class: "notice", role: "alert" }, error.message),
      h("button", { class: "primary-button", on: { click: () => start() } }, strings.entrance.tryAgain),
    ),
  );
}

// A link that is opened where the page is open already.
addEventListener("hashchange", () => {
  if (linkIn(location.hash)) start();
});

// A page brought back from the browser's memory has slept: its stream is dead and its list is old.
addEventListener("pageshow", (event) => {
  if (event.persisted) location.reload();
});

/** @param {() => void} load */
function offerNewer(load) {
  toaster.show({
    text: strings.newer.ready,
    seconds: Number.POSITIVE_INFINITY,
    key: "newer",
    actions: [{ label: strings.newer.reload, run: load }],
  });
}

start();
dispatchEvent(new Event("taskflow-started"));
// What opens the page without a network comes after what opens it now.
setTimeout(async () => (await loadLater(() => {}))?.registerWorker(offerNewer), 1_500);
