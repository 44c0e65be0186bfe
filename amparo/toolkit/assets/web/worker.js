// The service worker: pages that fill forms open without signal. `/sw.js` puts two lines before this file: VERSION (of
// the built files) and ASSETS (their addresses). It sends nothing and knows nothing of what was typed.
/* global VERSION, ASSETS */
const CACHE = `amparo-${VERSION}`;
const PATIENCE = 4_000;
const isShell = (path) => path === "/fill/" || path === "/fill/queue/" || /^\/forms\/[^/]+\/fill\/$/.test(path);
const isForm = (path) => path.startsWith("/fill/forms/");
const isAsset = (path) => path.startsWith("/static/amparo/");

async function install() {
  const cache = await caches.open(CACHE);
  for (const address of ASSETS) if (!(await cache.match(address))) await cache.add(address);
  // What an older version kept: forms never change under their address; pages are asked for anew, they name the new files.
  for (const name of await caches.keys()) {
    if (name === CACHE || !name.startsWith("amparo-")) continue;
    const old = await caches.open(name);
    for (const request of await old.keys()) {
      const path = new URL(request.url).pathname;
      if (isForm(path)) await cache.put(request, await old.match(request));
      if (isShell(path)) await keepShell(cache, request.url, await fetch(request.url, { redirect: "error" }));
    }
  }
  await self.skipWaiting();
}

async function activate() {
  for (const name of await caches.keys()) if (name !== CACHE && name.startsWith("amparo-")) await caches.delete(name);
  await self.clients.claim();
}

/** Only a page that names the files that are here: another would open broken. */
async function keepShell(cache, address, answer) {
  if (!answer.ok || answer.redirected) return;
  if (answer.headers.get("X-Amparo-Assets") === VERSION) await cache.put(new URL(address).pathname, answer.clone());
  else self.registration.update().catch(() => {});
}

async function shell(event) {
  const cache = await caches.open(CACHE);
  const kept = await cache.match(new URL(event.request.url).pathname);
  const asked = fetch(event.request).then(async (answer) => {
    event.waitUntil(keepShell(cache, event.request.url, answer.clone()).catch(() => {}));
    return answer;
  });
  if (!kept) return asked;
  const late = new Promise((resolve) => setTimeout(resolve, PATIENCE, kept));
  return Promise.race([asked.then((answer) => (answer.status >= 500 ? kept : answer), () => kept), late]);
}

async function forgetPages() {
  const cache = await caches.open(CACHE);
  for (const request of await cache.keys()) {
    const path = new URL(request.url).pathname;
    if (isShell(path) || isForm(path)) await cache.delete(request);
  }
}

const kept = async (request) => (await (await caches.open(CACHE)).match(request, { ignoreVary: true })) || fetch(request);

self.addEventListener("install", (event) => {
  // Where the browser knows how, other pages do not even wake this worker.
  if (event.addRoutes) {
    const woken = ["/fill/*", "/forms/*", "/static/amparo/*", "/logout/"].map((pathname) => ({ urlPattern: new URLPattern({ pathname }) }));
    event.addRoutes([{ condition: { not: { or: woken } }, source: "network" }]).catch(() => {});
  }
  event.waitUntil(install());
});
self.addEventListener("activate", (event) => event.waitUntil(activate()));
self.addEventListener("fetch", (event) => {
  const { pathname, origin } = new URL(event.request.url);
  if (origin !== self.location.origin) return;
  if (event.request.method === "POST" && pathname === "/logout/") event.waitUntil(forgetPages());
  if (event.request.method !== "GET") return;
  if (event.request.mode === "navigate" && isShell(pathname)) event.respondWith(shell(event));
  else if (isAsset(pathname) || isForm(pathname)) event.respondWith(kept(event.request));
});
