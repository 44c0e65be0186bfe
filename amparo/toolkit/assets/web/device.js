// What any page with forms does first: ask that nothing kept here be thrown away, make this phone ready to fill without
// signal, and leave no page of another person in it.
import { page } from "./page.js";

const CACHE = `amparo-${page.assets}`;
const ours = (path) => path.startsWith("/fill/") || /^\/forms\/[^/]+\/fill\//.test(path);

async function forgetOthers() {
  if (!page.person || localStorage.amparoPerson === page.person) return;
  for (const name of await caches.keys()) {
    const cache = await caches.open(name);
    for (const request of await cache.keys()) if (ours(new URL(request.url).pathname)) await cache.delete(request);
  }
  localStorage.amparoPerson = page.person;
}

async function keep(address, { anew }) {
  const cache = await caches.open(CACHE);
  if (!anew && (await cache.match(address))) return;
  const answer = await fetch(address, { credentials: "same-origin", redirect: "error" });
  if (answer.ok) await cache.put(address, answer);
  else if (answer.status === 404) await cache.delete(address); // taken back
}

/** True once this phone can open these forms without signal. Never throws: without it, one fills with signal. */
export async function makeReady() {
  try {
    await navigator.storage?.persist?.();
    await forgetOthers();
    await navigator.serviceWorker.register("/sw.js", { scope: "/" });
    await navigator.serviceWorker.ready;
    for (const address of page.shells || []) await keep(address, { anew: true });
    for (const address of page.files || []) await keep(address, { anew: false });
    return true;
  } catch {
    return Boolean(navigator.serviceWorker?.controller && !navigator.onLine);
  }
}
