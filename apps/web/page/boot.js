// The page's first script, small and by itself: where the others do not come, it says so and tries again, a few times by
// itself and as often as the person likes.

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
    },
    de: {
      failed: "TaskFlow konnte nicht geladen werden.",
      again: "Neuer Versuch…",
      checked: "Ist das Gerät mit dem Netz verbunden?",
      retry: "Noch einmal",
    },
  };
  const words = (chosen() || navigator.language).startsWith("de") ? WORDS.de : WORDS.en;
  let started = false;
  let over = false;

  /** The language that was chosen on this device (strings/locale.js). */
  function chosen() {
    try {
      return localStorage.getItem("taskflow.language");
    } catch (error) {
      if (error instanceof DOMException) return null;
      throw error;
    }
  }

  /** How often it has been tried in the last minutes; a browser that keeps nothing does not try by itself. */
  function tried() {
    try {
      const [count, at] = (sessionStorage.getItem(KEY) ?? "0 0").split(" ").map(Number);
      return Date.now() - at < FORGOTTEN ? count : 0;
    } catch (error) {
      if (error instanceof DOMException) return TRIES;
      throw error;
    }
  }

  /** @param {number} count nothing is kept of none */
  function keep(count) {
    try {
      if (count > 0) sessionStorage.setItem(KEY, `${count} ${Date.now()}`);
      else sessionStorage.removeItem(KEY);
    } catch (error) {
      if (!(error instanceof DOMException)) throw error;
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
    main.append(line, button);
    root.replaceChildren(main);
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
  addEventListener("unhandledrejection", ({ reason }) => {
    // What an import that is made while the page runs fails with.
    if (reason instanceof TypeError && /module|import/i.test(reason.message)) failed();
  });
})();
