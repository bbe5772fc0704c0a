// The tabs that are open: each holds a lock as long as its person is signed in there.

/** @param {string} tab */
export function tabLock(tab) {
  return `taskflow-tab-${tab}`;
}

/** The locks of the tabs that are open. */
export async function livingTabs() {
  const { held = [] } = (await navigator.locks?.query()) ?? {};
  return new Set(held.map(({ name }) => name));
}
