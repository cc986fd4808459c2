// What one player at the table knows, checked: as forge.advice.seat_view, with its sentences.

import { checkBid, pointsLeft } from "./bids.ts";
import { declarationName } from "./declarations.ts";
import { ascending, brief, counted, dominoName, isDomino, namesOf } from "./dominoes.ts";
import type { Rules } from "./rules.ts";
import { suitText } from "./suits.ts";
import { TableError, type Domino, type Seat, type SeatView } from "./types.ts";

const ME = 0;
/** By places to the left. */
export const PLAYERS = ["me", "left", "partner", "right"] as const;

/** A view, and what follows from it. Seats are places to the left of me. */
export interface Seen {
  readonly view: SeatView;
  /** Who made each play. */
  readonly seats: readonly number[];
  /** Won so far, by my side and by theirs. */
  readonly points: readonly [number, number];
  /** Masks of dominoes that a player has shown not to hold. */
  readonly excluded: readonly number[];
  /** What lies in the trick, the lead first, and who led or leads it. */
  readonly trick: readonly Domino[];
  readonly leader: number;
  /** Whose turn it is. */
  readonly turn: number;
  /** What I still hold, ascending. */
  readonly held: readonly Domino[];
  /** What I may play, ascending; nothing where it is not my turn. */
  readonly legal: readonly Domino[];
  /** What my side wants of the bid. */
  readonly wanted: "make" | "set";
  /** Points that it still wants for that, 0: it has them. */
  readonly pointsLeft: number;
}

/**
 * A decision as the player sees who is to make it.
 *
 * @throws TableError for a hand that is none, a play that the rules or what was shown before forbid,
 *   or where it is not my turn
 */
export function seenFrom(rules: Rules, view: SeatView): Seen {
  const seen = seenAnyTime(rules, view);
  if (view.plays.length === 28) throw new TableError("the hand is over: all 28 dominoes are played");
  if (seen.turn !== ME)
    throw new TableError(
      `it is not your turn: after ${counted(view.plays.length, "play")} ${PLAYERS[seen.turn]} is to play ` +
        `(declarer: ${PLAYERS[view.declarer]})`,
    );
  return seen;
}

/** The same whoever is to play, as a player sees who waits. */
export function seenAnyTime(rules: Rules, view: SeatView): Seen {
  if (!view.hand.every(isDomino)) throw notDominoes("a domino", view.hand);
  if (view.hand.length !== 7 || new Set(view.hand).size !== 7)
    throw new TableError(`a hand is seven different dominoes, got ${namesOf(view.hand)}`);
  declarationName(view.decl);
  if (![0, 1, 2, 3].includes(view.declarer))
    throw new TableError(`declarer must be 0..3, got ${brief(view.declarer)}`);
  checkBid(view.bid);
  if (!view.plays.every(isDomino)) throw notDominoes("a play", view.plays);
  const hand = ascending(view.hand);
  const walk = new Walk(rules, { ...view, hand });
  for (const domino of view.plays) walk.play(domino);
  const held = hand.filter((domino) => !view.plays.includes(domino));
  const declares = view.declarer % 2 === 0;
  return {
    view: { ...view, hand },
    seats: walk.seats,
    points: walk.points,
    excluded: walk.excluded,
    trick: walk.trick,
    leader: walk.leader,
    turn: walk.seat,
    held,
    legal: walk.seat === ME ? rules.legal(view.decl, held, walk.trick) : [],
    wanted: declares ? "make" : "set",
    pointsLeft: pointsLeft(view.bid, declares ? 0 : 1, walk.points[0]),
  };
}

/** Why a domino may not be played now, in a sentence; null where it may. */
export function whyNotPlay(rules: Rules, seen: Seen, domino: Domino): string | null {
  const { view } = seen;
  if (view.plays.length === 28) return "the hand is over";
  if (seen.turn !== ME) return `it is not your turn: ${PLAYERS[seen.turn]} is to play`;
  if (!isDomino(domino)) return `${brief(domino)} is no domino`;
  if (seen.legal.includes(domino)) return null;
  if (!view.hand.includes(domino)) return `${dominoName(domino)} is not in your hand`;
  if (view.plays.includes(domino)) return `${dominoName(domino)} is played already`;
  const suit = suitText(view.decl, rules.ledSuit(view.decl, seen.trick[0]));
  return `you must follow ${suit}: you hold ${namesOf([...seen.legal].reverse())}`;
}

function notDominoes(what: string, values: readonly unknown[]): TableError {
  const bad = values.find((value) => !isDomino(value));
  return new TableError(
    Number.isInteger(bad) ? `${what} must be 0..27, got ${bad}` : `${what} must be a whole number, got ${brief(bad)}`,
  );
}

/** The plays of a hand from one seat, checked one after another. */
class Walk {
  leader: number;
  seat: number;
  trick: Domino[] = [];
  seats: number[] = [];
  points: [number, number] = [0, 0];
  excluded = [0, 0, 0, 0];
  readonly #rules: Rules;
  readonly #view: SeatView;
  readonly #numbers = new Map<Domino, number>();
  /** Number of the play by led domino. */
  readonly #shown = [0, 1, 2, 3].map(() => new Map<Domino, number>());

  constructor(rules: Rules, view: SeatView) {
    this.#rules = rules;
    this.#view = view;
    this.leader = this.seat = view.declarer;
  }

  play(domino: Domino): void {
    const number = this.seats.length + 1;
    const told = `play ${number}: ${subject(this.seat)} played ${dominoName(domino)}`;
    const before = this.#numbers.get(domino);
    if (before !== undefined) throw new TableError(`${told}, which was play ${before} already`);
    if ((this.seat === ME) !== this.#view.hand.includes(domino))
      throw new TableError(`${told}, which is ${this.seat === ME ? "not " : ""}in your hand`);
    if ((this.excluded[this.seat] >> domino) & 1) {
      const [led, earlier] = [...this.#shown[this.seat]].find(([each]) => (this.#followers(each) >> domino) & 1)!;
      throw new TableError(`${told}, but did not follow ${dominoName(led)} with it in play ${earlier}`);
    }
    if (this.trick.length > 0) this.#follow(domino, number, told);
    this.#numbers.set(domino, number);
    this.seats.push(this.seat);
    this.trick.push(domino);
    this.seat = (this.seat + 1) % 4;
    if (this.trick.length === 4) {
      this.leader = (this.leader + this.#rules.winner(this.#view.decl, this.trick)) % 4;
      this.points[this.leader % 2] += this.#rules.trickPoints(this.trick);
      this.seat = this.leader;
      this.trick = [];
    }
  }

  #followers(led: Domino): number {
    return this.#rules.followers(this.#view.decl, led);
  }

  #follow(domino: Domino, number: number, told: string): void {
    const led = this.trick[0];
    const followers = this.#followers(led);
    if ((followers >> domino) & 1) return;
    if (this.seat === ME) {
      const could = this.#view.hand.filter((d) => (followers >> d) & 1 && !this.#numbers.has(d));
      if (could.length > 0)
        throw new TableError(`${told}, but had to follow ${dominoName(led)} with ${namesOf(could)}`);
    }
    this.excluded[this.seat] |= followers;
    if (!this.#shown[this.seat].has(led)) this.#shown[this.seat].set(led, number);
  }
}

const subject = (seat: number): string => (seat === ME ? "you" : PLAYERS[seat]);

/** The place of a seat to the left of another. */
export const placeOf = (seat: number, from: number): Seat => (((seat - from) % 4) + 4) % 4 as Seat;
