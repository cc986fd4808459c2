// Workers of a page, as a pool takes them.

import { lifelineName, watchLifeline } from "./lifelines.js";

/**
 * @typedef {object} Port one worker
 * @property {(message: unknown) => void} post
 * @property {() => void} end
 *
 * @typedef {object} Ears what a pool wants to hear of a worker
 * @property {(message: any) => void} message
 * @property {(why: string) => void} gone the worker ended, or broke
 *
 * @typedef {{ port: Port, lock: string, alive: () => void }} Spawned `lock`: what it is to hold;
 *   `alive`: called once it does
 * @typedef {(ears: Ears) => Spawned} Spawn makes a worker
 */

/** @type {Spawn} */
export const pageWorker = (ears) =>
  heard(new Worker(new URL("./worker.js", import.meta.url), { type: "module" }), ears);

/** A worker of a page, heard until it ends. @param {Worker} worker @param {Ears} ears @returns {Spawned} */
export function heard(worker, ears) {
  const lock = lifelineName();
  const watched = new AbortController();
  worker.onmessage = ({ data }) => ears.message(data);
  worker.onerror = (event) => ears.gone(event.message || "it could not be loaded");
  worker.onmessageerror = () => ears.gone("its answer could not be read");
  return {
    lock,
    alive: () => watchLifeline(lock, () => ears.gone("it was ended"), watched.signal),
    port: {
      post: (message) => worker.postMessage(message),
      end: () => {
        watched.abort();
        worker.terminate();
      },
    },
  };
}
