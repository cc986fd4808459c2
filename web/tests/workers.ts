// An engine as the page has it, with workers of node and files of this checkout.

import { Pool } from "../core/pool.js";
import { nodeWorker } from "../core/ports_node.mjs";
import type { Asset } from "../src/engine/assets.ts";
import { TableEngine, type Sources } from "../src/engine/engine.ts";
import { Calibration } from "../src/engine/bidding/calibration.ts";
import type { Bidder } from "../src/engine/bidding/evaluate.ts";
import { Task } from "../src/engine/task.ts";
import { TableError } from "../src/table/types.ts";
import { fileOf, rules, wasm } from "./golden.ts";

const FILES: Partial<Record<Asset, string>> = {
  core: "../core/crystal-forge.wasm",
  policy: "../../python/forge/policy/seat.policy",
  calibration: "../../python/forge/bidding/calibration/calibration.json",
};

export const readFile = async (asset: Asset): Promise<ArrayBuffer> => {
  const path = FILES[asset];
  if (path === undefined) throw new TableError(`${asset} could not be loaded: there is none`);
  return fileOf(path);
};

const noNetwork = () => Promise.reject(new TableError("stage2.onnx could not be loaded: there is none"));

export const engineOf = (sources: Partial<Sources> = {}) =>
  new TableEngine({ read: readFile, spawn: nodeWorker, size: 2, network: noNetwork, ...sources });

export const poolOf = async (): Promise<Pool> =>
  new Pool({ spawn: nodeWorker, size: 2, module: await WebAssembly.compile(wasm()), policy: await readFile("policy") });

export const calibration = Calibration.read(new TextDecoder().decode(await readFile("calibration")));

export const bidderOf = (pool: Pool, seed: number): Bidder => ({ task: new Task(pool), rules, calibration, seed });
