// What one play guards against and another does not, as forge.advice.contrast.

import { dominoName } from "../../table/dominoes.ts";
import { PLAYERS, type Seen } from "../../table/seat_view.ts";
import type { Domino } from "../../table/types.ts";
import type { Task } from "../task.ts";
import type { Contrast } from "../types.ts";
import { sampleWorlds, worksIn } from "./worlds.ts";
import type { Hidden } from "./judging.ts";

const N_DEALS = 300;

/** Two plays over the same deals, all hands open once they are made; null where no deal tells the
 * first one as better. */
export async function contrastOf(
  task: Task, seen: Seen, hidden: Hidden, plays: readonly [Domino, Domino], key: bigint,
): Promise<Contrast | null> {
  const worlds = await sampleWorlds(task, hidden, key, N_DEALS);
  const works = await worksIn(task, seen, worlds);
  const [a, b] = plays.map((domino) => seen.view.hand.indexOf(domino));
  const first = works.map((row) => row[a] && !row[b]);
  const second = works.filter((row) => row[b] && !row[a]);
  const at = first.indexOf(true);
  if (at < 0) return null;
  const example = worlds[at].map((hand) => [...hand].reverse());
  return { plays, nDeals: N_DEALS, nFirst: first.filter(Boolean).length, nSecond: second.length, example };
}

/** In words. */
export function contrastSentence({ plays, nDeals, nFirst, nSecond, example }: Contrast): string {
  const [first, second] = plays.map(dominoName);
  const deal = example
    .map((hand, k) => `${PLAYERS[k + 1]} with ${hand.map(dominoName).join(" ") || "nothing"}`)
    .join(", ");
  return (
    `With open hands ${first} works where ${second} fails in ${nFirst} of ${nDeals} deals, ` +
    `the other way round in ${nSecond}; for example ${deal}.`
  );
}
