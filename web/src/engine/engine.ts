// The engine of the page: what `Engine` promises, by workers of the native core.

import { Pool } from "../../core/pool.js";
import type { Spawn } from "../../core/ports.js";
import { checkBid } from "../table/bids.ts";
import { Rules } from "../table/rules.ts";
import { seenFrom } from "../table/seat_view.ts";
import {
  TableError, type AuctionView, type Call, type Declaration, type Domino, type SeatView, type TableHand,
} from "../table/types.ts";
import { logitsOf } from "./advice/judging.ts";
import { advisePlay } from "./advice/plays.ts";
import { openValues, reviewHand } from "./advice/review.ts";
import { Once, type ReadAsset } from "./assets.ts";
import { adviseBid, adviseTrump, chooseCall, chooseTrump } from "./bidding/advise.ts";
import { Calibration } from "./bidding/calibration.ts";
import type { Bidder } from "./bidding/evaluate.ts";
import { AUCTION_CARE, BUDGET, LEVELS, playOf, TRUMP_DEALS, type Budget, type NetworkPlayer } from "./levels.ts";
import { Task } from "./task.ts";
import type {
  BidAdvice, BidChance, BidOptions, Engine, Level, LevelInfo, OpenValue, Options, PlayAdvice, Review,
} from "./types.ts";

/** What an engine is made of. */
export interface Sources {
  read: ReadAsset;
  spawn: Spawn;
  /** Workers at most. */
  size: number;
  /** Fetches and starts the Stage 2 network; `lost` is called where it stops by itself. */
  network: (lost: () => void) => Promise<NetworkPlayer & { close(): void }>;
  budget?: Budget;
}

/** The workers, and the rules that they tell. */
interface Running {
  pool: Pool;
  rules: Rules;
}

export class TableEngine implements Engine {
  readonly #budget: Budget;
  readonly #running: Once<Running>;
  readonly #calibration: Once<Calibration>;
  readonly #network: Once<NetworkPlayer>;
  readonly #open: { close(): void }[] = [];
  #isClosed = false;

  constructor(sources: Sources) {
    const { read, network, budget = BUDGET } = sources;
    this.#budget = budget;
    this.#running = new Once(async () => {
      const running = await started(sources);
      this.#keep(running.pool);
      return running;
    });
    this.#calibration = new Once(async () => Calibration.read(new TextDecoder().decode(await read("calibration"))));
    this.#network = new Once(async () => {
      const found = await network(() => this.#network.forget());
      this.#keep(found);
      return found;
    });
    // What fails is told to whoever asks first.
    this.#running.get().catch(() => {});
  }

  levels(): readonly LevelInfo[] {
    return LEVELS;
  }

  async prepare(level: Level, options?: Options): Promise<void> {
    const { task } = await this.#begin(options);
    const plays = level === "network" ? this.#network.get() : logitsOf(task, FIRST_LEAD);
    await until(Promise.all([plays, this.#calibration.get()]), options?.signal);
    task.reach(1);
  }

  async play(view: SeatView, level: Level, seed: number, options?: Options): Promise<Domino> {
    const { task, rules } = await this.#begin(options, seed);
    const players = { rules, network: () => this.#network.get(), budget: this.#budget };
    return until(playOf(task, seenFrom(rules, view), level, seed, players), options?.signal);
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
    const { task, rules } = await this.#begin(options, seed);
    return finished(task, await advisePlay(task, rules, view, seed));
  }

  async adviseBid(view: AuctionView, seed: number, options?: BidOptions): Promise<BidAdvice> {
    return adviseBid(await this.#bidder(seed, options), view, options?.maxDeals);
  }

  async adviseTrump(
    hand: readonly Domino[], bid: number, seed: number, options?: Options,
  ): Promise<readonly BidChance[]> {
    return adviseTrump(await this.#bidder(seed, options), hand, bid);
  }

  async review(hand: TableHand, seed: number, options?: Options): Promise<Review> {
    const { task, rules } = await this.#begin(options, seed);
    return finished(task, await reviewHand(task, rules, hand, seed));
  }

  async openValues(hand: TableHand, options?: Options): Promise<readonly OpenValue[]> {
    const { task, rules } = await this.#begin(options);
    return finished(task, await openValues(task, rules, hand));
  }

  close(): void {
    this.#isClosed = true;
    for (const each of this.#open.splice(0)) each.close();
  }

  async #begin(options?: Options, seed = 0): Promise<{ task: Task; rules: Rules }> {
    if (!Number.isSafeInteger(seed) || seed < 0)
      throw new TableError(`a seed is a whole number, 0 or more, got ${seed}`);
    const { pool, rules } = await until(this.#running.get(), options?.signal);
    return { task: new Task(pool, options), rules };
  }

  async #bidder(seed: number, options?: Options): Promise<Bidder> {
    const { task, rules } = await this.#begin(options, seed);
    const calibration = await until(this.#calibration.get(), options?.signal);
    return { task, rules, calibration, seed };
  }

  /** To be closed with the engine; at once where it is closed already. */
  #keep(each: { close(): void }): void {
    if (this.#isClosed) each.close();
    else this.#open.push(each);
  }
}

async function started({ read, spawn, size }: Sources): Promise<Running> {
  const policy = read("policy").catch((error: Error) => error.message);
  const content = await read("core");
  const module = await WebAssembly.compile(content).catch(() => {
    throw new TableError("the engine could not be started: crystal-forge.wasm is damaged");
  });
  const pool = new Pool({ spawn, size, module, policy: await policy });
  try {
    return { pool, rules: new Rules(await pool.ask("ruleTables", [])) };
  } catch (error) {
    pool.close();
    throw new TableError(`the engine could not be started: ${(error as Error).message}`);
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
