// A hand that was played, play by play: what each cost, as its seat saw it and with open hands; as
// forge.advice.reviewing, from the same worlds.

import { HAND_POINTS, pointsOf } from "../../table/bids.ts";
import { positionsOf, standingAt, stateOf, type OpenPosition } from "../../table/open_hand.ts";
import type { Rules } from "../../table/rules.ts";
import { TableError, type SeatView, type TableHand } from "../../table/types.ts";
import { decisionKey, PURPOSES } from "../keys.ts";
import type { Task } from "../task.ts";
import type { Grade, GradedPlay, OpenValue, Review } from "../types.ts";
import { decide, STRONGEST, type Judge } from "./judging.ts";
import { reviewSentence } from "./review_sentence.ts";

/** Chances that a play may cost and still be called so. */
const GRADES: readonly (readonly [number, Grade])[] = [
  [0.005, "best"],
  [0.02, "good"],
  [0.06, "inexact"],
  [0.15, "mistake"],
];
/** Of plays that cost nothing worth a word. */
const FINE: readonly Grade[] = ["best", "good"];
const ILLEGAL = -128;

/**
 * Every play graded that was a choice while the bid was open.
 *
 * @throws TableError for a hand without plays, or with one that is not legal
 */
export async function reviewHand(
  task: Task, rules: Rules, hand: TableHand, seed: number, judge: Judge = STRONGEST,
): Promise<Review> {
  if (hand.plays.length === 0) throw new TableError("nothing to review: the hand has no plays");
  const positions = positionsOf(rules, hand);
  const end = positions[hand.plays.length];
  const choices = positions.slice(0, -1).filter((at) => standingAt(at) === "open" && at.legal.length > 1);
  const plays = await task.all(choices, (at) => graded(task, hand, at, seed, judge));
  const standing = standingAt(end);
  const loser = { made: 1, set: 0, open: null }[standing];
  const slips = plays.filter(({ seat, grade }) => !FINE.includes(grade) && (loser === null || seat % 2 === loser));
  const found = {
    plays,
    turning: costliest(slips.filter(({ openLost }) => openLost)),
    costliest: costliest(slips),
    standing,
    points: end.points,
  };
  return { ...found, sentence: reviewSentence(found, hand) };
}

/** What each legal play brings with open hands. */
export async function openValues(task: Task, rules: Rules, hand: TableHand): Promise<OpenValue[]> {
  const at = positionsOf(rules, hand)[hand.plays.length];
  if (at.legal.length === 0) return [];
  const q = await searched(task, at);
  const declares = at.turn % 2 === 0;
  return [...totalsOf(at, q)].map(([domino, total]) => ({
    domino,
    points: declares ? total : HAND_POINTS - total,
    works: total >= pointsOf(at.bid) === declares,
  }));
}

async function graded(
  task: Task, hand: TableHand, at: OpenPosition, seed: number, judge: Judge,
): Promise<GradedPlay> {
  const [seat, domino] = [at.turn, hand.plays[at.plays.length]];
  const view = viewAt(at);
  const key = decisionKey(seed, at.plays.length, PURPOSES.review);
  const [found, q] = await Promise.all([decide(task, view, key, judge), searched(task, at)]);
  const slot = view.hand.indexOf(domino);
  const [chance, chosen] = [found.chances[slot], found.slots[0]];
  // Of equals the play that was made is as good as the chosen one.
  const best = chance >= found.chances[chosen] ? slot : chosen;
  const totals = totalsOf(at, q);
  const declares = seat % 2 === 0;
  const before = declares ? Math.max(...totals.values()) : Math.min(...totals.values());
  const after = totals.get(domino)!;
  const works = (total: number) => total >= pointsOf(at.bid) === declares;
  const cost = Math.max(0, found.chances[best] - chance);
  return {
    number: at.plays.length + 1,
    seat,
    domino,
    best: view.hand[best],
    chance,
    bestChance: found.chances[best],
    cost,
    grade: GRADES.find(([most]) => cost <= most)?.[1] ?? "blunder",
    openLost: works(before) && !works(after),
    pointsLost: Math.abs(after - before),
  };
}

/** What the seat to act saw, and nothing else of the hand. */
function viewAt(at: OpenPosition): SeatView {
  const declarer = ((4 - at.turn) % 4) as SeatView["declarer"];
  return { hand: at.hands[at.turn], decl: at.decl, bid: at.bid, declarer, plays: at.plays };
}

/** Exact values after each slot, **team-0 frame**. */
const searched = (task: Task, at: OpenPosition): Promise<Int8Array> =>
  task.ask("search", { deals: at.hands.flat(), decls: [at.decl], states: [stateOf(at)] });

/** Points of the declarer's side at the end of the hand after each legal play. */
function totalsOf(at: OpenPosition, q: Int8Array): Map<number, number> {
  const [won, lost] = at.points;
  const legal = at.hands[at.turn].flatMap((domino, slot): [number, number][] =>
    q[slot] === ILLEGAL ? [] : [[domino, (HAND_POINTS + won - lost + q[slot]) / 2]],
  );
  return new Map(legal);
}

const costliest = (plays: readonly GradedPlay[]): number | null =>
  plays.find(({ cost }) => cost === Math.max(...plays.map((each) => each.cost)))?.number ?? null;
