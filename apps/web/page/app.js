// Where the page starts: finds out who is signed in and shows their tasks, or the way in.

import * as device from "./device.js";
import { h } from "./dom.js";
import { browserZone } from "./domain/zones.js";
import { Toaster } from "./notices/toaster.js";
import { Api } from "./server/api.js";
import { ApiError, hasStatus } from "./server/errors.js";
import { Session } from "./session.js";
import { openTabs } from "./tabs.js";
import { signInView } from "./views/sign-in.js";

/**
 * @import { Account, Credentials, SignedIn } from "../types/chat-api.js"
 * @import { TabMessage } from "./tabs.js"
 * @import { Mode } from "./views/sign-in.js"
 */

const root = /** @type {HTMLElement} */ (document.getElementById("root"));
const toaster = new Toaster();
const api = new Api({ onSignedOut: () => session?.end(api.farewell) });
const tabs = openTabs(heard);
/** @type {Session | null} */
let session = null;

/** @param {TabMessage} message */
function heard(message) {
  if (message.kind === "signed-out") session?.end("");
  else if (message.kind === "signed-in" && session?.user.id !== message.userId) start();
  else if (message.kind === "reminder-answered") session?.waiting.dropReminder(message.id);
}

async function start() {
  try {
    open(await whoAmI());
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    if (error.status === 401) showSignIn(api.reason && api.farewell);
    else showUnreachable(error);
  }
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

/** @param {Account} user */
function open(user) {
  session?.stop();
  device.set("known", "yes");
  session = new Session({
    api,
    user,
    toaster,
    tabs,
    onEnd: (notice) => {
      session = null;
      showSignIn(notice);
    },
  });
  session.start(root);
}

function showSignIn(notice = "") {
  session?.stop();
  session = null;
  const view = signInView({ onSubmit: signIn, notice });
  root.replaceChildren(view.node);
  view.focus();
}

/**
 * Raises ApiError.
 *
 * @param {Mode} mode
 * @param {Credentials} credentials
 */
async function signIn(mode, credentials) {
  /** @type {SignedIn} */
  const { user } = await api.json("POST", `/api/v1/auth/${mode}`, { body: credentials, quiet: true });
  if (mode === "signup") await keepZone();
  tabs.tell({ kind: "signed-in", userId: user.id });
  open(user);
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
      h("p", { class: "notice", role: "alert" }, error.message),
      h("button", { class: "primary-button", on: { click: start } }, "Try again"),
    ),
  );
}

// A page brought back from the browser's memory has slept: its stream is dead and its list is old.
addEventListener("pageshow", (event) => {
  if (event.persisted) location.reload();
});

start();
