// What is promised and what it is worth, as forge.game.contract: team 0 is the declarer's side.

import { brief, quoted } from "./dominoes.ts";
import { declarationName } from "./declarations.ts";
import { TableError, type Call, type Declaration, type Team } from "./types.ts";

export const HAND_POINTS = 42;
export const LOWEST_BID = 30;
/** What may be bid, ascending. */
export const BIDS: readonly number[] = [...Array.from({ length: 13 }, (_, i) => LOWEST_BID + i), 84];
export const VALID_BIDS = "30..42 or 84 (two marks)";
export type Standing = "made" | "set" | "open";

export const isBid = (value: unknown): value is number => BIDS.includes(value as number);

export function checkBid(bid: number): void {
  if (!isBid(bid)) throw new TableError(`a bid is ${VALID_BIDS}, got ${brief(bid)}`);
}

/** Points of the 42 that the declarer's side needs. */
export const pointsOf = (bid: number): number => Math.min(bid, HAND_POINTS);
/** Marks that the bid is worth, to whichever side gets them. */
export const marksOf = (bid: number): number => (bid > HAND_POINTS ? bid / HAND_POINTS : 1);
/** In a sentence: `30`, `two marks (84)`. */
export const bidText = (bid: number): string => (marksOf(bid) === 1 ? String(bid) : `two marks (${bid})`);
/** `31 in fours`. */
export const contractText = (bid: number, decl: Declaration): string =>
  `${bidText(bid)} in ${declarationName(decl)}`;
/** Points of the whole hand that a team wants: 0 to make the bid, 1 to set it. */
export const pointsFor = (bid: number, team: Team): number =>
  team === 0 ? pointsOf(bid) : HAND_POINTS + 1 - pointsOf(bid);
/** Points that a team still wants; 0 where it has enough. */
export const pointsLeft = (bid: number, team: Team, won: number): number =>
  Math.max(0, pointsFor(bid, team) - won);

/** What is known of the bid inside a hand: `open` as long as either may still come. */
export function standingOf(bid: number, won: number, lost: number): Standing {
  if (pointsLeft(bid, 0, won) === 0) return "made";
  return pointsLeft(bid, 1, lost) === 0 ? "set" : "open";
}

/** The least value-to-go with which the bid is made, **team-0 frame**. */
export const targetOf = (bid: number, won = 0, lost = 0): number =>
  2 * pointsOf(bid) - HAND_POINTS - (won - lost);

/** Marks to expect where the chance to make it is `p`. */
export const worthOf = (bid: number, p: number): number => (2 * p - 1) * marksOf(bid);

/** `pass`, `30` .. `42`, `84`. */
export function parseCall(text: string): Call {
  const word = text.trim().toLowerCase();
  if (word === "pass" || word === "p") return "pass";
  const found = BIDS.find((bid) => String(bid) === word);
  if (found === undefined) throw new TableError(`unknown bid ${quoted(word)}: valid are pass, ${VALID_BIDS}`);
  return found;
}
