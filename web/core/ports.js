// Workers of a page, as a pool takes them.

/**
 * @typedef {object} Port one worker
 * @property {(message: unknown) => void} post
 * @property {() => void} end
 *
 * @typedef {object} Ears what a pool wants to hear of a worker
 * @property {(message: any) => void} message
 * @property {(why: string) => void} gone the worker ended, or broke
 *
 * @typedef {(ears: Ears) => { port: Port, lock: string, alive: () => void }} Spawn makes a worker;
 *   `lock`: what it is to hold; `alive`: called once it does
 */

/** @type {Spawn} */
export function pageWorker(ears) {
  const worker = new Worker(new URL("./worker.js", import.meta.url), { type: "module" });
  // No event tells that a worker closed itself or that the browser ended it; a lock does.
  const lock = typeof navigator !== "undefined" && "locks" in navigator ? `worker ${crypto.getRandomValues(new Uint32Array(4)).join("-")}` : "";
  const watch = new AbortController();
  worker.onmessage = ({ data }) => ears.message(data);
  worker.onerror = (event) => ears.gone(event.message || "it could not be loaded");
  worker.onmessageerror = () => ears.gone("its answer could not be read");
  return {
    lock,
    alive: () => {
      if (lock === "") return;
      navigator.locks.request(lock, { signal: watch.signal }, () => ears.gone("it was ended")).catch(() => {});
    },
    port: {
      post: (message) => worker.postMessage(message),
      end: () => {
        watch.abort();
        worker.terminate();
      },
    },
  };
}
