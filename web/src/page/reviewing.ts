// A hand under review: what it is, from whose chair it is told, what each play cost.

import { signal } from "@preact/signals";
import { reviewSentence } from "../engine/advice/review_sentence.ts";
import type { Review } from "../engine/types.ts";
import { parseTableHand } from "../table/hand_text.ts";
import { bidder, matchOf, tableHand } from "../table/match.ts";
import { positionsOf, type OpenPosition } from "../table/open_hand.ts";
import { placeOf } from "../table/seat_view.ts";
import type { Seat, TableHand } from "../table/types.ts";
import { engine } from "./engine.ts";
import { isSameDeal, past } from "./history.ts";
import { say } from "./news.ts";
import { rules } from "./rules.ts";
import { handsOpen, ME, ownMatch, sitIn, take } from "./session.ts";
import { settings } from "./settings.ts";
import { capital, forPlayers, ownerOf, SEAT_NAMES } from "./words.ts";

export interface Reviewed {
  link: string;
  hand: TableHand;
  /** Before each play and at the end. */
  positions: readonly OpenPosition[];
  /** By place to the left of the declarer. */
  names: readonly string[];
  /** Where the declarer sits, seen from the player; null: a hand of others. */
  declarer: Seat | null;
}

export type Grading = { kind: "thinking"; done: number } | { kind: "failed"; why: string } | { kind: "done"; review: Review };

/** Null: nothing is open. A sentence: the link holds no hand. */
export const reviewed = signal<Reviewed | string | null>(null);
export const grading = signal<Grading>({ kind: "thinking", done: 0 });
/** Plays before the one that is looked at. */
export const at = signal(0);

const OTHERS = ["Declarer", "Left", "Partner", "Right"] as const;
const SEED = 0;
let asked = new AbortController();

/** Opens what a link holds; the same one again stays as it is. */
export function openLink(link: string): void {
  const now = reviewed.value;
  if (now !== null && typeof now !== "string" && now.link === link) return;
  asked.abort();
  at.value = 0;
  try {
    const hand = parseTableHand(rules(), link);
    reviewed.value = { link, hand, positions: positionsOf(rules(), hand), ...told(hand) };
    void grade(hand);
  } catch (error) {
    reviewed.value = `${capital((error as Error).message)}.`;
  }
}

/** A hand of the player's match is told from the player's chair, also once it was replayed from another. */
function told(hand: TableHand): Pick<Reviewed, "names" | "declarer"> {
  const declarer = declarerOf(hand);
  if (declarer === null) return { names: OTHERS, declarer };
  return { names: [0, 1, 2, 3].map((i) => SEAT_NAMES[(declarer + i) % 4]), declarer };
}

function declarerOf(hand: TableHand): Seat | null {
  const own = ownMatch();
  const now = own === null ? null : tableHand(own);
  if (now !== null && isSameDeal(now, hand)) return placeOf(bidder(own!)!, ME);
  return past.value.find((each) => isSameDeal(each.hand, hand))?.declarer ?? null;
}

/** What came of it, with the seats as they are named here. */
export function sentenceOf({ hand, names }: Reviewed, review: Review): string {
  return forPlayers(reviewSentence(review, hand, names.map(ownerOf)));
}

export async function grade(hand: TableHand): Promise<void> {
  const { signal: stop } = (asked = new AbortController());
  grading.value = { kind: "thinking", done: 0 };
  const onProgress = (done: number) => {
    if (!stop.aborted) grading.value = { kind: "thinking", done };
  };
  try {
    const review = await engine().review(hand, SEED, { signal: stop, onProgress });
    if (stop.aborted) return;
    grading.value = { kind: "done", review };
    const shown = review.turning ?? review.costliest;
    if (shown !== null && at.value === 0) at.value = shown - 1;
    const now = reviewed.value;
    if (now !== null && typeof now !== "string") say(sentenceOf(now, review));
  } catch (error) {
    if (!stop.aborted) grading.value = { kind: "failed", why: (error as Error).message };
  }
}

/** The hand once more, from before a play, with the seat that made it as mine. */
export function replayFrom(from: number): void {
  const now = reviewed.value;
  if (now === null || typeof now === "string") return;
  const { hand, positions, names } = now;
  const actor = positions[Math.min(from, positions.length - 1)].turn;
  const declarer = placeOf(0, actor);
  handsOpen.value = true;
  sitIn(names[actor]);
  take(matchOf(rules(), { ...hand, plays: hand.plays.slice(0, from) }, declarer, settings.value.rules));
}
