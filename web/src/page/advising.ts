// Advice on what I am to decide now: asked once, dropped as soon as the table moves on.

import { effect, signal } from "@preact/signals";
import type { BidAdvice, BidChance, OpenValue, PlayAdvice } from "../engine/types.ts";
import { auctionView, bidOf, phaseOf, seatView, tableHand, turnOf } from "../table/match.ts";
import { engine } from "./engine.ts";
import { say } from "./news.ts";
import { rules } from "./rules.ts";
import { handsOpen, match, ME, seedOf } from "./session.ts";
import { capital, forPlayers, percent, trumpName } from "./words.ts";

export type Advice =
  | { kind: "none" }
  | { kind: "thinking"; done: number }
  | { kind: "failed"; why: string }
  | { kind: "bid"; advice: BidAdvice }
  | { kind: "trump"; chances: readonly BidChance[] }
  | { kind: "play"; advice: PlayAdvice; open: readonly OpenValue[] };

export const advice = signal<Advice>({ kind: "none" });

let asked = new AbortController();

/** Whether there is something to advise. */
export function canAdvise(): boolean {
  return match.value !== null && turnOf(rules(), match.value) === ME;
}

/** @param maxDeals of advice in the auction; by default what takes some seconds */
export async function ask(maxDeals?: number): Promise<void> {
  const at = match.value;
  if (at === null || !canAdvise() || advice.value.kind === "thinking") return;
  asked.abort();
  const { signal: stop } = (asked = new AbortController());
  advice.value = { kind: "thinking", done: 0 };
  const options = {
    signal: stop,
    onProgress: (done: number) => {
      if (!stop.aborted) advice.value = { kind: "thinking", done };
    },
  };
  const seed = seedOf(at, ME);
  try {
    const found = await answer();
    if (stop.aborted) return;
    advice.value = found;
    say(told(found));
  } catch (error) {
    if (stop.aborted) return;
    advice.value = { kind: "failed", why: (error as Error).message };
    say(`No advice: ${(error as Error).message}`);
  }

  async function answer(): Promise<Advice> {
    switch (phaseOf(at!)) {
      case "auction":
        return { kind: "bid", advice: await engine().adviseBid(auctionView(at!, ME), seed, { ...options, maxDeals }) };
      case "trump":
        return { kind: "trump", chances: await engine().adviseTrump(at!.hands[ME], bidOf(at!)!, seed, options) };
      default:
        return {
          kind: "play",
          advice: await engine().advisePlay(seatView(at!, ME)!, seed, options),
          // What is seen may be told.
          open: at!.study && handsOpen.value ? await engine().openValues(tableHand(at!)!, { signal: stop }) : [],
        };
    }
  }
}

function told(found: Advice): string {
  if (found.kind === "bid") return `Advice: ${forPlayers(found.advice.headline)}`;
  if (found.kind === "play") return `Advice: ${forPlayers(found.advice.what)}`;
  if (found.kind !== "trump") return "";
  return `Advice: ${capital(trumpName(found.chances[0].decl))}, ${percent(found.chances[0].chance)}`;
}

/** Advice on one decision is none on the next. */
export function watchAdvice(): void {
  effect(() => {
    void match.value;
    asked.abort();
    advice.value = { kind: "none" };
  });
}
