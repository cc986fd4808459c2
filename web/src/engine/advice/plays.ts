// What to play now, from what the player may know: as forge.advice.plays, from the same worlds.

import { bidText, standingOf, type Standing } from "../../table/bids.ts";
import { counted, dominoName, listed } from "../../table/dominoes.ts";
import type { Rules } from "../../table/rules.ts";
import { seenFrom, type Seen } from "../../table/seat_view.ts";
import type { SeatView } from "../../table/types.ts";
import { decisionKey, PURPOSES } from "../keys.ts";
import { percent } from "../numbers.ts";
import type { Task } from "../task.ts";
import type { AdvisedPlay, PlayAdvice } from "../types.ts";
import { contrastOf, contrastSentence } from "./contrast.ts";
import { decide, hiddenFrom, possibleWorlds, STRONGEST, type Decision, type Hidden, type Judge } from "./judging.ts";
import { allWorlds, sampleWorlds, worksIn } from "./worlds.ts";

/**
 * What to play.
 *
 * @throws TableError for a view that cannot be, or if no hidden hands fit what was played
 */
export async function advisePlay(
  task: Task, rules: Rules, view: SeatView, seed: number, judge: Judge = STRONGEST,
): Promise<PlayAdvice> {
  const seen = seenFrom(rules, view);
  const key = decisionKey(seed, view.plays.length, PURPOSES.advice);
  const hidden = hiddenFrom(seen);
  const nPossible = await possibleWorlds(task, hidden);
  if (seen.legal.length === 1) {
    const nWorlds = Math.min(judge.nWorlds, nPossible);
    const only = await theOnly(task, seen, hidden, key, nWorlds, nPossible);
    return told(seen, [only], nWorlds, nPossible, null);
  }
  const found = await decide(task, seen.view, key, judge);
  task.reach(0.8);
  const plays = ranked(seen, found);
  const pair = [plays[0].domino, plays[1].domino] as const;
  const differ = standingIn(seen) === "open" && plays[0].chance !== plays[1].chance;
  const contrast = differ ? await contrastOf(task, seen, hidden, pair, key) : null;
  return told(seen, plays, Number(found.nWorlds[0]), nPossible, contrast);
}

function told(
  seen: Seen, plays: readonly AdvisedPlay[], nWorlds: number, nPossible: number, contrast: PlayAdvice["contrast"],
): PlayAdvice {
  const isClose = areClose(plays);
  const what = whatToPlay(seen, plays, isClose);
  return {
    plays,
    wanted: seen.wanted,
    pointsLeft: seen.pointsLeft,
    isClose,
    nWorlds,
    nPossible,
    contrast,
    what,
    sentence: contrast === null ? what : `${what} ${contrastSentence(contrast)}`,
  };
}

/** The only play there is: no decision, but its chance by plain worlds is asked for anyway. */
async function theOnly(
  task: Task, seen: Seen, hidden: Hidden, key: bigint, n: number, nPossible: number,
): Promise<AdvisedPlay> {
  const [domino] = seen.legal;
  const slot = seen.view.hand.indexOf(domino);
  const isExact = n === nPossible;
  const chance = await chanceOf(slot);
  return { domino, chance, error: errorOf(chance, n, isExact) };

  async function chanceOf(slot: number): Promise<number> {
    const standing = standingIn(seen);
    if (standing !== "open") return Number((standing === "made") === (seen.wanted === "make"));
    const worlds = isExact ? allWorlds(hidden) : await sampleWorlds(task, hidden, key, n);
    const works = await worksIn(task, seen, worlds);
    return works.filter((row) => row[slot]).length / n;
  }
}

function ranked(seen: Seen, { slots, chances, points, effective }: Decision): AdvisedPlay[] {
  const { hand } = seen.view;
  const plays = hand.flatMap((domino, slot) => {
    if (!seen.legal.includes(domino)) return [];
    const chance = chances[slot];
    const value = Number.isNaN(points[slot]) ? 0 : points[slot];
    const error = errorOf(chance, effective[0], standingIn(seen) !== "open");
    return [{ isChosen: slot === slots[0], value, play: { domino, chance, error } }];
  });
  plays.sort(
    (a, b) => Number(b.isChosen) - Number(a.isChosen) || b.play.chance - a.play.chance || b.value - a.value,
  );
  return plays.map(({ play }) => play);
}

/** What is known of the bid. */
function standingIn({ wanted, points, view }: Seen): Standing {
  return standingOf(view.bid, ...(wanted === "make" ? points : ([points[1], points[0]] as const)));
}

/** Standard error of a share; of 0 or 1 that of half a world, not nothing. */
function errorOf(chance: number, n: number, isExact: boolean): number {
  if (isExact) return 0;
  const share = (chance * n + 0.5) / (n + 1);
  return Math.sqrt((share * (1 - share)) / n);
}

/** Whether the second play may be as good: within two standard errors. */
function areClose([first, second]: readonly AdvisedPlay[]): boolean {
  return second !== undefined && first.chance - second.chance <= 2 * Math.hypot(first.error, second.error);
}

function whatToPlay(seen: Seen, plays: readonly AdvisedPlay[], isClose: boolean): string {
  const [best, ...rest] = plays;
  const name = dominoName(best.domino);
  if (rest.length === 0) return `${name} is the only legal play.`;
  const bid = bidText(seen.view.bid);
  const standing = standingIn(seen);
  if (standing !== "open") return `The bid of ${bid} is ${standing} already: ${name} brings most points.`;
  const need = `Your side needs ${counted(seen.pointsLeft, "more point")} to ${seen.wanted} the bid of ${bid}`;
  if (best.chance === 0) return `${need}, and no play brings them in any deal that was looked at.`;
  const alike = rest.filter(({ chance }) => chance === best.chance).map(({ domino }) => dominoName(domino));
  const does = `${need}. ${name} does it ${times(best)}`;
  if (alike.length === rest.length) return `${does}, and so does any other play.`;
  if (alike.length > 0) return `${does}, and as often ${listed(alike)}.`;
  const second = dominoName(rest[0].domino);
  return isClose ? `${does}; ${second} may do as well.` : `${does}, ${second} ${percent(rest[0].chance)}.`;
}

/** `84 times in 100`; all or none only where every deal was looked at. */
const times = ({ chance, error }: AdvisedPlay): string =>
  error > 0 && chance > 0.995 ? "in all or nearly all deals" : `${percent(chance)} times in 100`;
