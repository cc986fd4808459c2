// A new match by what was chosen on the first screen.

import type { Seat } from "../table/types.ts";
import { prepare } from "./engine.ts";
import { goTo } from "./route.ts";
import { begin, handsOpen } from "./session.ts";
import { FIRST_DEALERS, settings } from "./settings.ts";

/** 0 is no number of a deal: hands from reviews have it. */
export const [MIN_DEAL, MAX_DEAL] = [1, 999_999_999];

/** @param seed number of the deal; by default one by chance */
export function dealMatch(study: boolean, seed = MIN_DEAL + drawn(MAX_DEAL)): void {
  const { levels, rules: house, firstDealer } = settings.value;
  prepare(levels);
  const dealer = firstDealer === "lot" ? drawn(4) : FIRST_DEALERS.indexOf(firstDealer) - 1;
  handsOpen.value = study;
  begin(seed, { house, study, dealer: dealer as Seat });
  goTo("#table");
}

function drawn(below: number): number {
  return crypto.getRandomValues(new Uint32Array(1))[0] % below;
}
