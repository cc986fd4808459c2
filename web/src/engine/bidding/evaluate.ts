// One hand, evaluated: deals until there are enough, and what they say; as
// forge.bidding.hand_evaluation with the same deals.

import { BIDS, pointsOf, worthOf } from "../../table/bids.ts";
import type { Rules } from "../../table/rules.ts";
import type { Declaration, Domino } from "../../table/types.ts";
import type { Task } from "../task.ts";
import type { Calibration } from "./calibration.ts";
import { dealsAround, perfectMade, perfectPoints } from "./deals.ts";
import { clearlyWorse, MakeTable, type Choice } from "./make_table.ts";
import { Verdict, type Turn } from "./settled.ts";

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
  /** Go on, each time to twice as many, until the advice is settled; null: no. */
  settle: Turn | null;
}

export interface Evaluation {
  /** Of perfect play. */
  simulated: MakeTable;
  /** At a table. */
  table: MakeTable;
  /** The same without what was dropped, whose fewer deals may flatter it. */
  left: MakeTable;
  nDeals: number;
  dropped: readonly Declaration[];
  /** On what may be said, where the plan is to settle it. */
  verdict: Verdict | null;
}

/** What `evaluateHand` goes by, beside the hand. */
export interface Bidder {
  task: Task;
  rules: Rules;
  calibration: Calibration;
  seed: number;
}

/** A number a deal by declaration; bit i: bid i is made. */
type Rows = Map<Declaration, number[]>;

/** Deals around a hand, looked at with all hands open under each declaration.
 * @param progress what part of the whole it is */
export async function evaluateHand(
  bidder: Bidder, hand: readonly Domino[], plan: Plan, progress: readonly [number, number] = [0, 1],
): Promise<Evaluation> {
  const { task, rules, calibration } = bidder;
  const bids = plan.bids ?? BIDS;
  const rows: Rows = new Map(BIDDING_DECLS.map((decl) => [decl, []]));
  const dropped: Declaration[] = [];
  let nDone = 0;
  let nWanted = plan.dropWorse ? Math.min(BLOCK, plan.nDeals) : plan.nDeals;
  for (;;) {
    const asked = BIDDING_DECLS.filter((decl) => !dropped.includes(decl));
    const [from, to] = progress.map((_, i) => part(progress, (i === 0 ? nDone : nWanted) / plan.maxDeals));
    const fresh = await outcomes(bidder, hand, asked, plan, [nDone, nWanted], [from, to]);
    asked.forEach((decl, i) => rows.get(decl)!.push(...fresh[i]));
    nDone = nWanted;
    if (plan.dropWorse && asked.length > 1) {
      const column = 1 << bids.indexOf(plan.bid);
      const worse = clearlyWorse(asked.map((decl) => rows.get(decl)!.map((bits) => (bits & column) !== 0)));
      dropped.push(...asked.filter((_, i) => worse[i]));
    }
    const simulated = tableOf(bids, rows);
    const table = calibration.apply(rules, simulated, hand);
    const left = table.without(dropped);
    const verdict = plan.settle === null ? null : verdictOn(plan.settle, simulated, table, left.decls, rows);
    nWanted = nextStop(nDone, left.bestDecl(plan.bid), verdict, plan);
    if (nWanted <= nDone) {
      task.reach(progress[1]);
      return { simulated, table, left, nDeals: nDone, dropped, verdict };
    }
    if (verdict !== null && nDone >= plan.nDeals) {
      const kept = verdict.inPlay.map(({ decl }) => decl);
      dropped.push(...left.decls.filter((decl) => !kept.includes(decl)));
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

function tableOf(bids: readonly number[], rows: Rows): MakeTable {
  const decls = [...rows.keys()];
  const each = [...rows.values()];
  const made = each.map((row) => bids.map((_, i) => row.filter((bits) => (bits >> i) & 1).length));
  return MakeTable.ofCounts(decls, bids, each.map((row) => row.length), made);
}

/** Whether the deals are enough to say what to bid. */
function verdictOn(
  turn: Turn, simulated: MakeTable, table: MakeTable, decls: readonly Declaration[], rows: Rows,
): Verdict {
  const sayings = turn.passing === null ? [] : [turn.passing];
  for (const bid of turn.bids) {
    const column = table.bids.indexOf(bid);
    for (const decl of decls) {
      const { p, low, high } = table.cells[table.decls.indexOf(decl)][column];
      const raw = simulated.cells[table.decls.indexOf(decl)][column];
      const slope = (worthOf(bid, high) - worthOf(bid, low)) / (raw.high - raw.low);
      const made = rows.get(decl)!.map((bits) => ((bits >> column) & 1) === 1);
      sayings.push({ call: bid, decl, marks: worthOf(bid, p), made, slope, error: 0 });
    }
  }
  return Verdict.of(sayings);
}

/** How many deals to have next; no more than there are if that is enough. */
function nextStop(nDone: number, headline: Choice, verdict: Verdict | null, plan: Plan): number {
  if (nDone < plan.nDeals) return Math.min(2 * nDone, plan.nDeals);
  const toSettle = verdict?.needsDeals === true ? 2 * nDone : nDone;
  return Math.min(Math.max(toSettle, forWidth(nDone, headline, plan)), Math.max(plan.maxDeals, nDone));
}

/** How many deals the interval of the headline wants. */
function forWidth(nDone: number, { low, high }: Choice, { until }: Plan): number {
  const width = (high - low) / 2;
  if (until === null || width <= until) return nDone;
  // Widths go with the root of the number; a tenth more, since the estimate of it is rough.
  const wanted = Math.ceil((1.1 * nDone * (width / until) ** 2) / BLOCK) * BLOCK;
  return Math.min(Math.max(wanted, nDone + BLOCK), 4 * nDone + BLOCK);
}
