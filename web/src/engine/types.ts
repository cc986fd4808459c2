// What the page asks of the engine. All of it runs in workers; a promise is rejected with a
// TableError (a sentence for people) or, where `signal` was aborted, an AbortError.

import type { AuctionView, Call, Declaration, Domino, SeatView, TableHand } from "../table/types.ts";

/**
 * How well the other seats play, and by what.
 * - `beginner`, `casual`: the policy at a temperature, errs like people.
 * - `quick`: the policy's best play, at once.
 * - `network`: a Stage 2 network through ONNX, at once after its download.
 * - `strong`: infers hidden hands and searches, at most a second a play.
 */
export type Level = "beginner" | "casual" | "quick" | "network" | "strong";

export interface LevelInfo {
  level: Level;
  /** `Strong`. */
  name: string;
  /** One line for people. */
  says: string;
  /** Bytes to fetch when first used; 0 where they are there already. */
  download: number;
}

export interface AdvisedPlay {
  domino: Domino;
  /** That the acting side gets what it wants of the bid, 0..1. */
  chance: number;
  /** Standard error of the chance; 0: all worlds were judged. */
  error: number;
}

/** As `forge.advice.contrast.Contrast`. */
export interface Contrast {
  plays: readonly [Domino, Domino];
  nDeals: number;
  nFirst: number;
  nSecond: number;
  /** Hands of left, partner and right in one deal where the first works and the second fails. */
  example: readonly (readonly Domino[])[];
}

export interface PlayAdvice {
  /** Legal plays, best first. */
  plays: readonly AdvisedPlay[];
  /** What the acting side wants of the bid. */
  wanted: "make" | "set";
  /** Points that it still wants, 0: it has them. */
  pointsLeft: number;
  isClose: boolean;
  nWorlds: number;
  nPossible: number;
  contrast: Contrast | null;
  /** What to play, for a player. */
  what: string;
  /** The same with the contrast in words. */
  sentence: string;
}

export interface BidChance {
  bid: number;
  decl: Declaration;
  /** Calibrated chance to make it, 0..1, and its 95 % interval from the number of deals. */
  chance: number;
  low: number;
  high: number;
  /** Expected marks of bidding it. */
  marks: number;
}

export interface BidAdvice {
  /** The call to make, with its trump where it is a bid. */
  call: Call;
  decl: Declaration | null;
  /** `Bid 31, fours`, `Pass`, `Bid 30: a toss-up between ...`, `Too few deals to tell: ...`. */
  headline: string;
  why: string;
  /** Whether something else, or another trump, may be as good. */
  isClose: boolean;
  /** Whether more deals may tell what these do not. */
  wantsDeals: boolean;
  nDeals: number;
  /** Every trump at every bid that may be said. */
  chances: readonly BidChance[];
}

export type Grade = "best" | "good" | "inexact" | "mistake" | "blunder";

/** One play that was a choice; as `forge.advice.reviewing.GradedPlay`. */
export interface GradedPlay {
  /** From 1. */
  number: number;
  /** Places to the left of the declarer. */
  seat: number;
  domino: Domino;
  best: Domino;
  /** Of the acting side, as the seat saw it. */
  chance: number;
  bestChance: number;
  cost: number;
  grade: Grade;
  openLost: boolean;
  pointsLost: number;
}

export interface Review {
  plays: readonly GradedPlay[];
  /** Number of the play that turned the hand, or null. */
  turning: number | null;
  /** Of the costliest play of the side that did not get what it wanted, or null. */
  costliest: number | null;
  standing: "made" | "set" | "open";
  points: readonly [number, number];
  /** Seats as `SEATS` has them; for others see `reviewSentence`. */
  sentence: string;
}

/** Exact values with open hands after each legal play, **acting-team frame**, points of the 42. */
export interface OpenValue {
  domino: Domino;
  /** Points that the acting side gets in the whole hand after it. */
  points: number;
  /** Whether the acting side then gets what it wants of the bid. */
  works: boolean;
}

export interface Options {
  signal?: AbortSignal;
  /** 0..1 of what is asked. */
  onProgress?: (done: number) => void;
}

export interface BidOptions extends Options {
  /** No more deals than so many; by default what takes some seconds. */
  maxDeals?: number;
}

export interface Engine {
  levels(): readonly LevelInfo[];
  /** Fetches what a level needs. Rejected: the level cannot be played, the others go on. */
  prepare(level: Level, options?: Options): Promise<void>;
  play(view: SeatView, level: Level, seed: number, options?: Options): Promise<Domino>;
  call(view: AuctionView, level: Level, seed: number, options?: Options): Promise<Call>;
  declare(hand: readonly Domino[], bid: number, level: Level, seed: number, options?: Options): Promise<Declaration>;
  advisePlay(view: SeatView, seed: number, options?: Options): Promise<PlayAdvice>;
  adviseBid(view: AuctionView, seed: number, options?: BidOptions): Promise<BidAdvice>;
  /** The best trump for a bid that is made already, best first. */
  adviseTrump(hand: readonly Domino[], bid: number, seed: number, options?: Options): Promise<readonly BidChance[]>;
  review(hand: TableHand, seed: number, options?: Options): Promise<Review>;
  openValues(hand: TableHand, options?: Options): Promise<readonly OpenValue[]>;
  /** Ends the workers. */
  close(): void;
}
