// Ways the hidden hands may be, as positions with all hands open.

import { N_DOMINOES } from "../../../core/rules.js";
import { targetOf } from "../../table/bids.ts";
import { ascending, dominoesOf } from "../../table/dominoes.ts";
import { stateOf } from "../../table/open_hand.ts";
import type { Seen } from "../../table/seat_view.ts";
import type { Domino } from "../../table/types.ts";
import type { Task } from "../task.ts";
import type { Hidden } from "./judging.ts";

/** What the seats to my left, my partner and the one to my right still hold. */
export type World = readonly (readonly Domino[])[];

/** Random worlds, every one equally likely. */
export async function sampleWorlds(task: Task, hidden: Hidden, key: bigint, n: number): Promise<World[]> {
  const masks = await task.ask<Int32Array>("sampleWorlds", hidden, [key], n);
  return Array.from({ length: n }, (_, i) => [0, 1, 2].map((k) => dominoesOf(masks[3 * i + k])));
}

/** All worlds; there should be few. */
export function allWorlds({ allowed, sizes }: Hidden): World[] {
  const unseen = dominoesOf(allowed[0] | allowed[1] | allowed[2]);
  const found: World[] = [];
  const hands: Domino[][] = [[], [], []];
  const deal = (i: number): void => {
    if (i === unseen.length) return void found.push(hands.map((hand) => [...hand]));
    hands.forEach((hand, k) => {
      if (hand.length === sizes[k] || !((allowed[k] >> unseen[i]) & 1)) return;
      hand.push(unseen[i]);
      deal(i + 1);
      hand.pop();
    });
  };
  deal(0);
  return found;
}

/** Whether each play gets the acting side what it wants of the bid, in each world, all hands open
 * once it is made: a list by world and slot; what is not legal does not. */
export async function worksIn(task: Task, seen: Seen, worlds: readonly World[]): Promise<boolean[][]> {
  const { view } = seen;
  // Seats counted from the declarer, as the core has them.
  const me = (4 - view.declarer) % 4;
  const seat = (place: number) => (me + place) % 4;
  const played = [0, 1, 2, 3].map((place) => view.plays.filter((_, i) => seen.seats[i] === place));
  const deals = new Int8Array(N_DOMINOES * worlds.length);
  const states = worlds.map((world, i) => {
    const hands: (readonly Domino[])[] = [[], [], [], []];
    hands[me] = view.hand;
    world.forEach((held, k) => (hands[seat(k + 1)] = ascending([...held, ...played[k + 1]])));
    deals.set(hands.flat(), N_DOMINOES * i);
    return stateOf({ hands, plays: view.plays, leader: seat(seen.leader), trick: seen.trick });
  });
  const n = worlds.length;
  const declares = view.declarer % 2 === 0;
  const won = declares ? seen.points : ([seen.points[1], seen.points[0]] as const);
  const targets = new Int8Array(n).fill(targetOf(view.bid, ...won));
  const positions = { deals, decls: new Int8Array(n).fill(view.decl), states };
  const reached = await task.ask<Int8Array>("searchAtLeast", positions, targets);
  const wanted = declares ? 1 : 0;
  return worlds.map((_, i) => Array.from(reached.subarray(7 * i, 7 * i + 7), (is) => is === wanted));
}
