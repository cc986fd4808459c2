// The Stage 2 network as the page's levels take it: in a worker of its own.

import type { NetworkPlayer } from "../engine/levels.ts";
import type { Rules } from "../table/rules.ts";
import { TableError } from "../table/types.ts";
import { transcriptTokens } from "./transcript.ts";
import type { Asked, Told } from "./worker.ts";

/** Fetches and starts it.
 * @throws TableError where it cannot be fetched or run */
export async function startNetwork(base: string): Promise<NetworkPlayer & { close(): void }> {
  const worker = new Worker(new URL("./worker.ts", import.meta.url), { type: "module" });
  const client = new Client(worker);
  try {
    await client.ask({ base });
  } catch (error) {
    worker.terminate();
    throw error;
  }
  return client;
}

class Client implements NetworkPlayer {
  readonly #waiting = new Map<number, { found: (scores: Float32Array | null) => void; failed: (error: Error) => void }>();
  readonly #worker: Worker;
  #n_asked = 0;

  constructor(worker: Worker) {
    this.#worker = worker;
    worker.onmessage = ({ data }: MessageEvent<Told>) => {
      const asked = this.#waiting.get(data.id);
      this.#waiting.delete(data.id);
      if ("error" in data) asked?.failed(new TableError(data.error));
      else asked?.found(data.scores);
    };
    worker.onerror = (event) => this.#fail(`the network stopped: ${event.message || "its worker could not be loaded"}`);
  }

  ask(what: Omit<Extract<Asked, { base: string }>, "id"> | Omit<Extract<Asked, { tokens: Int8Array }>, "id">) {
    const id = ++this.#n_asked;
    return new Promise<Float32Array | null>((found, failed) => {
      this.#waiting.set(id, { found, failed });
      this.#worker.postMessage({ id, ...what });
    });
  }

  async scores(rules: Rules, seen: Parameters<NetworkPlayer["scores"]>[1]): Promise<Float32Array> {
    return (await this.ask({ tokens: transcriptTokens(rules, seen) }))!;
  }

  close(): void {
    this.#worker.terminate();
    this.#fail("the engine is closed");
  }

  #fail(why: string): void {
    for (const { failed } of this.#waiting.values()) failed(new TableError(why));
    this.#waiting.clear();
  }
}
