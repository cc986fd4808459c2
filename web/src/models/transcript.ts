// Stage 2 tokens, as forge.play.transcript makes them: what a seat may know, in the order it came to
// know it. Token 0 is the declaration, then come the dominoes still held, then all plays.

import { pipsOf } from "../table/dominoes.ts";
import type { Rules } from "../table/rules.ts";
import type { Seen } from "../table/seat_view.ts";
import type { Domino } from "../table/types.ts";

export const MAX_TOKENS = 36;
export const N_FEATURES = 8;
const TYPE_HAND = 1;
const TYPE_PLAY = 2;

/** int8 [36, 8] of the seat to act; zeros behind the last play. */
export function transcriptTokens(rules: Rules, seen: Seen): Int8Array {
  const { decl, plays } = seen.view;
  const tokens = new Int8Array(MAX_TOKENS * N_FEATURES);
  let at = 0;
  const add = (...features: number[]) => {
    tokens.set(features, at);
    at += N_FEATURES;
  };
  add(0, 0, 0, 0, 0, 0, decl, 0);
  for (const domino of seen.held) add(...featuresOf(rules, domino), 0, 1, decl, TYPE_HAND);
  plays.forEach((domino, i) => add(...featuresOf(rules, domino), seen.seats[i], 0, decl, TYPE_PLAY));
  return tokens;
}

/** High pip, low pip, double, count class (0, 1, 2 for 0, 5, 10 points). */
function featuresOf(rules: Rules, domino: Domino): [number, number, number, number] {
  const [high, low] = pipsOf(domino);
  return [high, low, Number(high === low), rules.countPoints(domino) / 5];
}
