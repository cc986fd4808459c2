// What is seen of a table from one chair: all that the parts of the screen are drawn from.

import type { Call, Declaration, Domino, Seat } from "../table/types.ts";

/** Places to the left of the one who looks: 0 at the bottom, 1 left, 2 top, 3 right. */
export type Place = Seat;

export interface Laid {
  place: Place;
  domino: Domino;
}

export interface Trick {
  laid: readonly Laid[];
  /** Null while it is not complete. */
  winner: Place | null;
  points: number;
}

export interface Player {
  place: Place;
  name: string;
  isDealer: boolean;
  isDeclarer: boolean;
  /** Who is waited for. */
  isToAct: boolean;
  /** What was said in the auction, null: nothing yet. */
  call: Call | null;
  /** Still in hand; null where it is hidden. */
  hand: readonly Domino[] | null;
  nInHand: number;
  /** `no fours`, of what was shown. */
  shownOut: readonly string[];
}

export interface Scene {
  phase: "auction" | "declare" | "play" | "over";
  players: readonly Player[];
  /** My dominoes, as they stand before me. */
  hand: readonly Domino[];
  legal: ReadonlySet<Domino>;
  isMyTurn: boolean;
  decl: Declaration | null;
  bid: number | null;
  declarer: Place | null;
  /** The one on the table. */
  trick: Trick;
  /** Complete ones, with that on the table if it is complete. */
  tricks: readonly Trick[];
  /** Of my side and of theirs. */
  points: readonly [number, number];
  marks: readonly [number, number];
  marksToWin: number;
  handNumber: number;
}
