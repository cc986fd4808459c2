// The engine as the page has it: levels, what their players are given, progress, aborts, lost
// workers, files that are missing.

import { afterEach, describe, expect, it } from "vitest";
import type { Ears, Port, Spawn } from "../core/ports.js";
import { nodeWorker } from "../core/ports_node.mjs";
import type { Sources } from "../src/engine/engine.ts";
import type { Engine, Level } from "../src/engine/types.ts";
import {
  auctionView, called, declared, matchWinner, newMatch, phaseOf, played, seatView, tableHand, turnOf, type Match,
} from "../src/table/match.ts";
import { seenFrom } from "../src/table/seat_view.ts";
import { TableError, type Seat, type SeatView } from "../src/table/types.ts";
import { golden, rules } from "./golden.ts";
import { engineOf, readFile } from "./workers.ts";

const OWN_LEVELS: Level[] = ["beginner", "casual", "quick", "strong"];
const told = golden("engine");
// An early play with much to think about.
const VIEW: SeatView = told.plays
  .filter((each: any) => each.found.plays.length > 3)
  .sort((a: any, b: any) => a.view.plays.length - b.view.plays.length)[0].view;
// No clock: what is thought does not depend on the machine.
const UNHURRIED = { ms: Infinity, first: 50, most: 200 };

const open: Engine[] = [];
function engine(sources: Partial<Sources> = {}): Engine {
  const found = engineOf({ budget: UNHURRIED, ...sources });
  open.push(found);
  return found;
}
afterEach(() => open.splice(0).forEach((each) => each.close()));

const failure = (work: Promise<unknown>) => work.then(() => null, (error: Error) => error);

/** A hand by players of a level, each given its own view and nothing else. */
async function playHand(by: Engine, match: Match, levels: readonly Level[]): Promise<Match> {
  for (;;) {
    const turn = turnOf(rules, match);
    if (turn === null) return match;
    const level = levels[turn];
    if (phaseOf(match) === "auction") match = called(match, await by.call(auctionView(match, turn), level, 7));
    else if (phaseOf(match) === "trump") {
      const bid = match.calls.reduce<number>((most, call) => (call === "pass" ? most : Math.max(most, call)), 0);
      match = declared(match, await by.declare(match.hands[turn], bid, level, 7));
    } else match = played(rules, match, await by.play(seatView(match, turn)!, level, 7));
  }
}

describe("levels", () => {
  it("play whole hands by the rules", async () => {
    const by = engine();
    expect(by.levels().map(({ level }) => level)).toEqual(["beginner", "casual", "quick", "network", "strong"]);
    for (const level of OWN_LEVELS) {
      await by.prepare(level);
      const match = await playHand(by, newMatch(12), OWN_LEVELS.map(() => level));
      expect(match.plays.length).toBe(28);
      expect(matchWinner(rules, match)).toBeNull();
      expect(tableHand(match)).not.toBeNull();
    }
  });

  it("choose the same whatever the hidden hands are", async () => {
    const by = engine();
    const match = await playHand(by, newMatch(5), ["quick", "casual", "quick", "beginner"]);
    let n_unlike = 0;
    for (let n = 0; n < 28; n += 3) {
      const before = { ...match, plays: match.plays.slice(0, n) };
      const seat = turnOf(rules, before)!;
      const other = withHiddenShuffled(before, seat);
      if (String(other.hands) !== String(before.hands)) ++n_unlike;
      for (const level of OWN_LEVELS) {
        const choices = [before, other].map((each) => by.play(seatView(each, seat)!, level, 3));
        const [mine, theirs] = await Promise.all(choices);
        expect(mine).toBe(theirs);
      }
    }
    // At the end there may be one way alone.
    expect(n_unlike).toBeGreaterThan(5);
    for (const level of OWN_LEVELS) {
      const start = newMatch(5);
      const other = withHiddenShuffled(start, 0);
      const calls = [start, other].map((each) => by.call(auctionView(each, 0), level, 3).catch((error) => error.message));
      const [mine, theirs] = await Promise.all(calls);
      expect(mine).toEqual(theirs);
    }
  });

  it("err more the easier they are", async () => {
    const by = engine();
    const views: SeatView[] = told.plays.map((each: any) => each.view);
    const choices = views.filter((view) => seenFrom(rules, view).legal.length > 1);
    const n_unlike = { beginner: 0, casual: 0 };
    for (const view of choices)
      for (const seed of [1, 2, 3, 4]) {
        const best = await by.play(view, "quick", seed);
        for (const level of ["beginner", "casual"] as const)
          if ((await by.play(view, level, seed)) !== best) ++n_unlike[level];
      }
    expect(n_unlike.casual).toBeGreaterThan(0);
    expect(n_unlike.beginner).toBeGreaterThan(1.2 * n_unlike.casual);
  });

  it("think no longer than they may", async () => {
    const by = engine({ budget: { ms: 150, first: 50, most: 1 << 18 } });
    await by.prepare("strong");
    const start = performance.now();
    await by.play(VIEW, "strong", 1);
    // The first look is made whatever it costs; machines of tests are busy.
    expect(performance.now() - start).toBeLessThan(3000);
  });
});

describe("what is asked of it", () => {
  const view = VIEW;
  const bidding = (match = newMatch(3)) => auctionView(match, 0);

  it("tells how far it is, forward only and to the end", async () => {
    const by = engine();
    const { hand } = told.reviews[0];
    const asked = [
      (onProgress: (done: number) => void) => by.advisePlay(view, 0, { onProgress }),
      (onProgress: (done: number) => void) => by.adviseBid(bidding(), 0, { onProgress }),
      (onProgress: (done: number) => void) => by.review(hand, 0, { onProgress }),
    ];
    for (const ask of asked) {
      const seen: number[] = [];
      await ask((done) => seen.push(done));
      expect(seen).toEqual([...seen].sort((a, b) => a - b));
      expect([seen.length > 1, seen.at(-1)]).toEqual([true, 1]);
    }
  });

  it("gives up when it is told to, and answers the next question", async () => {
    const by = engine();
    const { hand } = told.reviews[0];
    for (const ask of [
      (signal: AbortSignal) => by.advisePlay(view, 0, { signal }),
      (signal: AbortSignal) => by.adviseBid(bidding(), 0, { signal }),
      (signal: AbortSignal) => by.review(hand, 0, { signal }),
      (signal: AbortSignal) => by.play(view, "strong", 0, { signal }),
      (signal: AbortSignal) => by.call(bidding(), "strong", 0, { signal }),
    ]) {
      const control = new AbortController();
      const asked = failure(ask(control.signal));
      setTimeout(() => control.abort(), 0); // under way by then; the quickest is over in 15 ms
      expect(await asked).toMatchObject({ name: "AbortError" });
    }
    expect(await by.play(view, "quick", 0)).toEqual(expect.any(Number));
  });

  it("goes on when workers are lost in the middle of it", async () => {
    const made: Port[] = [];
    const spawn: Spawn = (ears: Ears) => {
      const found = nodeWorker(ears);
      made.push(found.port);
      return found;
    };
    const by = engine({ spawn });
    const calm = await by.advisePlay(view, 0);
    const asked = by.advisePlay(view, 0);
    setTimeout(() => made.forEach((port) => port.end()), 15);
    expect(await asked).toEqual(calm);
  });

  it("refuses what cannot be, in a sentence", async () => {
    const by = engine();
    const cases: [() => Promise<unknown>, string][] = [
      [() => by.advisePlay({ ...view, hand: view.hand.slice(1) }, 0), "a hand is seven different dominoes"],
      [() => by.play({ ...view, plays: [view.hand[0], view.hand[0]] }, "quick", 0), "play"],
      [() => by.play(view, "quick", -1), "a seed is a whole number"],
      [() => by.declare(view.hand, 29, "quick", 0), "a bid is 30..42 or 84"],
      [() => by.adviseTrump([0, 0, 1, 2, 3, 4, 5], 30, 0), "a hand is seven different dominoes"],
      [() => by.call({ ...bidding(), legal: [] }, "quick", 0), "it is not your turn to bid"],
      [() => by.adviseBid({ ...bidding(), calls: ["pass", "pass", "pass", 30], legal: [] }, 0), "the auction is over"],
    ];
    for (const [ask, why] of cases) {
      const error = await failure(ask());
      expect(error).toBeInstanceOf(TableError);
      expect(error!.message).toContain(why);
    }
  });

  it("goes on without a file that is missing or damaged, and says which", async () => {
    const missing = async (asset: string) => {
      if (asset === "policy") throw new TableError("seat.policy could not be loaded: the server says 404");
      if (asset === "calibration") return new TextEncoder().encode("{").buffer as ArrayBuffer;
      return readFile(asset as "core");
    };
    const by = engine({ read: missing });
    expect(await failure(by.play(view, "quick", 0))).toMatchObject({
      name: "TableError", message: "seat.policy could not be loaded: the server says 404",
    });
    expect((await failure(by.adviseBid(bidding(), 0)))!.message).toContain("the calibration is cut short");
    const { hand } = told.open[0];
    expect((await by.openValues(hand)).length).toBeGreaterThan(0);
    expect((await failure(by.prepare("network")))!.message).toContain("stage2.onnx could not be loaded");
    const none = engine({ read: async () => new ArrayBuffer(8) });
    expect((await failure(none.openValues(hand)))!.message).toContain("crystal-forge.wasm is damaged");
  });
});

/** The same to a seat, with what others still hold dealt anew as what they showed allows. */
function withHiddenShuffled(match: Match, seat: Seat): Match {
  const view = seatView(match, seat);
  const excluded = view === null ? [0, 0, 0, 0] : seenFrom(rules, view).excluded;
  const seats = ([0, 1, 2, 3] as Seat[]).filter((each) => each !== seat);
  const kept = match.hands.map((hand) => hand.filter((domino) => match.plays.includes(domino)));
  const hidden = seats.flatMap((each) => match.hands[each].filter((domino) => !match.plays.includes(domino)));
  const hands = match.hands.map((hand, each) => (each === seat ? [...hand] : [...kept[each]]));
  const deal = (i: number): boolean => {
    if (i === hidden.length) return true;
    // From the last seat on: not as it was.
    return [...seats].reverse().some((each) => {
      if (hands[each].length === 7 || (excluded[(each - seat + 4) % 4] >> hidden[i]) & 1) return false;
      hands[each].push(hidden[i]);
      return deal(i + 1) || (hands[each].pop(), false);
    });
  };
  deal(0);
  return { ...match, hands: hands.map((hand) => [...hand].sort((a, b) => a - b)) };
}
