// The deals that a hand may be in, each known by a seed and a number, as forge.bidding.deals; and
// what perfect play makes of them.

import { N_DOMINOES, N_SLOTS } from "../../../core/rules.js";
import { dominoesOf, maskOf } from "../../table/dominoes.ts";
import { HAND_POINTS, targetOf } from "../../table/bids.ts";
import type { Declaration, Domino } from "../../table/types.ts";
import { dealKeys } from "../keys.ts";
import { rangesOf, type Task } from "../task.ts";

const ALL = (1 << N_DOMINOES) - 1;
/** Deals that a worker looks at in one go: some hundredths of a second. */
const TOGETHER = 64;
const TOGETHER_YES_OR_NO = 400;

/** Deals number `start` to `stop - 1` around each of some hands: int8 [hands * deals, 28], the hand
 * first, every one equally likely. */
export async function dealsAround(
  task: Task, hands: readonly (readonly Domino[])[], seed: number, start: number, stop: number,
): Promise<Int8Array> {
  const keys = dealKeys(seed, start, stop);
  const n = hands.length * keys.length;
  const masks = hands.map((hand) => ALL & ~maskOf(hand));
  const allowed = masks.flatMap((mask) => keys.flatMap(() => [mask, mask, mask]));
  const hidden = { allowed, sizes: new Int8Array(3 * n).fill(N_SLOTS) };
  const all = hands.flatMap(() => keys);
  const worlds = await task.ask<Int32Array>("sampleWorlds", hidden, all, 1);
  const deals = new Int8Array(N_DOMINOES * n);
  for (let i = 0; i < n; ++i) {
    const own = hands[Math.floor(i / keys.length)];
    const others = [0, 1, 2].flatMap((k) => dominoesOf(worlds[3 * i + k]));
    deals.set([...own, ...others], N_DOMINOES * i);
  }
  return deals;
}

/** The declarer's points of the 42 in each deal, when everyone sees all hands: one array a
 * declaration. */
export async function perfectPoints(
  task: Task, deals: Int8Array, decls: readonly Declaration[], progress: readonly [number, number],
): Promise<number[][]> {
  return byDecl(task, deals, decls, TOGETHER, progress, async (some, decl) => {
    const n = some.length / N_DOMINOES;
    const values = await task.ask<Int8Array>("searchValue", { deals: some, decls: new Int8Array(n).fill(decl) });
    return Array.from(values, (value) => (HAND_POINTS + value) / 2);
  });
}

/** Whether the declarer makes a bid in each deal, when everyone sees all hands: a fraction of the
 * time of `perfectPoints`. */
export async function perfectMade(
  task: Task, deals: Int8Array, decls: readonly Declaration[], bid: number, progress: readonly [number, number],
): Promise<boolean[][]> {
  return byDecl(task, deals, decls, TOGETHER_YES_OR_NO, progress, (some, decl) =>
    madeUnder(task, some, new Int8Array(some.length / N_DOMINOES).fill(decl), bid),
  );
}

/** The same of deals with a declaration each. */
export async function madeOfEach(
  task: Task, deals: Int8Array, decls: Int8Array, bid: number, progress: readonly [number, number],
): Promise<boolean[]> {
  const found = await task.all(
    rangesOf(decls.length, TOGETHER_YES_OR_NO),
    ([from, to]) => madeUnder(task, deals.slice(N_DOMINOES * from, N_DOMINOES * to), decls.slice(from, to), bid),
    ...progress,
  );
  return found.flat();
}

async function madeUnder(task: Task, deals: Int8Array, decls: Int8Array, bid: number): Promise<boolean[]> {
  const targets = new Int8Array(decls.length).fill(targetOf(bid));
  const made = await task.ask<Int8Array>("searchMade", { deals, decls }, targets);
  return Array.from(made, (is) => is === 1);
}

async function byDecl<T>(
  task: Task,
  deals: Int8Array,
  decls: readonly Declaration[],
  size: number,
  progress: readonly [number, number],
  ask: (deals: Int8Array, decl: Declaration) => Promise<T[]>,
): Promise<T[][]> {
  const ranges = rangesOf(deals.length / N_DOMINOES, size);
  const pieces = decls.flatMap((decl) => ranges.map(([from, to]) => ({ decl, from, to })));
  const found = await task.all(
    pieces,
    ({ decl, from, to }) => ask(deals.slice(N_DOMINOES * from, N_DOMINOES * to), decl),
    ...progress,
  );
  return decls.map((_, i) => found.slice(i * ranges.length, (i + 1) * ranges.length).flat());
}
