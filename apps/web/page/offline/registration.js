// The service worker that this browser has, as the page sees it.

/** The worker's registration, once there is one; null where this browser has none, or will not (private windows). */
export async function registration() {
  if (!("serviceWorker" in navigator)) return null;
  const found = navigator.serviceWorker.getRegistration("/");
  return (await found.catch(() => null)) ?? null;
}
