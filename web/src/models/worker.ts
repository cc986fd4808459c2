// The worker of the Stage 2 network: fetches it and its runtime, then scores transcripts.

import { holdLifeline } from "../../core/lifelines.js";
import { ASSETS, assetUrl, fetchedFrom } from "../engine/assets.ts";
import { Network } from "./network.ts";

/** `base`: where the files are; `lock`: held as long as the worker lives; `tokens`: int8 [n, 36, 8]. */
export type Asked = { id: number; base: string; lock: string } | { id: number; tokens: Int8Array };
export type Told = { id: number; scores: Float32Array | null } | { id: number; error: string };

const scope = self as unknown as DedicatedWorkerGlobalScope;
let network: Network | undefined;

scope.onmessage = async ({ data }: MessageEvent<Asked>) => {
  try {
    let scores = null;
    if ("base" in data) {
      await holdLifeline(data.lock);
      network = await loaded(data.base);
    }
    else scores = await network!.scores({ tokens: data.tokens });
    scope.postMessage({ id: data.id, scores } satisfies Told);
  } catch (error) {
    scope.postMessage({ id: data.id, error: (error as Error).message } satisfies Told);
  }
};

async function loaded(base: string): Promise<Network> {
  const read = fetchedFrom(base);
  const [model, runtime] = await Promise.all([read("network"), read("runtime")]);
  return Network.load(ASSETS.network, model, runtime, assetUrl(base, "runtimeModule"));
}
