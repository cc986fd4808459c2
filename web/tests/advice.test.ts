// What the engine advises, judges and bids, against Python: the same worlds, numbers and sentences.

import { afterAll, describe, expect, it } from "vitest";
import { advisePlay } from "../src/engine/advice/plays.ts";
import { openValues, reviewHand } from "../src/engine/advice/review.ts";
import { adviseBid, adviseTrump, chooseCall, chooseTrump } from "../src/engine/bidding/advise.ts";
import { Calibration } from "../src/engine/bidding/calibration.ts";
import { bestPipSuit, CLOSELY, otherContract, worthOfCalls } from "../src/engine/bidding/calls.ts";
import { certainPoints } from "../src/engine/bidding/certain.ts";
import { dealsAround } from "../src/engine/bidding/deals.ts";
import { evaluateHand } from "../src/engine/bidding/evaluate.ts";
import { combine, dealKeys, decisionKey, uniform } from "../src/engine/keys.ts";
import { fixed, signed } from "../src/engine/numbers.ts";
import { Task } from "../src/engine/task.ts";
import { bidderOf as bidderOfCalls, legalCalls } from "../src/table/auction.ts";
import { pointsOf } from "../src/table/bids.ts";
import type { AuctionView, Call, Seat } from "../src/table/types.ts";
import { difference, errorOf, golden, rules } from "./golden.ts";
import { bidderOf, calibration, poolOf } from "./workers.ts";

const told = golden("engine");
const pool = await poolOf();
afterAll(() => pool.close());

const same = (found: unknown, kept: unknown) => expect(difference(found, kept)).toBeNull();
/** As tests/support/page has it: half a minute in place of three. */
const MOST_DEALS = 400;
const FEW = { nWorlds: 40, race: false };

function auctionView(hand: number[], said: (number | null)[], must: boolean): AuctionView {
  const calls: Call[] = said.map((bid) => bid ?? "pass");
  const allPass = must ? "forced-bid" : "throw-in";
  return { hand, calls, dealer: (3 - calls.length) as Seat, legal: legalCalls(calls, allPass), marks: [0, 0], allPass };
}

describe("numbers", () => {
  it("keys are Python's", () => {
    for (const { seed, combined, decision, deals, uniform: chances } of told.keys) {
      const key = combine(5n, seed);
      expect([String(key), String(decisionKey(seed, 11, 50))]).toEqual([combined, decision]);
      expect(dealKeys(seed, 3, 6).map(String)).toEqual(deals);
      expect([uniform(key, 0), uniform(key, 1)]).toEqual(chances);
    }
  });

  it("are written as Python writes them", () => {
    const written = [fixed(12.5, 0), fixed(13.5, 0), fixed(0.125, 2), fixed(-0.125, 2), fixed(0.375, 2), fixed(2.675, 2)];
    expect(written).toEqual(["12", "14", "0.12", "-0.12", "0.38", "2.67"]);
    expect([signed(0.5, 2), signed(-0.5, 2), fixed(0.5, 0), fixed(1.5, 0)]).toEqual(["+0.50", "-0.50", "0", "2"]);
  });
});

describe("bidding", () => {
  it("looks at Python's deals, and knows the suit of another bidder", async () => {
    for (const { hand, seed, deals, suits } of told.deals) {
      const found = await dealsAround(new Task(pool), [hand], seed, 2, 7);
      expect([...found]).toEqual(deals.flat());
      expect(deals.map((deal: number[]) => bestPipSuit(rules, deal.slice(7, 14)))).toEqual(suits);
    }
  });

  it("knows what a hand cannot lose", () => {
    for (const { hand, points } of told.certain)
      expect(points.map((_: number, decl: number) => certainPoints(rules, hand, decl))).toEqual(points);
  });

  it("has Python's chances of every trump and bid", async () => {
    for (const { hand, seed, dropped, ...kept } of told.evaluations) {
      const plan = { nDeals: 150, until: 0.05, bid: 30, bids: null, dropWorse: true, maxDeals: 50_000, settle: null };
      const found = await evaluateHand(bidderOf(pool, seed), hand, plan);
      expect(found.dropped).toEqual(dropped);
      const { n, made, cells } = found.table;
      const [p, low, high] = (["p", "low", "high"] as const).map((end) => cells.map((row) => row.map((cell) => cell[end])));
      same({ n, made, p, low, high }, kept);
    }
  });

  it("says what Python says in an auction", async () => {
    for (const { hand, calls, must, seed, other, todo } of told.auctions) {
      const view = auctionView(hand, calls, must);
      const bidder = bidderOf(pool, seed);
      const plan = { nDeals: 60, until: null, bid: 30, bids: null, dropWorse: false, maxDeals: 60, settle: null };
      const { table } = await evaluateHand(bidder, hand, plan);
      const found = await otherContract(bidder, view, CLOSELY, [0, 1]);
      same(found && { p: found.p, low: found.low, high: found.high, n: found.nKept }, other);
      const worths = worthOfCalls(view, table, found);
      const bids = worths.map(({ call, decl, marks }) => ({ bid: call === "pass" ? null : call, decl, marks }));
      same(bids, todo);
      // The players of the levels ask about fewer bids, and say the same.
      const call = await chooseCall(bidder, view, 60, CLOSELY);
      expect(call).toBe(todo[0].bid ?? "pass");
      expect(bidderOfCalls([...view.calls, call]) === view.calls.length).toBe(call !== "pass");
    }
  });

  it("advises what Python advises, in its words, as long as it does", async () => {
    for (const { hand, seed, n, headline, why, is_close } of told.bids) {
      const found = await adviseBid(bidderOf(pool, seed), auctionView(hand, [], false), MOST_DEALS);
      expect([found.headline, found.why, found.nDeals, found.isClose]).toEqual([headline, why, n, is_close]);
      expect(found.chances.length).toBe(9 * 14);
    }
    const close: boolean[] = told.bids.map((each: any) => each.is_close);
    expect([close.includes(true), close.includes(false)]).toEqual([true, true]);
  });

  it("says in an auction what the deals cannot tell, in Python's words", async () => {
    for (const { hand, calls, must, seed, headline } of told.auctions) {
      const view = auctionView(hand, calls, must);
      const found = await adviseBid(bidderOf(pool, seed), view, MOST_DEALS);
      expect(found.headline).toBe(headline);
      expect(new Set(found.chances.map(({ bid }) => bid))).toEqual(new Set(view.legal.filter((call) => call !== "pass")));
      const who = /If you pass, (left|partner|right) plays/.exec(found.why);
      expect(who !== null).toBe(calls.some((call: number | null) => call !== null) || (must && calls.length < 3));
    }
  });

  it("names Python's trump", async () => {
    for (const { hand, bid, decl } of told.trumps) {
      expect(await chooseTrump(bidderOf(pool, 0), hand, bid, 64)).toBe(decl);
      const chances = await adviseTrump(bidderOf(pool, 0), hand, bid);
      expect(chances.length).toBe(9);
      expect(chances.map(({ chance }) => chance)).toEqual(chances.map(({ chance }) => chance).sort((a, b) => b - a));
    }
  });

  it("refuses a calibration that is none", () => {
    const { intercepts, slopes } = calibration;
    expect(errorOf(() => Calibration.read("{"))).toContain("cut short or damaged");
    expect(errorOf(() => Calibration.read('{"format": "other"}'))).toContain("is no forge bidding calibration");
    expect(errorOf(() => new Calibration({ ...intercepts, notrump: [1] }, slopes))).toContain("13 numbers for notrump");
  });
});

describe("advice on plays", () => {
  it("is Python's: chances, errors, contrast and sentence", async () => {
    for (const { view, seed, found } of told.plays) same(await advisePlay(new Task(pool), rules, view, seed, FEW), found);
    expect(told.plays.some((each: any) => each.found.plays.length === 1)).toBe(true);
    expect(told.plays.filter((each: any) => each.found.contrast !== null).length).toBeGreaterThan(3);
  });

  it("is that of the strongest player unless it is told otherwise", async () => {
    for (const { view, seed, found } of told.strongest) same(await advisePlay(new Task(pool), rules, view, seed), found);
  });
});

describe("review", () => {
  it("grades as Python does", async () => {
    for (const { hand, seed, found } of told.reviews) same(await reviewHand(new Task(pool), rules, hand, seed, FEW), found);
  });

  it("has nothing to say of a hand without plays", async () => {
    const { hand } = told.reviews[0];
    const asked = reviewHand(new Task(pool), rules, { ...hand, plays: [] }, 0);
    await expect(asked).rejects.toThrow("nothing to review: the hand has no plays");
    const wrong = { ...hand, plays: [...hand.plays].reverse() };
    await expect(reviewHand(new Task(pool), rules, wrong, 0)).rejects.toThrow(/^play 1: declarer may not play/);
  });

  it("knows what each play brings with open hands", async () => {
    for (const { hand, turn, q, points: won } of told.open) {
      const found = await openValues(new Task(pool), rules, hand);
      const kept = hand.hands[turn].flatMap((domino: number, slot: number) => {
        if ((q[slot] ?? null) === null) return [];
        const total = (42 + won[0] - won[1] + q[slot]) / 2;
        const declares = turn % 2 === 0;
        return [{ domino, points: declares ? total : 42 - total, works: total >= pointsOf(hand.bid) === declares }];
      });
      expect(found).toEqual(kept);
    }
  });
});
