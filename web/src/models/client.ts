// The Stage 2 network as the page's levels take it: in a worker of its own.

import { LostWorker } from "../../core/pool.js";
import { heard, type Port } from "../../core/ports.js";
import type { NetworkPlayer } from "../engine/levels.ts";
import type { Rules } from "../table/rules.ts";
import type { Seen } from "../table/seat_view.ts";
import { TableError } from "../table/types.ts";
import { transcriptTokens } from "./transcript.ts";
import type { Told } from "./worker.ts";

/**
 * Fetches and starts it.
 *
 * @param lost called where its worker ends by itself; it answers nothing any more then
 * @throws TableError where it cannot be fetched or run
 */
export async function startNetwork(base: string, lost: () => void): Promise<NetworkPlayer & { close(): void }> {
  const client = new Client(new Worker(new URL("./worker.ts", import.meta.url), { type: "module" }), lost);
  try {
    await client.start(base);
    return client;
  } catch (error) {
    client.close();
    throw error;
  }
}

interface Waiting {
  found: (scores: Float32Array | null) => void;
  failed: (error: Error) => void;
}

class Client implements NetworkPlayer {
  readonly #waiting = new Map<number, Waiting>();
  readonly #port: Port;
  readonly #lock: string;
  readonly #alive: () => void;
  #n_asked = 0;

  constructor(worker: Worker, lost: () => void) {
    const gone = (why: string) => {
      this.#fail(why);
      lost();
    };
    const { port, lock, alive } = heard(worker, { message: (told: Told) => this.#hear(told), gone });
    this.#port = port;
    this.#lock = lock;
    this.#alive = alive;
  }

  async start(base: string): Promise<void> {
    await this.#ask({ base, lock: this.#lock });
    this.#alive();
  }

  async scores(rules: Rules, seen: Seen): Promise<Float32Array> {
    return (await this.#ask({ tokens: transcriptTokens(rules, seen) }))!;
  }

  close(): void {
    this.#port.end();
    this.#fail("the engine is closed");
  }

  #ask(what: object): Promise<Float32Array | null> {
    const id = ++this.#n_asked;
    return new Promise((found, failed) => {
      this.#waiting.set(id, { found, failed });
      this.#port.post({ id, ...what });
    });
  }

  #hear(told: Told): void {
    const asked = this.#waiting.get(told.id);
    this.#waiting.delete(told.id);
    if ("error" in told) asked?.failed(new TableError(told.error));
    else asked?.found(told.scores);
  }

  #fail(why: string): void {
    for (const { failed } of this.#waiting.values()) failed(new LostWorker(why));
    this.#waiting.clear();
  }
}
