// A network that `forge export` wrote, through onnxruntime-web. One thread, no memory shared.

import * as ort from "onnxruntime-web/wasm";
import { N_FEATURES as N_STATE_FEATURES, N_TOKENS } from "../../core/rules.js";
import { TableError } from "../table/types.ts";
import { MAX_TOKENS, N_FEATURES } from "./transcript.ts";

export const N_SLOTS = 7;

/** What goes in, by stage: shapes of a row. */
const INPUTS: Readonly<Record<1 | 2, Readonly<Record<string, readonly number[]>>>> = {
  1: { tokens: [N_TOKENS, N_STATE_FEATURES], masks: [N_TOKENS] },
  2: { tokens: [MAX_TOKENS, N_FEATURES] },
};

export class Network {
  readonly #session: ort.InferenceSession;

  private constructor(
    session: ort.InferenceSession,
    /** 1: sees all hands; 2: sees what a seat may know. */
    readonly stage: 1 | 2,
  ) {
    this.#session = session;
  }

  /**
   * @param name of the file, for errors
   * @param model what it holds
   * @param runtime what ort-wasm-simd-threaded.wasm holds
   * @param runtimeModule address of ort-wasm-simd-threaded.mjs, where it is not in the bundle
   * @throws TableError for a file that is damaged, or another network
   */
  static async load(
    name: string, model: ArrayBuffer, runtime: ArrayBuffer, runtimeModule?: string,
  ): Promise<Network> {
    ort.env.wasm.numThreads = 1;
    ort.env.wasm.wasmBinary = runtime;
    if (runtimeModule !== undefined) ort.env.wasm.wasmPaths = { mjs: runtimeModule };
    ort.env.logLevel = "error";
    let session: ort.InferenceSession;
    try {
      session = await ort.InferenceSession.create(new Uint8Array(model), { executionProviders: ["wasm"] });
    } catch (error) {
      throw new TableError(`${name} cannot be run: ${firstLine(error)}`);
    }
    const stage = ([1, 2] as const).find((each) => fits(session, INPUTS[each]));
    if (stage === undefined) {
      await session.release();
      throw new TableError(`${name} is no network of Stage 1 or 2: forge export writes them`);
    }
    return new Network(session, stage);
  }

  /** The numbers by which it chooses, float32 [n, 7] by slot: the logits of a network that imitates a
   * player, else points in the **acting-team frame**; slots that may not be played hold some too.
   * @param inputs int8, as the stage has them */
  async scores(inputs: Readonly<Record<string, Int8Array>>): Promise<Float32Array> {
    const found = await this.run(inputs);
    return found.logits ?? found.mean ?? found.q;
  }

  /** All outputs by name. */
  async run(inputs: Readonly<Record<string, Int8Array>>): Promise<Record<string, Float32Array>> {
    const shapes = Object.entries(INPUTS[this.stage]);
    const feeds = shapes.map(([name, shape]): [string, ort.Tensor] => {
      const size = shape.reduce((product, each) => product * each, 1);
      return [name, new ort.Tensor("int8", inputs[name], [inputs[name].length / size, ...shape])];
    });
    const found = await this.#session.run(Object.fromEntries(feeds));
    return Object.fromEntries(Object.entries(found).map(([name, tensor]) => [name, tensor.data as Float32Array]));
  }

  close(): Promise<void> {
    return this.#session.release();
  }
}

function fits(session: ort.InferenceSession, wanted: Readonly<Record<string, readonly number[]>>): boolean {
  const shapes = session.inputMetadata.map((each) => [each.name, each.isTensor ? each.shape.slice(1) : []]);
  return JSON.stringify(shapes) === JSON.stringify(Object.entries(wanted));
}

const firstLine = (error: unknown): string => String((error as Error)?.message ?? error).split("\n")[0].slice(0, 200);
