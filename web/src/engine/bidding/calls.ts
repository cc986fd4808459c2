// What a bid or a pass is worth in an auction, as forge.bidding.calls: expected marks of the own
// side less those of the other.

import { worthOf } from "../../table/bids.ts";
import { afterPass, isBidCall } from "../../table/auction.ts";
import { ALL_DOMINOES, pipsOf } from "../../table/dominoes.ts";
import type { Rules } from "../../table/rules.ts";
import type { AuctionView, Call, Declaration, Domino } from "../../table/types.ts";
import { NORMAL_95, wilson } from "../numbers.ts";
import { dealsAround, madeOfEach } from "./deals.ts";
import type { Bidder } from "./evaluate.ts";
import { greatest, type Chance, type MakeTable } from "./make_table.ts";
import { passWorth, wantedOf, type Turn } from "./settled.ts";

const N_DOMINOES = ALL_DOMINOES.length;
/** Deals of the other bidder that are kept at least. */
const MIN_KEPT = 20;

/** How closely another bidder is looked at: deals that its hand may be in, and deals it looks at
 * from each of its hands. */
export interface Closeness {
  nDeals: number;
  nSamples: number;
}

/** As in Python, and where deals are added until the advice is settled. */
export const CLOSELY: Closeness = { nDeals: 200, nSamples: 24 };
export const MORE_CLOSELY: Closeness = { nDeals: 800, nSamples: 24 };

/** The contract that stands if all pass, and the chance that it is made. */
export interface OtherContract extends Chance {
  bid: number;
  /** Places to the left of me of who plays it. */
  place: number;
  nKept: number;
}

/** Something to say, and what it is worth. */
export interface WorthOfCall {
  call: Call;
  decl: Declaration | null;
  marks: number;
}

/** All that may be said, the most marks first; of equals a pass, then the lowest bid. */
export function worthOfCalls(view: AuctionView, table: MakeTable, other: OtherContract | null): WorthOfCall[] {
  const bids = view.legal.filter(isBidCall).filter((bid) => table.bids.includes(bid));
  const found = bids.map((bid): WorthOfCall => {
    const { decl, marks } = table.bestDecl(bid);
    return { call: bid, decl, marks };
  });
  if (view.legal.includes("pass")) found.unshift({ call: "pass", decl: null, marks: marksOfPass(other) });
  return found.sort((a, b) => b.marks - a.marks);
}

/** What may be said, for the verdict on it. */
export function turnOf(view: AuctionView, other: OtherContract | null): Turn {
  const bids = wantedOf(view.legal);
  if (!view.legal.includes("pass")) return { bids, passing: null };
  const width = other === null ? 0 : worthOf(other.bid, other.high) - worthOf(other.bid, other.low);
  return { bids, passing: passWorth(marksOfPass(other), width / (2 * NORMAL_95)) };
}

function marksOfPass(other: OtherContract | null): number {
  if (other === null) return 0;
  return (other.place % 2 === 0 ? 1 : -1) * worthOf(other.bid, other.p);
}

/** The chance of the contract that stands if all pass; null if there is none. The bidder is taken to
 * call its best pip suit; where it bid freely, deals count in which its hand is worth its bid. */
export async function otherContract(
  bidder: Bidder, view: AuctionView, how: Closeness, progress: readonly [number, number],
): Promise<OtherContract | null> {
  const after = afterPass(view.calls, view.allPass);
  if (after === null) return null;
  const { task, rules, calibration, seed } = bidder;
  const turn = (after.seat - view.calls.length + 4) % 4;
  const around = await dealsAround(task, [view.hand], seed, 0, how.nDeals);
  const deals = turned(around, turn);
  const hands = Array.from({ length: how.nDeals }, (_, i) => [...deals.subarray(N_DOMINOES * i, N_DOMINOES * i + 7)]);
  const trumps = hands.map((hand) => bestPipSuit(rules, hand));
  const half = (progress[0] + progress[1]) / 2;
  let kept = hands.map((_, i) => i);
  if (view.calls.some(isBidCall)) kept = await worthTheBid(bidder, hands, trumps, after.bid, how, [progress[0], half]);
  const some = new Int8Array(N_DOMINOES * kept.length);
  kept.forEach((from, to) => some.set(deals.subarray(N_DOMINOES * from, N_DOMINOES * (from + 1)), N_DOMINOES * to));
  const decls = Int8Array.from(kept, (i) => trumps[i]);
  const made = await madeOfEach(task, some, decls, after.bid, [half, progress[1]]);
  const [n, hits] = [kept.length, made.filter(Boolean).length];
  const mean = (share: number) => {
    let sum = 0;
    for (const decl of decls) sum += calibration.chance(share, n, after.bid, decl);
    return sum / n;
  };
  const [p, low, high] = [hits / n, ...wilson(hits, n)].map(mean);
  return { p, low, high, bid: after.bid, place: turn, nKept: n };
}

/** Numbers of the deals in which the bidder would bid on its hand, or the best of them for it. */
async function worthTheBid(
  { task, calibration, seed }: Bidder,
  hands: readonly (readonly Domino[])[],
  trumps: readonly Declaration[],
  bid: number,
  { nSamples }: Closeness,
  progress: readonly [number, number],
): Promise<number[]> {
  const imagined = await dealsAround(task, hands, seed, 0, nSamples);
  const decls = Int8Array.from(hands.flatMap((_, i) => new Array<number>(nSamples).fill(trumps[i])));
  const made = await madeOfEach(task, imagined, decls, bid, progress);
  const chances = hands.map((_, i) => {
    const hits = made.slice(i * nSamples, (i + 1) * nSamples).filter(Boolean).length;
    return calibration.chance(hits / nSamples, nSamples, bid, trumps[i]);
  });
  const numbers = hands.map((_, i) => i);
  const kept = numbers.filter((i) => chances[i] >= 0.5);
  return kept.length >= MIN_KEPT ? kept : numbers.sort((a, b) => chances[b] - chances[a]).slice(0, MIN_KEPT);
}

/** Deals with the seat so many places to the left first. */
function turned(deals: Int8Array, turn: number): Int8Array {
  const found = new Int8Array(deals.length);
  for (let from = 0; from < deals.length; from += N_DOMINOES) {
    const deal = deals.subarray(from, from + N_DOMINOES);
    found.set(deal.subarray(7 * turn), from);
    found.set(deal.subarray(0, 7 * turn), from + N_DOMINOES - 7 * turn);
  }
  return found;
}

/** The pip that most dominoes of a hand show; of equals the one whose double is held, then the one
 * with more count, then the higher. */
export function bestPipSuit(rules: Rules, hand: readonly Domino[]): Declaration {
  const ranks = [0, 1, 2, 3, 4, 5, 6].map((pip) => {
    const suit = hand.filter((domino) => pipsOf(domino).includes(pip));
    // Its own: another double does not show this pip.
    const hasDouble = suit.some((domino) => pipsOf(domino)[0] === pipsOf(domino)[1]);
    const count = suit.reduce((sum, domino) => sum + rules.countPoints(domino), 0);
    return suit.length * 1e6 + Number(hasDouble) * 1e5 + count * 100 + pip;
  });
  return greatest(ranks);
}
