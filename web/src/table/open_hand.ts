// A hand with all four hands open, play by play. Seats are places to the left of the declarer.

import { INITIAL_STATE, packState } from "../../core/rules.js";
import { standingOf, type Standing } from "./bids.ts";
import { dominoName } from "./dominoes.ts";
import type { Rules } from "./rules.ts";
import { TableError, type Declaration, type Domino, type TableHand } from "./types.ts";

/** Seats by places from the declarer. */
export const SEATS = ["declarer", "left", "partner", "right"] as const;

/** Somewhere in the play of a hand. */
export interface OpenPosition {
  readonly hands: readonly (readonly Domino[])[];
  readonly decl: Declaration;
  readonly bid: number;
  readonly plays: readonly Domino[];
  /** Who made each play. */
  readonly seats: readonly number[];
  /** Won so far, by the declarer's side and by the other. */
  readonly points: readonly [number, number];
  readonly leader: number;
  /** In the trick, the lead first. */
  readonly trick: readonly Domino[];
  /** Whose turn it is; the last trick's winner at the end of the hand. */
  readonly turn: number;
  /** What may be played, ascending; nothing at the end. */
  readonly legal: readonly Domino[];
}

/** Before the first lead. */
export function startOf(hand: Omit<TableHand, "plays">): OpenPosition {
  const { hands, decl, bid } = hand;
  return {
    hands, decl, bid, plays: [], seats: [], points: [0, 0], leader: 0, trick: [], turn: 0, legal: hands[0],
  };
}

/**
 * The position after one more play.
 *
 * @throws TableError where it is not legal
 */
export function playedOn(rules: Rules, at: OpenPosition, domino: Domino): OpenPosition {
  if (!at.legal.includes(domino)) {
    const valid = at.legal.map(dominoName).join(", ") || "none: it is over";
    throw new TableError(
      `play ${at.plays.length + 1}: ${SEATS[at.turn]} may not play ${dominoName(domino)}; valid are ${valid}`,
    );
  }
  const plays = [...at.plays, domino];
  const seats = [...at.seats, at.turn];
  let { leader, points } = at;
  let trick: readonly Domino[] = [...at.trick, domino];
  let turn = (at.turn + 1) % 4;
  if (trick.length === 4) {
    turn = leader = (leader + rules.winner(at.decl, trick)) % 4;
    const worth = rules.trickPoints(trick);
    points = leader % 2 === 0 ? [points[0] + worth, points[1]] : [points[0], points[1] + worth];
    trick = [];
  }
  const held = at.hands[turn].filter((each) => !plays.includes(each));
  return { ...at, plays, seats, points, leader, trick, turn, legal: rules.legal(at.decl, held, trick) };
}

/** Before each play and at the end: one position more than plays. */
export function positionsOf(rules: Rules, hand: TableHand): OpenPosition[] {
  const found = [startOf(hand)];
  for (const domino of hand.plays) found.push(playedOn(rules, found[found.length - 1], domino));
  return found;
}

/** After all plays; a TableError for one that is not legal. */
export const positionOf = (rules: Rules, hand: TableHand): OpenPosition =>
  positionsOf(rules, hand)[hand.plays.length];

export const isOver = (at: OpenPosition): boolean => at.plays.length === 28;

export const standingAt = (at: OpenPosition): Standing => standingOf(at.bid, ...at.points);

/** The packed state, as the native core takes it. */
export function stateOf(at: Pick<OpenPosition, "hands" | "plays" | "leader" | "trick">): bigint {
  if (at.plays.length === 0) return INITIAL_STATE;
  const held = at.hands.map((hand) =>
    hand.reduce((mask, domino, slot) => (at.plays.includes(domino) ? mask : mask | (1 << slot)), 0),
  );
  const slots = at.trick.map((domino, k) => at.hands[(at.leader + k) % 4].indexOf(domino));
  return packState(held, at.leader, slots);
}

