// One thing the page asked for: questions to workers, how far it is, and whether it was given up.

import type { Method } from "../../core/answers.js";
import { LostWorker, type Pool } from "../../core/pool.js";
import type { Options } from "./types.ts";

export class Task {
  readonly #pool: Pool;
  readonly #options: Options;
  #done = 0;

  constructor(pool: Pool, options: Options = {}) {
    this.#pool = pool;
    this.#options = options;
    options.signal?.throwIfAborted();
  }

  /** Asks a worker; once more where it was lost under way. */
  async ask<T>(method: Method, ...given: unknown[]): Promise<T> {
    return again(() => this.#pool.ask(method, given, this.#options.signal));
  }

  /** Pieces of work by all workers, answers in order; progress goes from `from` to `to`. */
  async all<Piece, T>(pieces: readonly Piece[], work: (piece: Piece) => Promise<T>, from = 0, to = 1): Promise<T[]> {
    let n = 0;
    return Promise.all(
      pieces.map(async (piece) => {
        const found = await work(piece);
        this.reach(from + ((to - from) * ++n) / pieces.length);
        return found;
      }),
    );
  }

  /** So much of it is done, 0..1; it never goes back. */
  reach(done: number): void {
    if (done <= this.#done) return;
    this.#done = Math.min(done, 1);
    this.#options.onProgress?.(this.#done);
  }
}

/** The same once more where a worker was lost under way. */
export async function again<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof LostWorker)) throw error;
    return work();
  }
}

/** Ranges of at most `size` that cover 0 to n. */
export function rangesOf(n: number, size: number): [number, number][] {
  const found: [number, number][] = [];
  for (let from = 0; from < n; from += size) found.push([from, Math.min(from + size, n)]);
  return found;
}
