// A match, as it is seen from one chair.

import { positionsOf, type OpenPosition } from "../table/open_hand.ts";
import { bidder, bidOf, phaseOf, pointsWon, score, seatView, tableHand, turnOf, type Match } from "../table/match.ts";
import { CALLED_SUIT } from "../table/rules.ts";
import { placeOf, seenAnyTime } from "../table/seat_view.ts";
import { shownOut } from "../table/suits.ts";
import type { Call, Declaration, Domino, Seat } from "../table/types.ts";
import { rules } from "./rules.ts";
import type { Laid, Player, Scene, Trick } from "./scene.ts";
import { seatName, suitName } from "./words.ts";

interface Looks {
  /** Whose chair. */
  me: Seat;
  /** Other hands are open. */
  open: boolean;
  /** The trick that is complete still lies there. */
  lingers: boolean;
}

const NO_TRICK: Trick = { laid: [], winner: null, points: 0 };
const PLACES = [0, 1, 2, 3] as const;

export function sceneOf(match: Match, { me, open, lingers }: Looks): Scene {
  const phase = phaseOf(match);
  const declarer = bidder(match);
  const turn = turnOf(rules(), match);
  const hand = tableHand(match);
  const tricks = hand === null ? [] : tricksOf(positionsOf(rules(), hand), (seat) => placeOf(seat + declarer!, me));
  const complete = tricks.filter((trick) => trick.winner !== null);
  const isMyTurn = turn === me && (phase !== "play" || !lingers || match.plays.length < 28);
  const out = outOf(match, declarer);
  const [us, them] = me % 2 === 0 ? [0, 1] as const : [1, 0] as const;
  const points = pointsWon(rules(), match);
  const marks = phase === "hand-over" && lingers ? match.marks : score(rules(), match);
  return {
    phase: phase === "hand-over" ? (lingers ? "play" : "over") : phase === "trump" ? "declare" : phase,
    players: PLACES.map((place) => playerAt(place)),
    hand: sorted(match.hands[me].filter((domino) => !match.plays.includes(domino)), match.decl),
    legal: new Set(isMyTurn && phase === "play" ? seenAnyTime(rules(), seatView(match, me)!).legal : []),
    isMyTurn,
    decl: match.decl,
    bid: bidOf(match),
    declarer: declarer === null || phase === "auction" ? null : placeOf(declarer, me),
    trick: onTable(tricks, lingers),
    tricks: complete,
    points: [points[us], points[them]],
    marks: [marks[us], marks[them]],
    marksToWin: match.house.marksToWin,
    handNumber: match.number + 1,
  };

  function playerAt(place: Seat): Player {
    const seat = ((me + place) % 4) as Seat;
    const held = match.hands[seat].filter((domino) => !match.plays.includes(domino));
    return {
      place,
      name: seatName(place),
      isDealer: match.dealer === seat,
      isDeclarer: declarer === seat && phase !== "auction",
      isToAct: turn === seat && !lingers,
      call: callOf(match, seat),
      hand: open && place !== 0 ? sorted(held, match.decl) : null,
      nInHand: held.length,
      shownOut: out[seat].map((suit) => `no ${suitName(suit, match.decl!)}`),
    };
  }
}

function callOf(match: Match, seat: Seat): Call | null {
  return match.calls[placeOf(seat, (match.dealer + 1) % 4)] ?? null;
}

/** By seat of the table, the suits it has shown not to hold. */
function outOf(match: Match, declarer: Seat | null): readonly (readonly number[])[] {
  const hand = tableHand(match);
  if (hand === null || declarer === null) return [[], [], [], []];
  const at = positionsOf(rules(), hand);
  const found = shownOut(rules(), hand.decl, hand.plays, at[at.length - 1].seats);
  return PLACES.map((seat) => found[placeOf(seat, declarer)]);
}

function onTable(tricks: readonly Trick[], lingers: boolean): Trick {
  const last = tricks[tricks.length - 1];
  return last !== undefined && (last.winner === null || lingers) ? last : NO_TRICK;
}

/** All tricks that were begun, from the positions before each play and at the end. */
export function tricksOf(positions: readonly OpenPosition[], placed: (seat: number) => Seat): Trick[] {
  const end = positions[positions.length - 1];
  const found: Trick[] = [];
  for (let from = 0; from < end.plays.length; from += 4) {
    const laid: Laid[] = end.plays
      .slice(from, from + 4)
      .map((domino, i) => ({ domino, place: placed(end.seats[from + i]) }));
    const after = positions[from + 4];
    found.push({
      laid,
      winner: after === undefined ? null : placed(after.turn),
      points: rules().trickPoints(laid.map((each) => each.domino)),
    });
  }
  return found;
}

/** As a player lines them up: what is called first, the strongest at the left, then by suits. */
export function sorted(hand: readonly Domino[], decl: Declaration | null): Domino[] {
  const rank = (domino: Domino) => (nthCalled(domino, decl) > 0 ? 1000 + nthCalled(domino, decl) : domino);
  return [...hand].sort((a, b) => rank(b) - rank(a));
}

/** 0 where it is not called, else the greater the stronger. */
function nthCalled(domino: Domino, decl: Declaration | null): number {
  if (decl === null || !rules().follows(decl, CALLED_SUIT, domino)) return 0;
  return rules().strength(decl, CALLED_SUIT, domino);
}

/** How many of a hand are called under a declaration. */
export function nCalled(hand: readonly Domino[], decl: Declaration): number {
  return hand.filter((domino) => rules().follows(decl, CALLED_SUIT, domino)).length;
}
