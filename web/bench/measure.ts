// What the engine costs in a browser; bench/measure_page.py serves this page and hears the answer.

import { Core } from "../core/core.js";
import { assetUrl, fetchedFrom } from "../src/engine/assets.ts";
import { createEngine } from "../src/engine/create.ts";
import type { Level } from "../src/engine/types.ts";
import { Network } from "../src/models/network.ts";
import { transcriptTokens } from "../src/models/transcript.ts";
import { dealFromSeed } from "../src/table/deal.ts";
import { auctionView, called, declared, newMatch, played, seatView, tableHand, turnOf, type Match } from "../src/table/match.ts";
import { Rules } from "../src/table/rules.ts";
import { seenFrom } from "../src/table/seat_view.ts";

const BASE = new URL("assets/", document.baseURI).href;
const N_PASSES = 300;
const LEVELS: readonly Level[] = ["beginner", "casual", "quick", "network", "strong"];

const median = (values: number[]): number => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];

async function timed(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await work();
  return performance.now() - start;
}

/** One forward pass of the Stage 2 network, ms; the least is what it costs where nothing else runs. */
async function forwardPass(rules: Rules): Promise<{ median: number; least: number }> {
  const read = fetchedFrom(BASE);
  const [model, runtime] = await Promise.all([read("network"), read("runtime")]);
  const network = await Network.load("stage2.onnx", model, runtime, assetUrl(BASE, "runtimeModule"));
  const hand = dealFromSeed(1)[0];
  const tokens = transcriptTokens(rules, seenFrom(rules, { hand, decl: 4, bid: 30, declarer: 0, plays: [] }));
  const times = [];
  for (let i = 0; i < N_PASSES; ++i) times.push(await timed(() => network.scores({ tokens })));
  return { median: median(times.slice(N_PASSES / 10)), least: Math.min(...times) };
}

/** A hand by players of one level: the slowest play and the slowest call, ms. */
async function handBy(rules: Rules, level: Level): Promise<{ play: number; call: number }> {
  const engine = createEngine(BASE);
  await engine.prepare(level);
  let match: Match = newMatch(2);
  let call = 0;
  while (match.calls.length < 4) {
    const view = auctionView(match, turnOf(rules, match)!);
    call = Math.max(call, await timed(async () => void (match = called(match, await engine.call(view, level, 1)))));
  }
  const bid = Math.max(...match.calls.map((each) => (each === "pass" ? 0 : each)));
  match = declared(match, await engine.declare(match.hands[turnOf(rules, match)!], bid, level, 1));
  let play = 0;
  while (match.plays.length < 28) {
    const view = seatView(match, turnOf(rules, match)!)!;
    play = Math.max(play, await timed(async () => void (match = played(rules, match, await engine.play(view, level, 1)))));
  }
  engine.close();
  return { play, call };
}

async function measured(): Promise<object> {
  const rules = new Rules((await Core.load(fetch(assetUrl(BASE, "core")))).ruleTables());
  const levels: Record<string, { play: number; call: number }> = {};
  for (const level of LEVELS) levels[level] = await handBy(rules, level);
  const engine = createEngine(BASE);
  const match = newMatch(2);
  const first = auctionView(match, 0);
  const adviseBid = await timed(() => engine.adviseBid(first, 1));
  const dealt = declared(["pass", "pass", "pass", 30].reduce<Match>((now, each) => called(now, each as never), match), 4);
  let hand = dealt;
  const advisePlay = await timed(() => engine.advisePlay(seatView(dealt, turnOf(rules, dealt)!)!, 1));
  while (hand.plays.length < 28)
    hand = played(rules, hand, await engine.play(seatView(hand, turnOf(rules, hand)!)!, "casual", 1));
  const review = await timed(() => engine.review(tableHand(hand)!, 1));
  engine.close();
  return { forward_pass_ms: await forwardPass(rules), levels, adviseBid_ms: adviseBid, advisePlay_ms: advisePlay, review_ms: review };
}

const found = await measured().catch((error: Error) => ({ error: `${error.name}: ${error.message}` }));
await fetch("found", { method: "POST", body: JSON.stringify(found) });
