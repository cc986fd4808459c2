// The tables of the rules, which the native core has: loaded once, before anything is drawn.

import type { Rules } from "../table/rules.ts";

let loaded: Rules | null = null;

export function setRules(found: Rules): void {
  loaded = found;
}

export function rules(): Rules {
  if (loaded === null) throw new Error("the rules are read before they are loaded");
  return loaded;
}
