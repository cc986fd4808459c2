// A match from deal to seven marks, and what each seat is shown of it.

import { describe, expect, it } from "vitest";
import {
  auctionView, bidder, called, declared, handWinner, matchOf, matchWinner, newMatch, nextHand, openPosition, phaseOf,
  played, pointsWon, readMatch, score, seatView, tableHand, turnOf, undone, whyNot, type Match,
} from "../src/table/match.ts";
import { handText } from "../src/table/hand_text.ts";
import { seenFrom } from "../src/table/seat_view.ts";
import type { Call, Seat } from "../src/table/types.ts";
import { errorOf, golden, rules } from "./golden.ts";

const SEATS: Seat[] = [0, 1, 2, 3];

/** A step at random: a low bid or a pass, any trump, any legal play. */
function step(match: Match, chance: () => number): Match {
  const pick = <T>(from: readonly T[]) => from[Math.floor(chance() * from.length)];
  const turn = turnOf(rules, match)!;
  if (phaseOf(match) === "auction") {
    const { legal } = auctionView(match, turn);
    return called(match, chance() < 0.4 ? legal[0] : legal[legal.length - 1]);
  }
  if (phaseOf(match) === "trump") return declared(match, Math.floor(chance() * 10));
  return played(rules, match, pick(seenFrom(rules, seatView(match, turn)!).legal));
}

function numbers(seed: number): () => number {
  let state = seed;
  return () => ((state = (Math.imul(state, 1664525) + 1013904223) >>> 0), state / 2 ** 32);
}

function playHand(match: Match, chance: () => number): Match {
  while (phaseOf(match) !== "hand-over") match = step(match, chance);
  return match;
}

describe("a match", () => {
  it.each([
    ["forced-bid", 1],
    ["throw-in", 2],
  ] as const)("goes to its marks (%s)", (allPass, seed) => {
    const chance = numbers(seed);
    let match = newMatch(seed, { house: { allPass, marksToWin: 7 } });
    let thrownIn = 0;
    for (;;) {
      match = playHand(match, chance);
      expect(JSON.parse(JSON.stringify(match))).toEqual(match);
      expect(readMatch(rules, JSON.stringify(match))).toEqual(match);
      const before = match.marks;
      const winner = handWinner(rules, match);
      if (winner === null) ++thrownIn;
      else {
        const [own, other] = pointsWon(rules, match);
        expect(own + other).toBe(42);
        expect(score(rules, match)[winner]).toBe(before[winner] + (match.calls.includes(84) ? 2 : 1));
      }
      if (matchWinner(rules, match) !== null) break;
      const dealer = match.dealer;
      match = nextHand(rules, match);
      expect(match.dealer).toBe((dealer + 1) % 4);
    }
    expect(Math.max(...score(rules, match))).toBeGreaterThanOrEqual(7);
    expect(thrownIn > 0).toBe(allPass === "throw-in");
    expect(errorOf(() => nextHand(rules, match))).toBe("the match is over");
  });

  it("shows a seat its own hand and what is public, nothing else", () => {
    const chance = numbers(5);
    let match = newMatch(11, { dealer: 1 });
    while (phaseOf(match) !== "hand-over") {
      for (const seat of SEATS) {
        const others = SEATS.filter((other) => other !== seat);
        const swapped = { ...match, hands: hiddenSwapped(match, seat, others) };
        expect(auctionView(swapped, seat)).toEqual(auctionView(match, seat));
        expect(seatView(swapped, seat)).toEqual(seatView(match, seat));
      }
      match = step(match, chance);
    }
  });

  it("takes back calls, trump and plays in study mode alone", () => {
    const chance = numbers(9);
    const start = newMatch(4, { study: true });
    let match = playHand(start, chance);
    const back = undone(rules, match, (turn) => turn === 2);
    expect(turnOf(rules, back)).toBe(2);
    for (let n = match.plays.length + 1 + 4; n > 0; --n) match = undone(rules, match);
    expect(match).toEqual(start);
    expect(errorOf(() => undone(rules, match))).toBe("there is nothing to take back");
    expect(errorOf(() => undone(rules, newMatch(4)))).toContain("study mode");
  });

  it("begins inside a hand to replay it, and ends as that text", () => {
    for (const { hand, text } of golden("table").hands.slice(0, 8))
      for (const seat of SEATS) {
        const match = matchOf(rules, hand, seat);
        expect(bidder(match)).toBe(seat);
        expect(handText(tableHand(match)!)).toBe(text);
        expect(openPosition(rules, match)!.plays).toEqual(hand.plays);
      }
  });

  it("refuses what may not be, in a sentence", () => {
    let match = newMatch(4);
    const say = (...calls: Call[]) => calls.reduce(called, match);
    expect(errorOf(() => say("pass", 31, 31))).toBe("a bid must be higher than the 31 before it");
    expect(errorOf(() => say(29))).toContain("30 to 42, or 84");
    expect(errorOf(() => say("pass", "pass", "pass", "pass"))).toContain("you must bid 30 or more");
    expect(errorOf(() => say(30, "pass", "pass", "pass", 31))).toContain("the auction is over");
    expect(errorOf(() => declared(match, 3))).toContain("after the auction");
    match = declared(say(30, "pass", "pass", "pass"), 3);
    const foreign = match.hands[1][0];
    expect(whyNot(rules, match, foreign)).toContain("is not in your hand");
    expect(errorOf(() => played(rules, match, foreign))).toContain("is not in your hand");
  });

  it.each([
    ["", "cut short or damaged"],
    ["{}", "this is no saved match"],
    ["null", "parts of it are missing"],
    ['{"house":{"allPass":"forced-bid","marksToWin":7},"dealer":7}', "the dealer is 7"],
  ])("reads no match from %j", (text, why) => {
    expect(errorOf(() => readMatch(rules, text))).toContain(why);
  });

  it("reads no match with a play against the rules, or two of one domino", () => {
    const match = playHand(newMatch(3), numbers(3));
    const swapped = [...match.plays];
    [swapped[0], swapped[4]] = [swapped[4], swapped[0]];
    expect(errorOf(() => readMatch(rules, JSON.stringify({ ...match, plays: swapped })))).not.toBeNull();
    const hands = [match.hands[0], match.hands[0], match.hands[2], match.hands[3]];
    expect(errorOf(() => readMatch(rules, JSON.stringify({ ...match, hands })))).toContain("is dealt twice");
  });
});

/** The hands of others with what they still hold dealt anew. */
function hiddenSwapped(match: Match, seat: Seat, others: Seat[]): number[][] {
  const kept = SEATS.map((each) => match.hands[each].filter((d) => match.plays.includes(d)));
  const hidden = others.flatMap((each) => match.hands[each].filter((d) => !match.plays.includes(d))).reverse();
  return SEATS.map((each) => {
    if (each === seat) return [...match.hands[seat]];
    return [...kept[each], ...hidden.splice(0, 7 - kept[each].length)].sort((a, b) => a - b);
  });
}
