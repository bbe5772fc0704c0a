// Where the page starts: finds out who is signed in and shows their tasks, or the way in.

import { Api } from "./api.js";
import * as device from "./device.js";
import { Session } from "./session.js";
import { signInView } from "./views/sign-in.js";
import { Toaster } from "./views/toaster.js";
import { browserZone } from "./when.js";

const EXPIRED = "Your session has ended. Log in again to go on.";

const root = document.getElementById("root");
const toaster = new Toaster();
const api = new Api({ onSignedOut: () => session?.end(EXPIRED) });
const tabs = openTabs();
let session = null;

/** A way to the other tabs of this browser. */
function openTabs() {
  const channel = new BroadcastChannel("taskflow-tabs");
  channel.addEventListener("message", ({ data }) => {
    if (data.kind === "signed-out") session?.end("");
    else if (data.kind === "signed-in" && session?.user.id !== data.userId) start();
    else if (data.kind === "reminder-answered") session?.waiting.dropReminder(data.id);
  });
  return { tell: (message) => channel.postMessage(message) };
}

async function start() {
  try {
    open(await whoAmI());
  } catch (error) {
    if (error.name !== "ApiError") throw error;
    if (error.status === 401) showSignIn();
    else showUnreachable(error);
  }
}

/**
 * The person signed in, perhaps since a week ago: then the session is renewed first. On a device where nobody ever
 * signed in there is nothing to renew. Raises ApiError.
 */
async function whoAmI() {
  const ask = () => api.json("GET", "/api/v1/auth/me", { quiet: true });
  try {
    return await ask();
  } catch (error) {
    if (error.status !== 401 || device.get("known") === null || !(await api.renew())) throw error;
    return ask();
  }
}

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

async function signIn(mode, credentials) {
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
    if (error.name !== "ApiError") throw error;
  }
}

function showUnreachable(error) {
  const message = document.createElement("p");
  message.className = "notice";
  message.setAttribute("role", "alert");
  message.textContent = error.message;
  const again = document.createElement("button");
  again.className = "primary-button";
  again.textContent = "Try again";
  again.addEventListener("click", start);
  const view = document.createElement("main");
  view.className = "sign-in";
  view.append(message, again);
  root.replaceChildren(view);
}

// A page brought back from the browser's memory has slept: its stream is dead and its list is old.
addEventListener("pageshow", (event) => {
  if (event.persisted) location.reload();
});

start();
