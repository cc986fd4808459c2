// The engine of the page: what `Engine` promises, by workers of the native core.

import { Pool } from "../../core/pool.js";
import { pageWorker, type Spawn } from "../../core/ports.js";
import { checkBid } from "../table/bids.ts";
import { Rules } from "../table/rules.ts";
import { seenFrom } from "../table/seat_view.ts";
import {
  TableError, type AuctionView, type Call, type Declaration, type Domino, type SeatView, type TableHand,
} from "../table/types.ts";
import { advisePlay } from "./advice/plays.ts";
import { logitsOf } from "./advice/judging.ts";
import { openValues, reviewHand } from "./advice/review.ts";
import { assetsBase, fetchedFrom, once, type ReadAsset } from "./assets.ts";
import { adviseBid, adviseTrump, chooseCall, chooseTrump } from "./bidding/advise.ts";
import { Calibration } from "./bidding/calibration.ts";
import type { Bidder } from "./bidding/evaluate.ts";
import { AUCTION_CARE, BUDGET, LEVELS, playOf, TRUMP_DEALS, type Budget, type NetworkPlayer } from "./levels.ts";
import { Task } from "./task.ts";
import type {
  BidAdvice, BidChance, Engine, Level, LevelInfo, OpenValue, Options, PlayAdvice, Review,
} from "./types.ts";

/** What an engine is made of; a page needs to name none of it. */
export interface Sources {
  read: ReadAsset;
  spawn: Spawn;
  /** Workers at most. */
  size: number;
  /** Fetches and starts the Stage 2 network. */
  network: () => Promise<NetworkPlayer & { close(): void }>;
  budget?: Budget;
}

/** The engine and the rules, once its core runs.
 * @throws TableError where the core cannot be loaded: nothing can be played then */
export async function startEngine(given: Partial<Sources> = {}): Promise<{ engine: Engine; rules: Rules }> {
  const base = given.read === undefined ? assetsBase() : "";
  const sources: Sources = {
    read: fetchedFrom(base),
    spawn: pageWorker,
    // One core is the page's own.
    size: Math.min(4, Math.max(1, (navigator.hardwareConcurrency || 2) - 1)),
    network: async () => (await import("../models/client.ts")).startNetwork(base),
    ...given,
  };
  const policy = sources.read("policy").catch((error: Error) => error.message);
  const module = await compiled(await sources.read("core"));
  const pool = new Pool({ spawn: sources.spawn, size: sources.size, module, policy: await policy });
  try {
    const rules = new Rules(await pool.ask("ruleTables", []));
    return { engine: new TableEngine(pool, rules, sources), rules };
  } catch (error) {
    pool.close();
    throw new TableError(`the engine could not be started: ${(error as Error).message}`);
  }
}

async function compiled(content: ArrayBuffer): Promise<WebAssembly.Module> {
  try {
    return await WebAssembly.compile(content);
  } catch {
    throw new TableError("the engine could not be started: crystal-forge.wasm is damaged");
  }
}

class TableEngine implements Engine {
  readonly #pool: Pool;
  readonly #rules: Rules;
  readonly #budget: Budget;
  readonly #calibration: () => Promise<Calibration>;
  readonly #network: () => Promise<NetworkPlayer>;
  #closing: () => void = () => {};

  constructor(pool: Pool, rules: Rules, { read, network, budget = BUDGET }: Sources) {
    this.#pool = pool;
    this.#rules = rules;
    this.#budget = budget;
    this.#calibration = once(async () => Calibration.read(new TextDecoder().decode(await read("calibration"))));
    this.#network = once(async () => {
      const found = await network();
      this.#closing = () => found.close();
      return found;
    });
  }

  levels(): readonly LevelInfo[] {
    return LEVELS;
  }

  async prepare(level: Level, options?: Options): Promise<void> {
    const task = new Task(this.#pool, options);
    const plays = level === "network" ? this.#network() : logitsOf(task, FIRST_LEAD);
    await until(Promise.all([plays, this.#calibration()]), options?.signal);
    task.reach(1);
  }

  async play(view: SeatView, level: Level, seed: number, options?: Options): Promise<Domino> {
    checkSeed(seed);
    const seen = seenFrom(this.#rules, view);
    const task = new Task(this.#pool, options);
    const players = { network: this.#network, budget: this.#budget };
    return until(playOf(task, seen, level, seed, players), options?.signal);
  }

  async call(view: AuctionView, level: Level, seed: number, options?: Options): Promise<Call> {
    const { nDeals, other } = AUCTION_CARE[level];
    return chooseCall(await this.#bidder(seed, options), view, nDeals, other);
  }

  async declare(
    hand: readonly Domino[], bid: number, level: Level, seed: number, options?: Options,
  ): Promise<Declaration> {
    checkBid(bid);
    return chooseTrump(await this.#bidder(seed, options), hand, bid, TRUMP_DEALS[level]);
  }

  async advisePlay(view: SeatView, seed: number, options?: Options): Promise<PlayAdvice> {
    checkSeed(seed);
    const task = new Task(this.#pool, options);
    return finished(task, await advisePlay(task, this.#rules, view, seed));
  }

  async adviseBid(view: AuctionView, seed: number, options?: Options): Promise<BidAdvice> {
    return adviseBid(await this.#bidder(seed, options), view);
  }

  async adviseTrump(
    hand: readonly Domino[], bid: number, seed: number, options?: Options,
  ): Promise<readonly BidChance[]> {
    return adviseTrump(await this.#bidder(seed, options), hand, bid);
  }

  async review(hand: TableHand, seed: number, options?: Options): Promise<Review> {
    checkSeed(seed);
    const task = new Task(this.#pool, options);
    return finished(task, await reviewHand(task, this.#rules, hand, seed));
  }

  async openValues(hand: TableHand, options?: Options): Promise<readonly OpenValue[]> {
    const task = new Task(this.#pool, options);
    return finished(task, await openValues(task, this.#rules, hand));
  }

  close(): void {
    this.#pool.close();
    this.#closing();
  }

  async #bidder(seed: number, options?: Options): Promise<Bidder> {
    checkSeed(seed);
    const task = new Task(this.#pool, options);
    const calibration = await until(this.#calibration(), options?.signal);
    return { task, rules: this.#rules, calibration, seed };
  }
}

/** Any view at all, to see whether the policy is there. */
const FIRST_LEAD: SeatView = { hand: [0, 1, 2, 3, 4, 5, 6], decl: 0, bid: 30, declarer: 0, plays: [] };

function finished<T>(task: Task, found: T): T {
  task.reach(1);
  return found;
}

/** The same, or rejected as soon as the signal says so; what is shared with others goes on. */
function until<T>(work: Promise<T>, signal?: AbortSignal): Promise<T> {
  if (signal === undefined) return work;
  return new Promise((found, failed) => {
    const abort = () => failed(signal.reason);
    if (signal.aborted) abort();
    signal.addEventListener("abort", abort);
    work.then(found, failed).finally(() => signal.removeEventListener("abort", abort));
  });
}

function checkSeed(seed: number): void {
  if (!Number.isSafeInteger(seed) || seed < 0) throw new TableError(`a seed is a whole number, 0 or more, got ${seed}`);
}
