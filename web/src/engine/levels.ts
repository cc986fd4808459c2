// How the other seats play, by level. A player is given a view of what its seat may know.

import type { Rules } from "../table/rules.ts";
import type { Seen } from "../table/seat_view.ts";
import type { Domino } from "../table/types.ts";
import { decide, hiddenFrom, logitsOf, possibleWorlds } from "./advice/judging.ts";
import type { Closeness } from "./bidding/calls.ts";
import { greatest } from "./bidding/make_table.ts";
import { decisionKey, PURPOSES, uniform } from "./keys.ts";
import { again, type Task } from "./task.ts";
import type { Level, LevelInfo } from "./types.ts";

export const LEVELS: readonly LevelInfo[] = [
  { level: "beginner", name: "Beginner", says: "Knows the rules and often plays the wrong domino.", download: 0 },
  { level: "casual", name: "Casual", says: "Plays soundly and slips now and then.", download: 0 },
  { level: "quick", name: "Quick", says: "Plays well by what it has learnt, at once.", download: 0 },
  { level: "network", name: "Network", says: "A larger network; it is fetched once.", download: 22_500_000 },
  { level: "strong", name: "Strong", says: "Infers your hand and thinks up to a second.", download: 0 },
];

/** What logits are divided by: the greater, the likelier are slips. Of 3,000 deals at 30 in the best pip
 * suit a declaring side that plays at 1 makes 6 points of 100 fewer than the policy itself, one at 3
 * 21 fewer, and one that plays at random 36 fewer. */
const TEMPERATURES = { beginner: 3, casual: 1 } as const;

/** How closely a level looks in the auction: deals around its own hand, and at another bidder. */
export const AUCTION_CARE: Readonly<Record<Level, { nDeals: number; other: Closeness }>> = {
  beginner: { nDeals: 8, other: { nDeals: 24, nSamples: 6 } },
  casual: { nDeals: 24, other: { nDeals: 50, nSamples: 12 } },
  quick: { nDeals: 100, other: { nDeals: 100, nSamples: 24 } },
  network: { nDeals: 100, other: { nDeals: 100, nSamples: 24 } },
  strong: { nDeals: 200, other: { nDeals: 200, nSamples: 24 } },
};

/** Deals around the own hand when trump is named; 64 as forge.bidding.trump. */
export const TRUMP_DEALS: Readonly<Record<Level, number>> = {
  beginner: 12, casual: 32, quick: 64, network: 64, strong: 200,
};

/** How long the strong level may think, and with how many worlds it begins and ends. */
export interface Budget {
  ms: number;
  first: number;
  most: number;
}

export const BUDGET: Budget = { ms: 900, first: 50, most: 1600 };

/** A network that values plays from what a seat sees. */
export interface NetworkPlayer {
  /** By slot of the dealt hand, higher is better; those that may not be played hold numbers too. */
  scores(rules: Rules, seen: Seen): Promise<ArrayLike<number>>;
}

/** Of the strong level, see forge.ops.decide: as Python's `seat` has it. */
const PRIOR = 0.03;

export interface Players {
  rules: Rules;
  network: () => Promise<NetworkPlayer>;
  budget: Budget;
}

/** The play of a level. @param seed of the hand: what is left to chance comes from it alone */
export async function playOf(task: Task, seen: Seen, level: Level, seed: number, players: Players): Promise<Domino> {
  if (seen.legal.length === 1) return seen.legal[0];
  const key = decisionKey(seed, seen.view.plays.length, PURPOSES.level);
  switch (level) {
    case "beginner":
    case "casual":
      return seen.view.hand[drawn(await logitsOf(task, seen.view), TEMPERATURES[level], uniform(key))];
    case "quick":
      return best(seen, await logitsOf(task, seen.view));
    case "network":
      return best(seen, await again(async () => (await players.network()).scores(players.rules, seen)));
    case "strong":
      return strongPlay(task, seen, key, players.budget);
  }
}

/** The legal play with the highest score; of equals the lowest slot. */
function best(seen: Seen, scores: ArrayLike<number>): Domino {
  const { hand } = seen.view;
  return hand[greatest(hand.map((domino, slot) => (seen.legal.includes(domino) ? scores[slot] : -Infinity)))];
}

/** A slot at random, by the softmax of logits / temperature; illegal ones are -Infinity. */
function drawn(logits: Float32Array, temperature: number, chance: number): number {
  const most = Math.max(...logits);
  const shares = Array.from(logits, (logit) => Math.exp((logit - most) / temperature));
  let left = chance * shares.reduce((sum, share) => sum + share, 0);
  const slot = shares.findIndex((share) => share > 0 && (left -= share) < 0);
  return slot >= 0 ? slot : greatest(shares);
}

/** As Python's `seat` player, with twice the worlds each time until the time is used, the choice is
 * settled, or there are no more worlds. */
async function strongPlay(task: Task, seen: Seen, key: bigint, { ms, first, most }: Budget): Promise<Domino> {
  const nPossible = await possibleWorlds(task, hiddenFrom(seen));
  const start = performance.now();
  for (let n = first; ; n *= 2) {
    const began = performance.now();
    const found = await decide(task, seen.view, key, { nWorlds: n, race: true, prior: PRIOR });
    const [now, chosen] = [performance.now(), found.slots[0]];
    const isLast = n >= nPossible || 2 * n > most || isSettled(found.chances, chosen, found.effective[0]);
    // The next look takes about twice as long as this one.
    if (isLast || now - start + 2.5 * (now - began) > ms) return seen.view.hand[chosen];
  }
}

/** Whether every other play is behind the chosen one by three standard errors. */
function isSettled(chances: Float64Array, chosen: number, n: number): boolean {
  const variance = (p: number) => (p * (1 - p)) / n + 0.25 / n ** 2;
  return chances.every((chance, slot) => {
    if (slot === chosen || Number.isNaN(chance)) return true;
    const error = Math.sqrt(variance(chance) + variance(chances[chosen]));
    return chances[chosen] - chance > 3 * error;
  });
}
