// What stands on the table. Seats are 0..3, each to the left of the one before; partners sit two apart.

/** 0..27: high * (high + 1) / 2 + low. */
export type Domino = number;
/** 0..3 at the table. */
export type Seat = 0 | 1 | 2 | 3;
/** 0 blanks .. 6 sixes, 7 doubles are trump, 8 doubles are a suit, 9 no trump. */
export type Declaration = number;
/** What is said in an auction: 30..42, 84 (two marks), or a pass. */
export type Call = number | "pass";
export type Team = 0 | 1;

/** How a match is played. */
export interface HouseRules {
  /** Where all pass: the dealer must bid 30, or the hand is dealt anew. */
  allPass: "forced-bid" | "throw-in";
  /** Marks that win, 7. */
  marksToWin: number;
}

/**
 * What one player may know in the auction, and all that its player is given. Places are to the left
 * of "me": 0 me, 1 left, 2 partner, 3 right.
 */
export interface AuctionView {
  /** Seven dominoes, ascending. */
  hand: readonly Domino[];
  /** So far, in turn; the first was said by the seat at the dealer's left. */
  calls: readonly Call[];
  /** Place of the dealer. */
  dealer: Seat;
  /** What may be said now, ascending, a pass last. */
  legal: readonly Call[];
  /** Marks of my side and of theirs. */
  marks: readonly [number, number];
  /** What follows where all pass. */
  allPass: HouseRules["allPass"];
}

/** What one player may know in the play: as `forge.advice.seat_view.SeatView`. */
export interface SeatView {
  /** The seven dominoes dealt to me, ascending. */
  hand: readonly Domino[];
  decl: Declaration;
  /** 30..42 or 84. */
  bid: number;
  /** Place of the declarer, who leads first. */
  declarer: Seat;
  /** All dominoes played so far, in order. */
  plays: readonly Domino[];
}

/** A whole hand, as links and texts hold it: `forge.advice.hand_text.TableHand`. */
export interface TableHand {
  /** Four hands of seven, ascending; the declarer's is the first. */
  hands: readonly (readonly Domino[])[];
  decl: Declaration;
  bid: number;
  /** Dominoes in the order they were played. */
  plays: readonly Domino[];
}

/** Bad input: a sentence for people. */
export class TableError extends Error {
  override name = "TableError";
}
