// Workers of node, as a pool takes them.

import { Worker } from "node:worker_threads";

/** @type {import("./ports.js").Spawn} */
export function nodeWorker(ears) {
  const worker = new Worker(new URL("./worker_node.mjs", import.meta.url));
  worker.on("message", ears.message);
  worker.on("error", (/** @type {Error} */ error) => ears.gone(error.message));
  worker.on("exit", () => ears.gone("it was ended"));
  worker.unref();
  return {
    lock: "",
    alive: () => {},
    port: { post: (message) => worker.postMessage(message), end: () => void worker.terminate() },
  };
}
