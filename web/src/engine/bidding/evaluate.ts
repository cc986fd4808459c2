// One hand, evaluated: deals until there are enough, and what they say; as
// forge.bidding.hand_evaluation with the same deals.

import { BIDS, isBid, pointsOf } from "../../table/bids.ts";
import type { Rules } from "../../table/rules.ts";
import type { Declaration, Domino } from "../../table/types.ts";
import type { Task } from "../task.ts";
import type { Calibration } from "./calibration.ts";
import { dealsAround, perfectMade, perfectPoints } from "./deals.ts";
import { clearlyWorse, MakeTable, type Choice } from "./make_table.ts";

/** What players bid on; doubles as a suit without trump power is left out, as in Python. */
export const BIDDING_DECLS: readonly Declaration[] = [0, 1, 2, 3, 4, 5, 6, 7, 9];

const BLOCK = 64;

export interface Plan {
  /** So many deals at least. */
  nDeals: number;
  /** Go on until half the interval of the best declaration at `bid` is that narrow; null: no. */
  until: number | null;
  bid: number;
  /** The bids that are asked about; null: all, by points, which costs some five times as much. */
  bids: readonly number[] | null;
  /** Stop dealing for declarations that are shown to be worse at `bid`. */
  dropWorse: boolean;
  /** No more. */
  maxDeals: number;
  /** Go on as long as it says no, to `maxDeals`. */
  isSettled?: (table: MakeTable) => boolean;
}

export interface Evaluation {
  /** Of perfect play. */
  simulated: MakeTable;
  /** At a table. */
  table: MakeTable;
  nDeals: number;
  dropped: readonly Declaration[];
}

/** What `evaluateHand` goes by, beside the hand. */
export interface Bidder {
  task: Task;
  rules: Rules;
  calibration: Calibration;
  seed: number;
}

/** Deals around a hand, looked at with all hands open under each declaration.
 * @param progress what part of the whole it is */
export async function evaluateHand(
  bidder: Bidder, hand: readonly Domino[], plan: Plan, progress: readonly [number, number] = [0, 1],
): Promise<Evaluation> {
  const { task, rules, calibration } = bidder;
  const bids = plan.bids ?? BIDS;
  // A number a deal; bit i: bid i is made.
  const rows = new Map<Declaration, number[]>(BIDDING_DECLS.map((decl) => [decl, []]));
  const dropped: Declaration[] = [];
  let nDone = 0;
  let nWanted = plan.dropWorse ? Math.min(BLOCK, plan.nDeals) : plan.nDeals;
  for (;;) {
    const left = BIDDING_DECLS.filter((decl) => !dropped.includes(decl));
    const [from, to] = progress.map((_, i) => part(progress, (i === 0 ? nDone : nWanted) / plan.maxDeals));
    const fresh = await outcomes(bidder, hand, left, plan, [nDone, nWanted], [from, to]);
    left.forEach((decl, i) => rows.get(decl)!.push(...fresh[i]));
    nDone = nWanted;
    if (plan.dropWorse && left.length > 1) {
      const column = 1 << bids.indexOf(plan.bid);
      const worse = clearlyWorse(left.map((decl) => rows.get(decl)!.map((bits) => (bits & column) !== 0)));
      dropped.push(...left.filter((_, i) => worse[i]));
    }
    const simulated = tableOf(bids, rows);
    const table = calibration.apply(rules, simulated, hand);
    nWanted = nextStop(nDone, table, plan);
    if (nWanted <= nDone) {
      task.reach(progress[1]);
      return { simulated, table, nDeals: nDone, dropped };
    }
  }
}

const part = ([from, to]: readonly [number, number], share: number): number =>
  // Most hands are settled long before the limit: the root moves early.
  from + (to - from) * Math.min(1, Math.sqrt(share));

async function outcomes(
  { task, seed }: Bidder,
  hand: readonly Domino[],
  decls: readonly Declaration[],
  plan: Plan,
  [start, stop]: readonly [number, number],
  [from, to]: readonly number[],
): Promise<number[][]> {
  const deals = await dealsAround(task, [hand], seed, start, stop);
  if (plan.bids === null) {
    const points = await perfectPoints(task, deals, decls, [from, to]);
    const bitsOf = (won: number) => BIDS.reduce((bits, bid, i) => (won >= pointsOf(bid) ? bits | (1 << i) : bits), 0);
    return points.map((row) => row.map(bitsOf));
  }
  const found = decls.map(() => new Array<number>(stop - start).fill(0));
  for (const [i, bid] of plan.bids.entries()) {
    const step = (to - from) / plan.bids.length;
    const made = await perfectMade(task, deals, decls, bid, [from + step * i, from + step * (i + 1)]);
    made.forEach((row, k) => row.forEach((is, deal) => (found[k][deal] |= is ? 1 << i : 0)));
  }
  return found;
}

function tableOf(bids: readonly number[], rows: ReadonlyMap<Declaration, readonly number[]>): MakeTable {
  const decls = [...rows.keys()];
  const each = [...rows.values()];
  const made = each.map((row) => bids.map((_, i) => row.filter((bits) => (bits >> i) & 1).length));
  return MakeTable.ofCounts(decls, bids, each.map((row) => row.length), made);
}

/** How many deals to have next; no more than there are if that is enough. */
function nextStop(nDone: number, table: MakeTable, plan: Plan): number {
  if (nDone < plan.nDeals) return Math.min(2 * nDone, plan.nDeals);
  const headline: Choice = table.bestDecl(plan.bid);
  const width = (headline.high - headline.low) / 2;
  if (plan.until !== null && width > plan.until) {
    // Widths go with the root of the number; a tenth more, since the estimate of it is rough.
    const wanted = Math.ceil((1.1 * nDone * (width / plan.until) ** 2) / BLOCK) * BLOCK;
    return Math.min(Math.max(wanted, nDone + BLOCK), 4 * nDone + BLOCK, plan.maxDeals);
  }
  if (plan.isSettled === undefined || plan.isSettled(table)) return nDone;
  return Math.min(2 * nDone, plan.maxDeals);
}

/** The bids that decide what to say: of all that are worth as many marks the lowest is made most
 * often. */
export function decidingBids(legal: readonly unknown[]): number[] {
  const bids = legal.filter(isBid);
  return bids.filter((bid, i) => i === 0 || (bid > 42 && bids[0] !== bid));
}
