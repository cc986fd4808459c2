// The engine of a page: its files lie below one address, its workers are the browser's.

import { pageWorker } from "../../core/ports.js";
import { fetchedFrom } from "./assets.ts";
import { TableEngine } from "./engine.ts";
import type { Engine } from "./types.ts";

const MOST_WORKERS = 4;

/** @param base where the files are, see assets.ts; it ends with a slash */
export function createEngine(base: URL | string): Engine {
  const { href } = new URL(base, document.baseURI);
  // One core is the page's own.
  const n_cores = navigator.hardwareConcurrency || 2;
  return new TableEngine({
    read: fetchedFrom(href),
    spawn: pageWorker,
    size: Math.min(MOST_WORKERS, Math.max(1, n_cores - 1)),
    // Fetched when it is first needed: the runtime is large.
    network: async (lost) => (await import("../models/client.ts")).startNetwork(href, lost),
  });
}
