// The table against Python: rules, views, texts and links, auctions, deals.

import { describe, expect, it } from "vitest";
import { afterPass, bidderOf, checkCalls, legalCalls } from "../src/table/auction.ts";
import { standingOf, targetOf } from "../src/table/bids.ts";
import { dealFromSeed } from "../src/table/deal.ts";
import { dominoName } from "../src/table/dominoes.ts";
import { handLink, handText, parseTableHand } from "../src/table/hand_text.ts";
import { positionsOf, stateOf } from "../src/table/open_hand.ts";
import { seenAnyTime, seenFrom, whyNotPlay } from "../src/table/seat_view.ts";
import { shownOut, suitText } from "../src/table/suits.ts";
import type { Call, SeatView, TableHand } from "../src/table/types.ts";
import { core, errorOf, golden, rules } from "./golden.ts";

const told = golden("table");

describe("rules", () => {
  it("deals from seeds are Python's", () => {
    for (const { seed, hands } of told.deals) expect(dealFromSeed(BigInt(seed))).toEqual(hands);
    expect(errorOf(() => dealFromSeed(-1))).toContain("0 or more");
    expect(errorOf(() => dealFromSeed(0.5))).toContain("a whole number");
  });

  it("turns, legal plays, points and packed states are Python's", () => {
    for (const each of told.hands) {
      const positions = positionsOf(rules, each.hand);
      expect(positions.length).toBe(each.steps.length);
      positions.forEach((at, i) => {
        const { turn, legal, points, state } = each.steps[i];
        expect([at.turn, at.legal, at.points]).toEqual([turn, legal, points]);
        expect(String(stateOf(at))).toBe(state);
      });
      const { points, bid } = positions[positions.length - 1];
      expect(standingOf(bid, ...points)).toBe(each.standing);
      expect(targetOf(bid, ...points)).toBe(each.target);
    }
  });

  it("legal plays are those of the core", () => {
    for (const { hand } of told.hands)
      for (const at of positionsOf(rules, hand).slice(0, -1)) {
        const slots = core.legalSlots({ deals: hand.hands.flat(), decls: [hand.decl], states: [stateOf(at)] });
        const legal = hand.hands[at.turn].filter((_: number, slot: number) => slots[slot] === 1);
        expect(at.legal).toEqual(legal);
      }
  });
});

describe("what a seat sees", () => {
  it("is what Python makes of it, and what cannot be has Python's sentence", () => {
    for (const { given, found, error } of told.views) {
      if (error !== undefined) {
        expect(errorOf(() => seenFrom(rules, given))).toBe(error);
        continue;
      }
      const seen = seenFrom(rules, given);
      expect({
        seats: seen.seats, points: seen.points, excluded: seen.excluded, held: seen.held, legal: seen.legal,
        wanted: seen.wanted, points_left: seen.pointsLeft,
      }).toEqual(found);
    }
    expect(told.views.filter((each: any) => "error" in each).length).toBeGreaterThan(90);
  });

  it("an illegal play is told by its rule", () => {
    const view: SeatView = { hand: parse("6-4,5-4,5-1,3-2,2-2,1-0,0-0"), decl: 4, bid: 31, declarer: 3, plays: parse("5-5") };
    const seen = seenFrom(rules, view);
    const why = (domino: string) => whyNotPlay(rules, seen, parse(domino)[0]);
    expect(why("5-1")).toBeNull();
    expect(why("6-4")).toBe("you must follow fives: you hold 5-1");
    expect(why("6-6")).toBe("6-6 is not in your hand");
    const trumps = seenFrom(rules, { ...view, plays: parse("4-4") });
    expect(whyNotPlay(rules, trumps, parse("0-0")[0])).toBe("you must follow trumps (fours): you hold 6-4, 5-4");
    const waits = seenAnyTime(rules, { ...view, declarer: 2, plays: [] });
    expect(whyNotPlay(rules, waits, parse("5-1")[0])).toBe("it is not your turn: partner is to play");
    expect(whyNotPlay(rules, seen, 99)).toBe("99 is no domino");
  });

  it("who showed out of what", () => {
    const plays = parse("5-5,6-4,5-1,3-2");
    expect(shownOut(rules, 4, plays, [3, 0, 1, 2])).toEqual([[5], [], [5], []]);
    expect([suitText(4, 5), suitText(4, 7), suitText(7, 7), suitText(8, 7)]).toEqual([
      "fives", "trumps (fours)", "trumps (doubles)", "doubles",
    ]);
  });
});

describe("texts and links", () => {
  it("are written as Python writes them, and read back", () => {
    for (const { hand, text, link } of told.hands) {
      expect(handText(hand)).toBe(text);
      expect(handLink(hand)).toBe(link);
      for (const written of [text, link, link.toUpperCase(), `https://table.example/a?b${link}`])
        expect(parseTableHand(rules, written)).toEqual(hand);
    }
  });

  it("whole, cut short, damaged or hostile: Python's answer, or its sentence", () => {
    const long = told.long.map((each: any) => ({ ...each, text: each.of.repeat(each.times) }));
    for (const { text, found, error } of [...told.texts, ...long]) {
      if (error !== undefined) expect(errorOf(() => parseTableHand(rules, text))).toBe(error);
      else {
        const hand: TableHand = parseTableHand(rules, text);
        expect({ canonical: handText(hand), link: handLink(hand) }).toEqual(found);
      }
    }
  });
});

describe("auctions", () => {
  it("are Python's", () => {
    for (const { given, found, error } of told.auctions) {
      const calls: Call[] = given.calls.map((call: number | null) => call ?? "pass");
      const allPass = given.must ? "forced-bid" : "throw-in";
      if (error !== undefined) {
        expect(errorOf(() => checkCalls(calls, allPass))).toBe(error);
        continue;
      }
      checkCalls(calls, allPass);
      const legal = legalCalls(calls, allPass);
      expect(legal).toEqual([...found.legal, ...(found.may_pass ? ["pass"] : [])]);
      expect(bidderOf(calls)).toBe(found.bidder);
      const after = afterPass(calls, allPass);
      expect(after && [after.seat, after.bid]).toEqual(found.after_pass);
    }
  });
});

function parse(text: string): number[] {
  const ids = new Map(Array.from({ length: 28 }, (_, d) => [dominoName(d), d]));
  return text.split(",").map((each) => ids.get(each)!);
}
