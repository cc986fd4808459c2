// Hands that were played: each may be looked at again, from the player's chair.

import { signal } from "@preact/signals";
import { N_PLAYS } from "../../core/rules.js";
import { handLink, parseTableHand } from "../table/hand_text.ts";
import { bidder, tableHand, type Match } from "../table/match.ts";
import { placeOf } from "../table/seat_view.ts";
import type { Seat, TableHand } from "../table/types.ts";
import { rules } from "./rules.ts";
import { load, onOtherTab, store } from "./storage.ts";

export interface PastHand {
  hand: TableHand;
  /** Where the declarer sat, seen from the player. */
  declarer: Seat;
}

/** The latest last. */
export const past = signal<readonly PastHand[]>([]);

/** Of the latest so many. */
const KEPT = 20;

/** Takes up what was kept of the last visit; from now on also what another tab keeps. */
export function recall(): void {
  past.value = load("hands", read, []);
  onOtherTab("hands", read, (hands) => (past.value = hands));
}

/** A hand is over; played anew in study it takes its own place. */
export function remember(match: Match, me: Seat): void {
  const hand = tableHand(match);
  if (hand === null || hand.plays.length < N_PLAYS) return;
  const others = past.value.filter((each) => !isSameDeal(each.hand, hand));
  keep([...others, { hand, declarer: placeOf(bidder(match)!, me) }].slice(-KEPT));
}

/** Whether two hands are of one deal, bid and trump. */
export function isSameDeal(one: TableHand, other: TableHand): boolean {
  return handLink({ ...one, plays: [] }) === handLink({ ...other, plays: [] });
}

function keep(hands: readonly PastHand[]): void {
  past.value = hands;
  store("hands", hands.map(({ hand, declarer }) => [handLink(hand), declarer]));
}

function read(value: unknown): PastHand[] {
  return (value as [string, Seat][]).slice(-KEPT).flatMap(([link, declarer]) => {
    try {
      return [0, 1, 2, 3].includes(declarer) ? [{ hand: parseTableHand(rules(), link), declarer }] : [];
    } catch {
      return [];
    }
  });
}
