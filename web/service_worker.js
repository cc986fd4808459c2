// The service worker: after the first visit the page works without a network.
// The build puts in the names of its files, and a version that changes with what is in them.

const FILES = __FILES__;
const VERSION = __VERSION__;
const CACHE = `crystal-forge-${VERSION}`;
/** Names with a hash in them: what they hold never changes. */
const HASHED = /\/code\//;

self.addEventListener("install", (event) => {
  event.waitUntil(fill().then(() => self.skipWaiting()));
});

self.addEventListener("activate", (event) => {
  event.waitUntil(dropOthers().then(() => self.clients.claim()));
});

self.addEventListener("fetch", (event) => {
  const { request } = event;
  if (request.method !== "GET" || new URL(request.url).origin !== self.location.origin) return;
  event.respondWith(HASHED.test(request.url) ? keptFirst(request) : freshFirst(request));
});

async function fill() {
  const cache = await caches.open(CACHE);
  await cache.addAll(FILES.map((name) => new Request(name, { cache: "no-cache" })));
}

async function dropOthers() {
  for (const name of await caches.keys()) {
    if (name.startsWith("crystal-forge-") && name !== CACHE) await caches.delete(name);
  }
}

async function keptFirst(request) {
  return (await kept(request)) ?? fetchAndKeep(request);
}

/** From the network where there is one (an unchanged file is not sent again), else what is kept. A host
 * that answers with an error (moved, in trouble, the sign-in of a hotel) is none. */
async function freshFirst(request) {
  let answer;
  try {
    answer = await fetchAndKeep(request.mode === "navigate" ? request : new Request(request, { cache: "no-cache" }));
    if (answer.ok || answer.type === "opaqueredirect") return answer;
  } catch (error) {
    answer = error;
  }
  const found = await kept(request);
  if (found !== undefined) return found;
  if (answer instanceof Response) return answer;
  throw answer;
}

async function fetchAndKeep(request) {
  const answer = await fetch(request);
  if (answer.ok && answer.status === 200) {
    const copy = answer.clone();
    const cache = await caches.open(CACHE);
    // A full disk is no reason to fail.
    await cache.put(request, copy).catch(() => undefined);
  }
  return answer;
}

async function kept(request) {
  const cache = await caches.open(CACHE);
  const address = new URL(request.url);
  // The page has two addresses and is kept once.
  const asked = request.mode === "navigate" ? address.href.replace(/index\.html(?=$|[?#])/, "") : request;
  return cache.match(asked, { ignoreSearch: true, ignoreVary: true });
}
