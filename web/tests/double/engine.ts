// An engine for looking at the page and for its tests: legal plays by seed, figures made up.
// It thinks for as long as `?think=MS` in the address says; with `?open` bids want more deals.

import type { BidChance, Engine, GradedPlay, Level, LevelInfo, Options } from "../../src/engine/types.ts";
import { CALLED_SUIT } from "../../src/table/rules.ts";
import { positionsOf } from "../../src/table/open_hand.ts";
import { seenFrom } from "../../src/table/seat_view.ts";
import type { Declaration, Domino } from "../../src/table/types.ts";
import { rules } from "../../src/page/rules.ts";

const LEVELS: readonly LevelInfo[] = [
  { level: "beginner", name: "Beginner", says: "knows the rules, and errs often", download: 0 },
  { level: "casual", name: "Casual", says: "plays well, and slips now and then", download: 0 },
  { level: "quick", name: "Quick", says: "plays its best at once", download: 0 },
  { level: "network", name: "Network", says: "a network that read a million hands, at once", download: 8_400_000 },
  { level: "strong", name: "Strong", says: "infers what you hold, and searches for up to a second", download: 0 },
];

const asked = (name: string): boolean => new URLSearchParams(globalThis.location?.search ?? "").has(name);

const think = (options?: Options): Promise<void> => {
  const ms = Number(new URLSearchParams(globalThis.location?.search ?? "").get("think") ?? 0);
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, ms);
    options?.signal?.addEventListener("abort", () => {
      clearTimeout(timer);
      reject(new DOMException("not wanted any more", "AbortError"));
    });
  });
};

const pick = <T>(from: readonly T[], seed: number): T => from[(seed >>> 3) % from.length];

function best(hand: readonly Domino[]): Declaration {
  const n = (decl: Declaration) => hand.filter((domino) => rules().follows(decl, CALLED_SUIT, domino)).length;
  return [0, 1, 2, 3, 4, 5, 6, 7].reduce((a, b) => (n(b) > n(a) ? b : a));
}

function chancesOf(hand: readonly Domino[], bids: readonly number[]): BidChance[] {
  const decl = best(hand);
  return bids.flatMap((bid) =>
    [decl, 7].map((each, i) => {
      const chance = Math.max(0.04, 0.86 - 0.035 * (Math.min(bid, 43) - 30) - 0.3 * i);
      return { bid, decl: each, chance, low: chance - 0.05, high: Math.min(1, chance + 0.05), marks: 2 * chance - 1 };
    }),
  );
}

const ENGINE: Engine = {
  levels: () => LEVELS,
  async prepare(level: Level, options) {
    if (level === "network") for (let i = 0; i <= 4; ++i) options?.onProgress?.(i / 4);
  },
  async play(view, _level, seed, options) {
    await think(options);
    return pick(seenFrom(rules(), view).legal, seed);
  },
  async call(view, _level, seed, options) {
    await think(options);
    const bids = view.legal.filter((call) => call !== "pass");
    return seed % 3 === 0 && bids.length > 0 && bids[0] < 34 ? bids[0] : view.legal[view.legal.length - 1];
  },
  async declare(hand, _bid, _level, _seed, options) {
    await think(options);
    return best(hand);
  },
  async advisePlay(view, _seed, options) {
    await think(options);
    const seen = seenFrom(rules(), view);
    const hidden = Array.from({ length: 28 }, (_, d) => d).filter((d) => !view.hand.includes(d) && !view.plays.includes(d));
    const third = Math.ceil(hidden.length / 3);
    const plays = [...seen.legal].reverse();
    return {
      plays: plays.map((domino, i) => ({ domino, chance: 0.82 - 0.09 * i, error: 0.018 })),
      wanted: seen.wanted,
      pointsLeft: seen.pointsLeft,
      isClose: false,
      nWorlds: 400,
      nPossible: 399_072_960,
      contrast: plays.length < 2 ? null : {
        plays: [plays[0], plays[1]], nDeals: 300, nFirst: 41, nSecond: 9,
        example: [hidden.slice(0, third), hidden.slice(third, 2 * third), hidden.slice(2 * third)],
      },
      what: "Pull trump now: the other side holds two more, and your off comes home once they are gone.",
      sentence: "",
    };
  },
  async adviseBid(view, _seed, options) {
    await think(options);
    const chances = chancesOf(view.hand, [30, 31, 32, 33, 34, 35, 36, 42, 84]);
    return {
      call: 31, decl: chances[0].decl, headline: "Bid 31", isClose: false,
      wantsDeals: options?.maxDeals === undefined && asked("open"), nDeals: options?.maxDeals ?? 2000,
      chances: chances.filter(({ bid }) => view.legal.includes(bid)),
      why: "It makes in four of five deals; one more would cost as much as it wins.",
    };
  },
  async adviseTrump(hand, bid, _seed, options) {
    await think(options);
    return chancesOf(hand, [bid]);
  },
  async review(hand, _seed, options) {
    options?.onProgress?.(0.4);
    await think(options);
    const grades = ["best", "best", "good", "inexact", "mistake", "blunder"] as const;
    const positions = positionsOf(rules(), hand);
    const plays = hand.plays.flatMap((domino, i): GradedPlay[] => {
      const { turn, legal } = positions[i];
      if (legal.length < 2 || i > 20) return [];
      const grade = grades[(7 * domino + i) % 6];
      const cost = grades.indexOf(grade) * 0.04;
      const better = legal.find((each) => each !== domino)!;
      const isBest = grade === "best";
      return [{
        number: i + 1, seat: turn, domino, best: isBest ? domino : better, chance: 0.7 - cost, bestChance: 0.7,
        cost, grade, openLost: grade === "blunder", pointsLost: grade === "best" ? 0 : 5,
      }];
    });
    const turning = plays.find((play) => play.openLost)?.number ?? null;
    const { points } = positions[positions.length - 1];
    return { plays, turning, costliest: turning, standing: "set", points, sentence: "" };
  },
  async openValues(hand) {
    const positions = positionsOf(rules(), hand);
    return positions[positions.length - 1].legal.map((domino, i) => ({ domino, points: 34 - i, works: i < 2 }));
  },
  close() {},
};

/** As `src/engine/create.ts` has it. */
export const createEngine = (_base: URL | string): Engine => ENGINE;
