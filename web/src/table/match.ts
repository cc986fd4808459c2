// A match, hand after hand, as plain data: every function gives a new state and changes none, and a
// state is what `JSON.stringify` keeps of it. Seats are those of the table, 0..3.

import { bidderOf, highestBid, legalCalls, whyNoCall } from "./auction.ts";
import { checkBid, marksOf, standingOf, type Standing } from "./bids.ts";
import { dealFromSeed } from "./deal.ts";
import { declarationName } from "./declarations.ts";
import { checkDeal } from "./hand_text.ts";
import { positionOf, type OpenPosition } from "./open_hand.ts";
import type { Rules } from "./rules.ts";
import { placeOf, seenAnyTime, whyNotPlay } from "./seat_view.ts";
import {
  TableError, type AuctionView, type Call, type Declaration, type Domino, type HouseRules, type Seat, type SeatView,
  type TableHand, type Team,
} from "./types.ts";

export interface Match {
  readonly house: HouseRules;
  /** Plays may be taken back, and hands may be looked at. */
  readonly study: boolean;
  /** Of the first hand; the next ones count on. */
  readonly seed: number;
  /** Deals so far, from 0; those thrown in count. */
  readonly number: number;
  readonly dealer: Seat;
  /** Before this hand, of seats 0 and 2, and of seats 1 and 3. */
  readonly marks: readonly [number, number];
  /** By seat, ascending. */
  readonly hands: readonly (readonly Domino[])[];
  /** In turn, from the dealer's left. */
  readonly calls: readonly Call[];
  readonly decl: Declaration | null;
  /** In order. */
  readonly plays: readonly Domino[];
}

/** Whether a match goes on after a hand that is over, `matchWinner` says. */
export type Phase = "auction" | "trump" | "play" | "hand-over";

export const HOUSE: HouseRules = { allPass: "forced-bid", marksToWin: 7 };

/** Numbers of deals are below it, so that those of the next hands are whole numbers too. */
const MAX_SEED = 2 ** 32;

/** The first hand of a match. */
export function newMatch(seed: number, options: { house?: HouseRules; study?: boolean; dealer?: Seat } = {}): Match {
  const house = options.house ?? HOUSE;
  if (!Number.isInteger(house.marksToWin) || house.marksToWin < 1 || house.marksToWin > 99)
    throw new TableError(`marks that win must be 1..99, got ${String(house.marksToWin)}`);
  return {
    house, study: options.study ?? false, seed, number: 0, dealer: options.dealer ?? 3, marks: [0, 0], ...dealt(seed),
  };
}

const dealt = (seed: number) => ({ hands: dealFromSeed(seed), calls: [], decl: null, plays: [] });

const seatOf = (n: number): Seat => (((n % 4) + 4) % 4) as Seat;

/** Who holds the bid; null while nobody does. */
export function bidder(match: Match): Seat | null {
  const turn = bidderOf(match.calls);
  return turn === null ? null : seatOf(match.dealer + 1 + turn);
}

export const bidOf = (match: Match): number | null => highestBid(match.calls);

const allPassed = (match: Match): boolean => match.calls.length === 4 && bidOf(match) === null;

export function phaseOf(match: Match): Phase {
  if (match.calls.length < 4) return "auction";
  if (allPassed(match)) return "hand-over";
  if (match.decl === null) return "trump";
  if (match.plays.length < 28) return "play";
  return "hand-over";
}

/** The hand in play, the declarer's hand first; null before trump is named. */
export function tableHand(match: Match): TableHand | null {
  const declarer = bidder(match);
  if (declarer === null || match.decl === null) return null;
  const hands = [0, 1, 2, 3].map((places) => match.hands[(declarer + places) % 4]);
  return { hands, decl: match.decl, bid: bidOf(match)!, plays: match.plays };
}

/** What lies on the table, seats counted from the declarer; null before trump is named. */
export function openPosition(rules: Rules, match: Match): OpenPosition | null {
  const hand = tableHand(match);
  return hand === null ? null : positionOf(rules, hand);
}

/** Whose turn it is to speak, to name trump or to play; null when the hand is over. */
export function turnOf(rules: Rules, match: Match): Seat | null {
  switch (phaseOf(match)) {
    case "auction":
      return seatOf(match.dealer + 1 + match.calls.length);
    case "trump":
      return bidder(match);
    case "play":
      return seatOf(bidder(match)! + openPosition(rules, match)!.turn);
    default:
      return null;
  }
}

/** What became of the bid so far; null before trump is named. */
export function standing(rules: Rules, match: Match): Standing | null {
  const at = openPosition(rules, match);
  return at === null ? null : standingOf(at.bid, ...at.points);
}

/** Points won in this hand, of seats 0 and 2, and of seats 1 and 3. */
export function pointsWon(rules: Rules, match: Match): readonly [number, number] {
  const at = openPosition(rules, match);
  if (at === null) return [0, 0];
  return bidder(match)! % 2 === 0 ? at.points : [at.points[1], at.points[0]];
}

/** Marks with those of this hand, once it is over. */
export function score(rules: Rules, match: Match): readonly [number, number] {
  const winner = handWinner(rules, match);
  if (winner === null) return match.marks;
  const won = marksOf(bidOf(match)!);
  return winner === 0 ? [match.marks[0] + won, match.marks[1]] : [match.marks[0], match.marks[1] + won];
}

/** The team that gets the marks of this hand; null before it is over, and where all passed. */
export function handWinner(rules: Rules, match: Match): Team | null {
  if (phaseOf(match) !== "hand-over" || allPassed(match)) return null;
  const declaring = (bidder(match)! % 2) as Team;
  return standing(rules, match) === "made" ? declaring : ((1 - declaring) as Team);
}

/** The team that won the match; null while it goes on. */
export function matchWinner(rules: Rules, match: Match): Team | null {
  const marks = score(rules, match);
  const best = marks[0] >= marks[1] ? 0 : 1;
  return marks[best] >= match.house.marksToWin ? best : null;
}

/** What a seat may know in the auction, and nothing else. */
export function auctionView(match: Match, seat: Seat): AuctionView {
  const { allPass } = match.house;
  const isTurn = seatOf(match.dealer + 1 + match.calls.length) === seat;
  return {
    hand: [...match.hands[seat]],
    calls: [...match.calls],
    dealer: placeOf(match.dealer, seat),
    legal: isTurn ? legalCalls(match.calls, allPass) : [],
    marks: seat % 2 === 0 ? match.marks : [match.marks[1], match.marks[0]],
    allPass,
  };
}

/** What a seat may know in the play, and nothing else; null before trump is named. */
export function seatView(match: Match, seat: Seat): SeatView | null {
  const declarer = bidder(match);
  if (declarer === null || match.decl === null) return null;
  return {
    hand: [...match.hands[seat]],
    decl: match.decl,
    bid: bidOf(match)!,
    declarer: placeOf(declarer, seat),
    plays: [...match.plays],
  };
}

/** The seat whose turn it is says something. */
export function called(match: Match, call: Call): Match {
  const why = whyNoCall(match.calls, call, match.house.allPass);
  if (why !== null) throw new TableError(why);
  return { ...match, calls: [...match.calls, call] };
}

/** The bidder names trump. */
export function declared(match: Match, decl: Declaration): Match {
  if (phaseOf(match) !== "trump") throw new TableError("trump is named once, by the bidder, after the auction");
  declarationName(decl);
  return { ...match, decl };
}

/** The seat whose turn it is plays. */
export function played(rules: Rules, match: Match, domino: Domino): Match {
  const why = whyNot(rules, match, domino);
  if (why !== null) throw new TableError(why);
  return { ...match, plays: [...match.plays, domino] };
}

/** Why the seat whose turn it is may not play a domino; null where it may. */
export function whyNot(rules: Rules, match: Match, domino: Domino): string | null {
  const turn = turnOf(rules, match);
  if (phaseOf(match) !== "play" || turn === null) return "nobody is to play now";
  return whyNotPlay(rules, seenAnyTime(rules, seatView(match, turn)!), domino);
}

/** The next hand, once this one is over: the deal passes to the left. */
export function nextHand(rules: Rules, match: Match): Match {
  if (phaseOf(match) !== "hand-over") throw new TableError("this hand is not over");
  if (matchWinner(rules, match) !== null) throw new TableError("the match is over");
  const number = match.number + 1;
  return { ...match, number, dealer: seatOf(match.dealer + 1), marks: score(rules, match), ...dealt(match.seed + number) };
}

/**
 * The state before the last call, trump or play of this hand, back to one where `until` holds.
 *
 * @param until by whose turn it is; any turn where it is not given
 * @throws TableError outside study mode, or where there is nothing to take back
 */
export function undone(rules: Rules, match: Match, until: (turn: Seat) => boolean = () => true): Match {
  if (!match.study) throw new TableError("plays are taken back in study mode only");
  for (let at = before(match); at !== null; at = before(at)) {
    const turn = turnOf(rules, at);
    if (turn !== null && until(turn)) return at;
  }
  throw new TableError("there is nothing to take back");
}

function before(match: Match): Match | null {
  if (match.plays.length > 0) return { ...match, plays: match.plays.slice(0, -1) };
  if (match.decl !== null) return { ...match, decl: null };
  return match.calls.length > 0 ? { ...match, calls: match.calls.slice(0, -1) } : null;
}

/**
 * A match for study that begins inside a hand, to be replayed from there.
 *
 * @param hand four hands, the declarer's first, and the plays to keep
 * @param declarer where the declarer sits
 */
export function matchOf(rules: Rules, hand: TableHand, declarer: Seat, house: HouseRules = HOUSE): Match {
  checkDeal(hand.hands);
  checkBid(hand.bid);
  declarationName(hand.decl);
  positionOf(rules, hand);
  return {
    house,
    study: true,
    seed: 0,
    number: 0,
    // The declarer spoke last, so that others passed before.
    dealer: declarer,
    marks: [0, 0],
    hands: [0, 1, 2, 3].map((seat) => hand.hands[placeOf(seat, declarer)]),
    calls: ["pass", "pass", "pass", hand.bid],
    decl: hand.decl,
    plays: hand.plays,
  };
}

/**
 * A match from what `JSON.stringify` made of one.
 *
 * @throws TableError for anything else, or for calls and plays that the rules forbid
 */
export function readMatch(rules: Rules, text: string): Match {
  const wrong = (why: string) => new TableError(`this is no saved match: ${why}`);
  let kept: Match;
  try {
    kept = JSON.parse(text) as Match;
  } catch {
    throw wrong("it is cut short or damaged");
  }
  try {
    const { house, seed, number, dealer, marks, hands, calls, plays, decl } = kept;
    if (![0, 1, 2, 3].includes(dealer)) throw wrong(`the dealer is ${String(dealer)}`);
    if (!["forced-bid", "throw-in"].includes(house.allPass)) throw wrong("its house rules are unknown");
    if (![seed, number, ...marks].every((n) => Number.isInteger(n) && n >= 0 && n < MAX_SEED) || marks.length !== 2)
      throw wrong("its numbers are no whole numbers");
    if (hands.length !== 4 || hands.some((hand) => hand.length !== 7)) throw wrong("it has no four hands of seven");
    checkDeal(hands);
    let match: Match = { ...newMatch(seed, { house, study: kept.study === true, dealer }), number, marks, hands };
    for (const call of calls) match = called(match, call);
    if (decl !== null) match = declared(match, decl);
    for (const domino of plays) match = played(rules, match, domino);
    return match;
  } catch (error) {
    throw error instanceof TableError ? error : wrong("parts of it are missing");
  }
}
