// How a page hears that a worker ended: no event tells that it closed itself, or that the browser
// ended it, but a lock that it held is free then.

/** @returns {string} a name for a lock of one worker; "" where there are no locks */
export function lifelineName() {
  if (typeof navigator === "undefined" || !("locks" in navigator)) return "";
  return `worker ${crypto.getRandomValues(new Uint32Array(4)).join("-")}`;
}

/** In the worker: held until it ends, however that comes.
 * @param {string} name @returns {Promise<void>} once it is held */
export const holdLifeline = (name) =>
  new Promise((held) => {
    if (name === "") held();
    else void navigator.locks.request(name, () => (held(), new Promise(() => {})));
  });

/** In the page, once the worker holds it: `gone` is called when the worker has ended.
 * @param {string} name @param {() => void} gone @param {AbortSignal} signal no longer watched */
export function watchLifeline(name, gone, signal) {
  if (name !== "") navigator.locks.request(name, { signal }, gone).catch(() => {});
}
