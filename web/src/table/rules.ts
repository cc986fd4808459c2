// The rules of a trick, by the tables of the native core: nothing here says what follows what.

import { N_DECLARATIONS, N_DOMINOES, N_SUITS } from "../../core/rules.js";
import { ALL_DOMINOES, maskOf } from "./dominoes.ts";
import type { Declaration, Domino } from "./types.ts";

/** What `Core.ruleTables` gives. */
export interface RuleTables {
  /** [28] */
  countPoints: Int8Array;
  /** [10, 28]: the suit that a lead asks for; 7 is what is called. */
  ledSuit: Int8Array;
  /** [10, 8, 28]: 1 where the domino follows the suit. */
  follows: Uint8Array;
  /** [10, 8, 28]: 0 where it cannot win, else the greatest wins. */
  strength: Uint8Array;
}

export const CALLED_SUIT = N_SUITS - 1;

export class Rules {
  readonly #tables: RuleTables;
  /** [10, 28]: masks of what must be played to a led domino, itself included. */
  readonly #followers: Int32Array;

  constructor(tables: RuleTables) {
    this.#tables = tables;
    this.#followers = new Int32Array(N_DECLARATIONS * N_DOMINOES);
    for (let decl = 0; decl < N_DECLARATIONS; ++decl)
      for (let led = 0; led < N_DOMINOES; ++led) {
        const suit = this.ledSuit(decl, led);
        const fits = (domino: Domino) => this.follows(decl, suit, domino);
        this.#followers[N_DOMINOES * decl + led] = maskOf(ALL_DOMINOES.filter(fits));
      }
  }

  /** 0, 5 or 10. */
  countPoints(domino: Domino): number {
    return this.#tables.countPoints[domino];
  }

  /** The suit that a lead asks for: 0..6 pips, 7 what is called. */
  ledSuit(decl: Declaration, domino: Domino): number {
    return this.#tables.ledSuit[N_DOMINOES * decl + domino];
  }

  follows(decl: Declaration, suit: number, domino: Domino): boolean {
    return this.#tables.follows[N_DOMINOES * (N_SUITS * decl + suit) + domino] === 1;
  }

  /** 0 where it cannot win a trick in which the suit was led, else the greatest wins. */
  strength(decl: Declaration, suit: number, domino: Domino): number {
    return this.#tables.strength[N_DOMINOES * (N_SUITS * decl + suit) + domino];
  }

  /** Mask of what must be played to a led domino, itself included. */
  followers(decl: Declaration, led: Domino): number {
    return this.#followers[N_DOMINOES * decl + led];
  }

  /** What of the dominoes held may be played to a trick, in their order. */
  legal(decl: Declaration, held: readonly Domino[], trick: readonly Domino[]): Domino[] {
    if (trick.length === 0) return [...held];
    const mask = this.followers(decl, trick[0]);
    const following = held.filter((domino) => (mask >> domino) & 1);
    return following.length > 0 ? following : [...held];
  }

  /** Place 0..3 in the order of play of the domino that wins what lies there. */
  winner(decl: Declaration, trick: readonly Domino[]): number {
    const suit = this.ledSuit(decl, trick[0]);
    const strengths = trick.map((domino) => this.strength(decl, suit, domino));
    return strengths.indexOf(Math.max(...strengths));
  }

  /** What a trick is worth: one, and its count. */
  trickPoints(trick: readonly Domino[]): number {
    return 1 + trick.reduce((sum, domino) => sum + this.countPoints(domino), 0);
  }
}
