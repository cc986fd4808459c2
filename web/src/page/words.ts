// How things are said at a table: to people who look, and to those who listen.

import type { Call, Declaration, Domino, Seat } from "../table/types.ts";
import { DECLARATION_NAMES } from "../table/declarations.ts";
import { pipsOf } from "../table/dominoes.ts";

const PIPS = ["blank", "one", "two", "three", "four", "five", "six"] as const;
const SUITS = ["blanks", "ones", "twos", "threes", "fours", "fives", "sixes"] as const;

/** `six four, 10 points`: a name, and the count where there is one. */
export function named(domino: Domino, count: number): string {
  return count === 0 ? spoken(domino) : `${spoken(domino)}, ${count} points`;
}

/** `six four`, `double six`. */
export function spoken(domino: Domino): string {
  const [high, low] = pipsOf(domino).map((pips) => PIPS[pips]);
  return high === low ? `double ${high}` : `${high} ${low}`;
}

/** `fours`, `doubles`, `follow me`. */
export function trumpName(decl: Declaration): string {
  return [...SUITS, "doubles", "doubles as a suit", "follow me"][decl];
}

/** `Fours are trump`, for a sentence of its own. */
export function trumpSentence(decl: Declaration): string {
  if (decl === 9) return "Follow me: no trump";
  if (decl === 8) return "No trump, doubles are a suit of their own";
  return `${capital(trumpName(decl))} are trump`;
}

/** What a player is out of, given the led suit as `table` tells it: 0..6 pips, 7 what was called. */
export function suitName(suit: number, decl: Declaration): string {
  if (suit < 7) return SUITS[suit];
  return decl <= 7 ? "trumps" : "doubles";
}

/** Places to the left of the one who looks. */
export const SEAT_NAMES = ["You", "Left", "Partner", "Right"] as const;

export function seatName(place: Seat | number): string {
  return SEAT_NAMES[place];
}

/** `31`, `two marks`, `pass`. */
export function callName(call: Call): string {
  if (call === "pass") return "Pass";
  if (call === 42) return "42";
  return call === 84 ? "84" : String(call);
}

/** `bids 31`, after a name; `you` speak in another form. */
export function saysCall(place: number, call: Call): string {
  const you = place === 0;
  if (call === "pass") return `${seatName(place)} ${you ? "pass" : "passes"}`;
  return `${seatName(place)} ${you ? "bid" : "bids"} ${callName(call)}`;
}

/** A sentence of the engine as players say it: trumps by their names, dominoes not broken over two lines. */
export function forPlayers(text: string): string {
  const worded = DECLARATION_NAMES.reduce((told, name, decl) => told.replaceAll(name, trumpName(decl)), text);
  return worded
    .replace(/([0-6])-([0-6])/g, "$1\u2011$2")
    .replace(/\bIf you pass, (left|partner|right)\b/, (_, seat: string) => `If you pass, ${capital(seat)}`);
}

/** Whose something is, by a name in `SEAT_NAMES` or another: `your`, `Left's`. */
export const ownerOf = (name: string): string => (name === SEAT_NAMES[0] ? "your" : `${name}'s`);

export function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** `1 point`, `3 points`. */
export function counted(n: number, one: string, many = `${one}s`): string {
  return `${n} ${n === 1 ? one : many}`;
}

/** `71 %` of 0.71, never 0 or 100 where it is not quite so. */
export function percent(chance: number): string {
  if (chance > 0 && chance < 0.005) return "under 1\u00a0%";
  if (chance < 1 && chance > 0.995) return "over 99\u00a0%";
  return `${Math.round(100 * chance)}\u00a0%`;
}
