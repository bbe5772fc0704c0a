// The page's first script, small and by itself. It asks for what is seen first while the others are on their way; and
// where they do not come, it says so and tries again, a few times by itself and as often as the person likes.

(() => {
  const TRIES = 3;
  const KEY = "taskflow.tries";
  const FORGOTTEN = 120_000;
  const WORDS = {
    en: {
      failed: "TaskFlow could not be loaded.",
      again: "Trying again…",
      checked: "Check your connection.",
      retry: "Retry",
      old: "This browser is too old: some of TaskFlow will not work.",
    },
    de: {
      failed: "TaskFlow konnte nicht geladen werden.",
      again: "Neuer Versuch…",
      checked: "Ist das Gerät mit dem Netz verbunden?",
      retry: "Noch einmal",
      old: "Dieser Browser ist zu alt: Einiges von TaskFlow geht hier nicht.",
    },
  };
  /** What the page asks for first, just as it asks (server/ahead.js hands the answers out). */
  const FIRST = [
    "/api/v1/auth/me",
    "/api/v1/me/preferences",
    "/api/v1/tasks?completed=false&sort=due&limit=200",
    "/api/v1/reminders?status=sent&limit=200",
    "/api/v1/tasks?completed=true&limit=50",
  ];
  const PATIENCE = 12_000;
  const language = spoken();
  const words = WORDS[language];
  let started = false;
  let over = false;

  /**
   * What is kept on this device (device.js).
   *
   * @param {string} name
   */
  function kept(name) {
    try {
      return localStorage.getItem(`taskflow.${name}`);
    } catch (error) {
      if (error instanceof DOMException || error instanceof TypeError) return null;
      throw error;
    }
  }

  /** The language that was chosen on this device, or that the browser's owner reads (strings/locale.js). */
  function spoken() {
    const codes = [kept("language") ?? "", ...navigator.languages].map((tag) => tag.split("-")[0].toLowerCase());
    return codes.find((code) => code === "de" || code === "en") ?? "en";
  }

  /** The words of this language alone: which ones they are is known here first. */
  function loadWords() {
    const [href, integrity] = (document.currentScript?.dataset[language] ?? "").split(" ");
    if (!href) return;
    const link = Object.assign(document.createElement("link"), { rel: "modulepreload", href });
    if (integrity) link.integrity = integrity;
    document.head.append(link);
  }

  /** @param {string} path */
  function ask(path) {
    const signal = AbortSignal.timeout(PATIENCE);
    return fetch(path, { credentials: "same-origin", headers: { Accept: "application/json" }, signal }).catch(
      () => undefined,
    );
  }

  /** Where somebody is signed in, as far as this device knows, their list is asked for now. */
  function askAhead() {
    if (kept("known") === null || /^#\/(reset|email|invitation)\//.test(location.hash)) return;
    const answers = new Map(FIRST.map((path) => [path, ask(path)]));
    Object.assign(globalThis, { taskflowAhead: { at: Date.now(), answers } });
  }

  /** How often it has been tried in the last minutes; a browser that keeps nothing does not try by itself. */
  function tried() {
    try {
      const [count, at] = (sessionStorage.getItem(KEY) ?? "0 0").split(" ").map(Number);
      return Date.now() - at < FORGOTTEN ? count : 0;
    } catch (error) {
      if (error instanceof DOMException || error instanceof TypeError) return TRIES;
      throw error;
    }
  }

  /** @param {number} count nothing is kept of none */
  function keep(count) {
    try {
      if (count > 0) sessionStorage.setItem(KEY, `${count} ${Date.now()}`);
      else sessionStorage.removeItem(KEY);
    } catch (error) {
      if (!(error instanceof DOMException || error instanceof TypeError)) throw error;
    }
  }

  /** @param {boolean} again whether it is tried again without being asked */
  function say(again) {
    const root = document.getElementById("root");
    if (!root) return;
    const line = document.createElement("p");
    line.className = "notice";
    line.setAttribute("role", "alert");
    line.textContent = `${words.failed} ${again ? words.again : words.checked}`;
    const button = document.createElement("button");
    button.type = "button";
    button.className = "primary-button";
    button.textContent = words.retry;
    button.addEventListener("click", retry);
    const main = document.createElement("main");
    main.className = "boot boot-failed";
    const heading = document.createElement("h1");
    heading.textContent = "TaskFlow";
    main.append(heading, line, button);
    root.replaceChildren(main);
  }

  /** What came last to all browsers of what the page cannot do without (docs/page.md says which have it). */
  function isOld() {
    return !("popover" in HTMLElement.prototype && "groupBy" in Map && "any" in AbortSignal);
  }

  function sayOld() {
    const line = Object.assign(document.createElement("p"), { className: "notice", textContent: words.old });
    line.setAttribute("role", "alert");
    document.body.prepend(line);
  }

  function retry() {
    keep(0);
    location.reload();
  }

  function failed() {
    if (started || over) return;
    over = true;
    const count = tried();
    const again = count < TRIES;
    const go = () => {
      keep(count + 1);
      location.reload();
    };
    // The element may not be there yet: this runs while the head is read.
    if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", () => say(again));
    else say(again);
    if (again) setTimeout(go, 1000 * 2 ** count);
    addEventListener("online", retry);
  }

  addEventListener("taskflow-started", () => {
    started = true;
    keep(0);
  });
  addEventListener(
    "error",
    ({ target }) => {
      const isStyle = target instanceof HTMLLinkElement && target.rel === "stylesheet";
      if (target instanceof HTMLScriptElement || target === window || isStyle) failed();
    },
    true,
  );
  loadWords();
  askAhead();
  if (isOld()) addEventListener("DOMContentLoaded", sayOld);
  addEventListener("unhandledrejection", ({ reason }) => {
    // What an import that is made while the page runs fails with.
    if (reason instanceof TypeError && /module|import/i.test(reason.message)) failed();
  });
})();
