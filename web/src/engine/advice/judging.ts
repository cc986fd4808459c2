// What a seat sees as the native core takes it, and what it makes of it.

import { POLICY } from "../../../core/answers.js";
import { N_PLAYS } from "../../../core/rules.js";
import { pointsOf } from "../../table/bids.ts";
import { maskOf } from "../../table/dominoes.ts";
import type { Seen } from "../../table/seat_view.ts";
import { TableError, type SeatView } from "../../table/types.ts";
import type { Task } from "../task.ts";

const ALL = (1 << 28) - 1;

/** One row of `Core.decide` and `Core.policy`. */
export interface SeenRow {
  hands: readonly number[];
  decls: readonly number[];
  plays: readonly number[];
  needed: readonly number[];
}

/** What the native core gives for one decision. */
export interface Decision {
  slots: Int8Array;
  /** Of the acting side's end, NaN where there is none. */
  chances: Float64Array;
  /** **Acting-team frame**. */
  points: Float64Array;
  nWorlds: BigInt64Array;
  effective: Float64Array;
}

/** How a seat judges: as Python's player `seat:n=N`. */
export interface Judge {
  nWorlds: number;
  /** Whether plays that are clearly behind are dropped: quicker, but how bad they are stays open. */
  race: boolean;
  /** Chance that a play may lack if the policy would play it e times as likely; 0 without it. */
  prior?: number;
}

/** Who judges advice and reviews: `seat:n=400`. */
export const STRONGEST: Judge = { nWorlds: 400, race: false };

export function rowOf(view: SeatView): SeenRow {
  const unplayed = new Array<number>(N_PLAYS - view.plays.length).fill(-1);
  return {
    hands: view.hand, decls: [view.decl], plays: [...view.plays, ...unplayed], needed: [pointsOf(view.bid)],
  };
}

export function decide(task: Task, view: SeatView, key: bigint, judge: Judge): Promise<Decision> {
  return told(task.ask<Decision>("decide", rowOf(view), [key], POLICY, judge));
}

/** A number for each slot, -Infinity where illegal. */
export function logitsOf(task: Task, view: SeatView): Promise<Float32Array> {
  return told(task.ask<Float32Array>("policy", rowOf(view), POLICY));
}

/** What the seat to act knows of the three others: what they may hold, and how many. */
export interface Hidden {
  allowed: readonly number[];
  sizes: readonly number[];
}

export function hiddenFrom(seen: Seen): Hidden {
  const unseen = ALL & ~maskOf([...seen.view.hand, ...seen.view.plays]);
  const places = [1, 2, 3];
  return {
    allowed: places.map((place) => unseen & ~seen.excluded[place]),
    sizes: places.map((place) => 7 - seen.seats.filter((seat) => seat === place).length),
  };
}

/** How many ways the hidden hands may be; a TableError if there is none. */
export async function possibleWorlds(task: Task, hidden: Hidden): Promise<number> {
  const [n] = await task.ask<BigInt64Array>("countWorlds", hidden);
  if (n === 0n) throw new TableError("no hidden hands fit what was played");
  return Number(n);
}

/** What the core says is wrong, as a sentence for people. */
async function told<T>(asked: Promise<T>): Promise<T> {
  try {
    return await asked;
  } catch (error) {
    if (error instanceof Error && error.name === "CoreError")
      throw new TableError(error.message.replace(/^row \d+: /, ""));
    throw error;
  }
}
