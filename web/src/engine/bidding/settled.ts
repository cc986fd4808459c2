// The rule by which deals are enough to say what to bid: that of forge.bidding.settled, which tells
// where its numbers come from. What may be said is worth so many marks; each of the rest is so many
// behind the best, give or take: worse, as good, or open.

import { marksOf } from "../../table/bids.ts";
import { isBidCall } from "../../table/auction.ts";
import type { Call, Declaration } from "../../table/types.ts";

/** Half an interval, in standard errors. */
const SURE = 3.1;
/** Marks between two sayings that are as good as each other. */
export const INDIFFERENT = 0.1;

/** Something that may be said. */
export interface Saying {
  call: Call;
  /** Of a bid. */
  decl: Declaration | null;
  /** What it is worth. */
  marks: number;
  /** Whether each deal makes it; null where it does not depend on them. */
  made: readonly boolean[] | null;
  /** Marks that it gains as the share of made deals goes from 0 to 1. */
  slope: number;
  /** Standard error of `marks` from elsewhere. */
  error: number;
}

/** What a seat may say. */
export interface Turn {
  /** Of the bids worth as many marks the lowest: no trump makes a higher one more often. */
  bids: readonly number[];
  /** What a pass is worth; null: it must bid. */
  passing: Saying | null;
}

export const passWorth = (marks: number, error: number): Saying => ({
  call: "pass", decl: null, marks, made: null, slope: 0, error,
});

/** Of bids worth as many marks the lowest. */
export function wantedOf(legal: readonly Call[]): number[] {
  const bids = legal.filter(isBidCall);
  return bids.filter((bid, i) => bids.findIndex((other) => marksOf(other) === marksOf(bid)) === i);
}

/** What deals say of all that may be said. */
export class Verdict {
  private constructor(
    readonly best: Saying,
    /** Too little between them and the best to matter. */
    readonly asGood: readonly Saying[],
    /** Too few deals to tell them from the best. */
    readonly open: readonly Saying[],
  ) {}

  /** Of equals the first is best. */
  static of(sayings: readonly Saying[]): Verdict {
    const [best, ...rest] = [...sayings].sort((a, b) => b.marks - a.marks);
    const standings = rest.map((each) => standingOf(best.marks - each.marks, halfInterval(best, each)));
    const those = (kind: Standing) => rest.filter((_, i) => standings[i] === kind);
    return new Verdict(best, those("as good"), those("open"));
  }

  get isSettled(): boolean {
    return this.open.length === 0;
  }

  /** Whether everything else is worse. */
  get isClear(): boolean {
    return this.isSettled && this.asGood.length === 0;
  }

  /** Whether more deals may settle what is open, were no figure to change. */
  get needsDeals(): boolean {
    const { best } = this;
    return this.open.some(
      (each) => standingOf(best.marks - each.marks, SURE * Math.hypot(best.error, each.error)) !== "open",
    );
  }

  /** All that is not worse, the best first. */
  get inPlay(): Saying[] {
    return [this.best, ...[...this.asGood, ...this.open].sort((a, b) => b.marks - a.marks)];
  }
}

type Standing = "worse" | "as good" | "open";

/** How something stands that is so many marks behind the best, give or take `half`. */
function standingOf(behind: number, half: number): Standing {
  if (behind > half || half === 0) return "worse";
  return behind + half <= INDIFFERENT ? "as good" : "open";
}

/** Half the interval of the difference of two sayings, in marks, over the deals they share. */
function halfInterval(a: Saying, b: Saying): number {
  const n = Math.min(...[a, b].flatMap(({ made }) => (made === null ? [] : [made.length])));
  const total = (Number.isFinite(n) ? n : 0) + 2;
  let [madeA, madeB, both] = [0, 0, 0];
  for (let i = 0; i < total - 2; ++i) {
    const [inA, inB] = [a.made?.[i] ?? false, b.made?.[i] ?? false];
    madeA += Number(inA);
    madeB += Number(inB);
    both += Number(inA && inB);
  }
  const [shareA, shareB] = [(madeA + 1) / total, (madeB + 1) / total];
  const together = (both + 0.5) / total - shareA * shareB;
  const squares = a.slope ** 2 * shareA * (1 - shareA) + b.slope ** 2 * shareB * (1 - shareB);
  const variance = (squares - 2 * a.slope * b.slope * together) / total;
  return SURE * Math.sqrt(Math.max(variance, 0) + a.error ** 2 + b.error ** 2);
}
