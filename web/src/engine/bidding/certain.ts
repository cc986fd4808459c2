// What a hand takes whatever the others hold, as forge.bidding.certain: which bids cannot be lost.
//
// The holder leads, and goes on leading dominoes that nobody can beat: trumps from the top until
// none is left outside, then each suit from the top. What comes after may all be lost.

import { HAND_POINTS } from "../../table/bids.ts";
import { ALL_DOMINOES } from "../../table/dominoes.ts";
import { CALLED_SUIT, type Rules } from "../../table/rules.ts";
import type { Declaration, Domino } from "../../table/types.ts";

/** Points of the 42 that the side of a hand can take in every deal around it, at least. */
export function certainPoints(rules: Rules, hand: readonly Domino[], decl: Declaration): number {
  const leads = sureLeads(rules, hand, decl);
  const rest = hand.filter((domino) => !leads.has(domino));
  // The last tricks take the own rest and, of what three others hold, the dearest.
  const counts = outsideOf(hand).map((domino) => rules.countPoints(domino)).sort((a, b) => b - a);
  const sum = (values: number[]) => values.reduce((total, value) => total + value, 0);
  const lost = rest.length + sum(rest.map((domino) => rules.countPoints(domino)));
  return Math.max(0, HAND_POINTS - lost - sum(counts.slice(0, 3 * rest.length)));
}

/** Dominoes of a hand that win a trick each if led one after the other, whoever holds the rest. */
export function sureLeads(rules: Rules, hand: readonly Domino[], decl: Declaration): Set<Domino> {
  const suits = new Suits(rules, hand, decl);
  // Outside what is called, only trumps win a suit they don't follow.
  const trumps = suits.outside.filter((d) => rules.strength(decl, 0, d) > 0 && !rules.follows(decl, 0, d));
  const found = suits.sure(CALLED_SUIT);
  if (trumps.length > 0 && !suits.areDrawn(trumps, CALLED_SUIT)) return new Set(found);
  for (let suit = 0; suit < CALLED_SUIT; ++suit) found.push(...suits.sure(suit));
  return new Set(found);
}

const outsideOf = (hand: readonly Domino[]): Domino[] => ALL_DOMINOES.filter((domino) => !hand.includes(domino));

class Suits {
  readonly outside: readonly Domino[];

  constructor(
    readonly rules: Rules,
    readonly hand: readonly Domino[],
    readonly decl: Declaration,
  ) {
    this.outside = outsideOf(hand);
  }

  /** Of the leads of one suit; trumps are drawn where it is another. */
  sure(suit: number): Domino[] {
    const leads = this.#leads(suit);
    const followers = this.outside.filter((domino) => this.rules.follows(this.decl, suit, domino));
    if (this.areDrawn(followers, suit)) return leads;
    return leads.filter((domino) => this.#beatsAll(domino, followers, suit));
  }

  /** Whether leads that win draw all that others may follow with, though one may hold it all. */
  areDrawn(followers: readonly Domino[], suit: number): boolean {
    return this.#leads(suit).filter((domino) => this.#beatsAll(domino, followers, suit)).length >= followers.length;
  }

  #leads(suit: number): Domino[] {
    return this.hand.filter((domino) => this.rules.ledSuit(this.decl, domino) === suit);
  }

  #beatsAll(domino: Domino, others: readonly Domino[], suit: number): boolean {
    const own = this.rules.strength(this.decl, suit, domino);
    return others.every((other) => own > this.rules.strength(this.decl, suit, other));
  }
}
