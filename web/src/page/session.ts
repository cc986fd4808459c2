// A match in progress: whose turn it is, what the others do and when, what is kept of it.

import { computed, signal } from "@preact/signals";
import type { Level } from "../engine/types.ts";
import {
  auctionView, bidOf, called, declared, matchWinner, newMatch, nextHand, phaseOf, played, readMatch, seatView, tableHand,
  turnOf, undone, whyNot, type Match,
} from "../table/match.ts";
import { whyNoCall } from "../table/auction.ts";
import { handLink } from "../table/hand_text.ts";
import { placeOf } from "../table/seat_view.ts";
import type { Call, Declaration, Domino, HouseRules, Seat } from "../table/types.ts";
import { engine, failureOf, levelInfo, markFailed } from "./engine.ts";
import { recall, remember } from "./history.ts";
import { hideToast, say, show } from "./news.ts";
import { rules } from "./rules.ts";
import { sceneOf } from "./scene_of.ts";
import { lingersMs, PAUSES, settings } from "./settings.ts";
import { drop, load, onOtherTab, store } from "./storage.ts";
import { capital, counted, saysCall, seatName, spoken, trumpSentence } from "./words.ts";

/** The human's seat. */
export const ME: Seat = 0;
/** `matchOf` gives it to a hand that no seed dealt. */
const REPLAY_SEED = 0;
const MAX_NAME = 20;
/** Who plays where its own level cannot. */
const STAND_IN: Level = "quick";

export const match = signal<Match | null>(null);
/** Open hands, in study. */
export const handsOpen = signal(true);
/** A complete trick still lies there. */
const lingers = signal(false);
/** The match in progress, while a hand from a review is on the table. */
let waiting: Match | null = null;
/** Whose chair it is that a hand is replayed from, as the review names it. */
export const chair = signal("");
/** What went wrong with a player, until it is dismissed. */
export const trouble = signal<string | null>(null);

export const scene = computed(() => {
  const at = match.value;
  if (at === null) return null;
  return sceneOf(at, { me: ME, open: at.study && handsOpen.value, lingers: lingers.value });
});

let run = new AbortController();
/** Somebody sits at the table; away from it nobody plays. */
let isAwake = false;
/** The match is played in another tab. */
let isElsewhere = false;
let skip: (() => void) | null = null;

export function begin(seed: number, options: { house: HouseRules; study: boolean; dealer: Seat }): void {
  take(newMatch(seed, options));
}

/** A match from somewhere, as it is; a replay lets the match in progress wait. */
export function take(at: Match): void {
  trouble.value = null;
  lingers.value = false;
  if (!isOfReview(match.value)) waiting = match.value;
  if (!isOfReview(at)) drop("replay", "tab");
  match.value = at;
  keep();
  wake();
}

const read = (value: unknown): Match => readMatch(rules(), String(value));

function readReplay(value: unknown): Match {
  const at = read(value);
  if (!isOfReview(at)) throw new Error("this is a match");
  return at;
}

/** Takes up what was kept of the last visit, if there is anything; from now on also what another tab keeps. */
export function restore(): void {
  recall();
  waiting = load("match", read, null);
  match.value = load("replay", readReplay, waiting, "tab");
  chair.value = load("chair", (value) => String(value).slice(0, MAX_NAME), "", "tab");
  onOtherTab("match", read, adopt);
  addEventListener("focus", () => {
    if (isElsewhere) wake();
  });
}

/** The match went on in another tab. Where the player is, there the others act. */
function adopt(at: Match): void {
  if (document.hasFocus()) return;
  if (isReplay()) {
    waiting = at;
    return;
  }
  isElsewhere = true;
  halt();
  lingers.value = false;
  match.value = at;
}

/** The next replay is from this chair. */
export function sitIn(name: string): void {
  chair.value = name;
  store("chair", name, "tab");
}

/** Away from a replay, back to the match in progress. */
export function endReplay(): void {
  if (!isReplay()) return;
  drop("replay", "tab");
  match.value = waiting;
}

/** Sits down: from now on the others act. */
export function sit(): void {
  isAwake = true;
  wake();
}

/** Leaves the table as it is. */
export function leave(): void {
  isAwake = false;
  halt();
}

/** Ends what the others are at. */
function halt(): void {
  run.abort();
  skip?.();
}

function wake(): void {
  isElsewhere = false;
  if (!isAwake) return;
  announceTurn();
  void drive();
}

export function call(what: Call): void {
  const at = match.value;
  if (at === null) return;
  const why = turnOf(rules(), at) === ME && phaseOf(at) === "auction" ? whyNoCall(at.calls, what, at.house.allPass) : "it is not your turn to speak";
  if (why !== null) return show(capital(why));
  hideToast();
  advance(called(at, what));
}

export function declare(decl: Declaration): void {
  const at = match.value;
  if (at === null || phaseOf(at) !== "trump" || turnOf(rules(), at) !== ME) return;
  advance(declared(at, decl));
}

export function play(domino: Domino): void {
  const at = match.value;
  if (at === null || phaseOf(at) === "hand-over") return;
  if (phaseOf(at) !== "play") return show("Dominoes are played once trump is named");
  const turn = turnOf(rules(), at);
  if (turn !== ME) return show(`It is not your turn: ${seatName(placeOf(turn!, ME)).toLowerCase()} is to play`);
  const why = whyNot(rules(), at, domino);
  if (why !== null) return show(capital(why));
  hideToast();
  advance(played(rules(), at, domino));
}

export function goOn(): void {
  const at = match.value;
  if (at === null || phaseOf(at) !== "hand-over" || matchWinner(rules(), at) !== null) return;
  take(nextHand(rules(), at));
}

/** Back to my last decision before this one. */
export function undo(): void {
  const at = match.value;
  if (at === null || !at.study) return;
  try {
    take(undone(rules(), at, (turn) => turn === ME));
    say("Taken back");
  } catch (error) {
    show(capital((error as Error).message));
  }
}

/** What lies there is seen: no more waiting. */
export function hurry(): void {
  skip?.();
}

function keep(): void {
  if (isReplay()) store("replay", JSON.stringify(match.value), "tab");
  else {
    store("match", JSON.stringify(match.value));
    remember(match.value!, ME);
  }
}

function advance(to: Match): void {
  const before = match.value;
  lingers.value = to.plays.length > (before?.plays.length ?? 0) && to.plays.length % 4 === 0;
  match.value = to;
  keep();
  if (before !== null) announce(before, to);
  void drive();
}

/** Lets the others act until it is my turn, or nobody's. */
async function drive(): Promise<void> {
  halt();
  const mine = (run = new AbortController());
  const { signal: stop } = mine;
  for (;;) {
    if (lingers.value) {
      await pause(lingersMs(settings.value.speed));
      if (stop.aborted) return;
      lingers.value = false;
      announceTurn();
    }
    const at = match.value;
    const turn = at === null ? null : turnOf(rules(), at);
    if (at === null || turn === null || turn === ME) return;
    const [to] = await Promise.all([acted(at, turn, stop), pause(PAUSES[settings.value.speed])]);
    if (stop.aborted || to === null) return;
    lingers.value = to.plays.length > at.plays.length && to.plays.length % 4 === 0;
    match.value = to;
    keep();
    announce(at, to);
  }
}

/** The match after a seat acted; null where no player could. */
async function acted(at: Match, seat: Seat, stop: AbortSignal): Promise<Match | null> {
  const place = placeOf(seat, ME);
  const level = settings.value.levels[place - 1];
  let why = failureOf(level) ?? "";
  // Once more with the same level (its workers start anew), then by one that needs none of its files.
  const tries: readonly Level[] = why === "" ? [level, level, STAND_IN] : [STAND_IN];
  for (const tried of tries) {
    try {
      const to = await actedBy(tried, at, seat, stop);
      if (tried !== level) standIn(place, level, why);
      return to;
    } catch (error) {
      if (stop.aborted) return null;
      why = (error as Error).message;
    }
  }
  trouble.value = `${seatName(place)} cannot play: ${why}`;
  return null;
}

/** Told once of each player and level. */
const told = new Set<string>();

function standIn(place: number, level: Level, why: string): void {
  markFailed(level, why);
  if (told.has(`${place} ${level}`)) return;
  told.add(`${place} ${level}`);
  const [wanted, stands] = [levelInfo(level).name, levelInfo(STAND_IN).name];
  trouble.value = `${seatName(place)} cannot play as ${wanted}, ${stands} stands in: ${why}`;
}

async function actedBy(level: Level, at: Match, seat: Seat, stop: AbortSignal): Promise<Match> {
  const options = { signal: stop };
  const seed = seedOf(at, seat);
  switch (phaseOf(at)) {
    case "auction": {
      const view = auctionView(at, seat);
      // Where only a pass is left there is nothing to think about.
      const only = view.legal.length === 1 ? view.legal[0] : null;
      return called(at, only ?? (await engine().call(view, level, seed, options)));
    }
    case "trump":
      return declared(at, await engine().declare(at.hands[seat], bidOf(at)!, level, seed, options));
    default:
      return played(rules(), at, await engine().play(seatView(at, seat)!, level, seed, options));
  }
}

/** Of the random numbers of one decision: the same match asks the same. */
export function seedOf(at: Match, seat: Seat): number {
  const turn = at.calls.length + at.plays.length + (at.decl === null ? 0 : 1);
  return (Math.imul(at.seed + at.number, 0x9e3779b1) + 64 * turn + seat) >>> 1;
}

function pause(ms: number): Promise<void> {
  if (ms === 0) return Promise.resolve();
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      if (skip === done) skip = null;
      resolve();
    };
    const timer = setTimeout(done, ms);
    skip = done;
  });
}

function announce(before: Match, after: Match): void {
  const turn = turnOf(rules(), before);
  if (turn === null) return;
  const place = placeOf(turn, ME);
  if (after.calls.length > before.calls.length) say(saysCall(place, after.calls[after.calls.length - 1]));
  else if (after.decl !== before.decl) say(trumpSentence(after.decl!));
  else {
    say(`${seatName(place)}${place === 0 ? " play" : " plays"} ${spoken(after.plays[after.plays.length - 1])}`);
    if (after.plays.length % 4 === 0) announceTrick();
  }
  if (!lingers.value) announceTurn();
}

function announceTrick(): void {
  const trick = scene.value?.tricks[scene.value.tricks.length - 1];
  if (trick === undefined || trick.winner === null) return;
  const takes = trick.winner === 0 ? "take" : "takes";
  say(`${seatName(trick.winner)} ${takes} the trick, ${counted(trick.points, "point")}`);
}

function announceTurn(): void {
  const now = scene.value;
  if (now === null || !now.isMyTurn) return;
  if (now.phase === "auction") say("Your bid");
  else if (now.phase === "declare") say("Choose trump");
  else if (now.phase === "play") say(now.trick.laid.length === 0 ? "Your lead" : "Your turn");
}

/** Whether the player has said anything in a match yet: else nothing is lost with it. */
export const hasActed = (at: Match): boolean => at.number > 0 || at.calls.length > placeOf(ME, ((at.dealer + 1) % 4) as Seat);

/** The player's own match, in play or waiting; null without one. */
export const ownMatch = (): Match | null => (isReplay() ? waiting : match.value);

/** A hand that was taken from a review: it is played to its end, and no next one is dealt. */
export function isReplay(): boolean {
  return isOfReview(match.value);
}

const isOfReview = (at: Match | null): boolean => at !== null && at.seed === REPLAY_SEED && at.study;

/** What leads to the review of the hand on the table; null before its first play. */
export function linkOfHand(): string | null {
  const hand = match.value === null ? null : tableHand(match.value);
  return hand === null || hand.plays.length === 0 ? null : handLink(hand);
}
