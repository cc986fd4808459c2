// Suits in words, and who showed out of which.

import { CALLED_SUIT, type Rules } from "./rules.ts";
import { DECLARATION_NAMES } from "./declarations.ts";
import type { Declaration, Domino } from "./types.ts";

const DOUBLES_TRUMP = 7;
const DOUBLES_SUIT = 8;

/** `fives`, `trumps (fours)`, `doubles`. */
export function suitText(decl: Declaration, suit: number): string {
  if (suit !== CALLED_SUIT) return DECLARATION_NAMES[suit];
  if (decl === DOUBLES_SUIT) return "doubles";
  return `trumps (${decl === DOUBLES_TRUMP ? "doubles" : DECLARATION_NAMES[decl]})`;
}

/**
 * The suits that each seat has shown not to hold, by not following; ascending.
 *
 * @param seats who made each play, 0..3
 */
export function shownOut(
  rules: Rules,
  decl: Declaration,
  plays: readonly Domino[],
  seats: readonly number[],
): number[][] {
  const shown = [new Set<number>(), new Set<number>(), new Set<number>(), new Set<number>()];
  plays.forEach((domino, i) => {
    const suit = rules.ledSuit(decl, plays[i - (i % 4)]);
    if (!rules.follows(decl, suit, domino)) shown[seats[i]].add(suit);
  });
  return shown.map((suits) => [...suits].sort((a, b) => a - b));
}
