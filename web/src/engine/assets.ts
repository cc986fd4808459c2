// The files that the engine fetches, all below one address: none comes from anywhere else.

import { TableError } from "../table/types.ts";

/** Names below the base; the build of the page puts the files there. */
export const ASSETS = {
  core: "crystal-forge.wasm",
  policy: "seat.policy",
  calibration: "calibration.json",
  network: "stage2.onnx",
  runtime: "ort/ort-wasm-simd-threaded.wasm",
  runtimeModule: "ort/ort-wasm-simd-threaded.mjs",
} as const;

export type Asset = keyof typeof ASSETS;

export const assetUrl = (base: string, asset: Asset): string => new URL(ASSETS[asset], base).href;

/** Reads a file. Rejected with a TableError that names it. */
export type ReadAsset = (asset: Asset, signal?: AbortSignal) => Promise<ArrayBuffer>;

export const fetchedFrom =
  (base: string): ReadAsset =>
  async (asset, signal) => {
    const url = assetUrl(base, asset);
    let answer: Response;
    try {
      answer = await fetch(url, { signal });
    } catch (error) {
      signal?.throwIfAborted();
      throw new TableError(`${ASSETS[asset]} could not be loaded: ${(error as Error).message}`);
    }
    if (!answer.ok) throw new TableError(`${ASSETS[asset]} could not be loaded: the server says ${answer.status}`);
    return answer.arrayBuffer();
  };

/** What is made once, when it is first needed; again where that failed, or it is forgotten. */
export class Once<T> {
  #kept: Promise<T> | null = null;

  constructor(private readonly make: () => Promise<T>) {}

  get(): Promise<T> {
    this.#kept ??= this.make().catch((error: unknown) => {
      this.forget();
      throw error;
    });
    return this.#kept;
  }

  forget(): void {
    this.#kept = null;
  }
}
