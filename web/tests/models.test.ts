// Networks in the page: tokens are Python's, and what onnxruntime-web says is what PyTorch says.
// FORGE_ONNX names a folder with stage1.onnx and stage2.onnx of `forge export`; the test in Python
// makes them.

import { describe, expect, it } from "vitest";
import { Network } from "../src/models/network.ts";
import { transcriptTokens } from "../src/models/transcript.ts";
import { seenFrom } from "../src/table/seat_view.ts";
import type { Seat, SeatView } from "../src/table/types.ts";
import { core, fileOf, golden, rules } from "./golden.ts";
import { engineOf } from "./workers.ts";

const told = golden("models");
const FOLDER = process.env.FORGE_ONNX;
const runtime = () => fileOf("../node_modules/onnxruntime-web/dist/ort-wasm-simd-threaded.wasm");
const file = (name: string) => fileOf(`file://${FOLDER}/${name}`);

const views: SeatView[] = told.transcripts.map(
  ([hand, decl, declarer, plays]: [number[], number, Seat, number[]]) => ({ hand, decl, declarer, plays, bid: 30 }),
);
const tokens = views.map((view) => transcriptTokens(rules, seenFrom(rules, view)));
const all = Int8Array.from(tokens.flatMap((row) => [...row]));

/** The greatest difference of rows of seven. */
function worst(found: Float32Array, kept: number[][]): number {
  return Math.max(...kept.flat().map((value, i) => Math.abs(value - found[i])));
}

const failure = (work: Promise<unknown>) => work.then(() => null, (error: Error) => error);

describe("tokens", () => {
  it("of 1,000 transcripts are Python's", async () => {
    told.tokens.forEach((row: string, i: number) =>
      expect([...tokens[17 * i]]).toEqual([...Int8Array.from(atob(row), (each) => each.charCodeAt(0))]),
    );
    const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", all));
    expect([...digest].map((byte) => byte.toString(16).padStart(2, "0")).join("")).toBe(told.sha256);
  });
});

describe("a file that is no network", () => {
  it.each([
    ["cut short", new ArrayBuffer(0)],
    ["something else", new TextEncoder().encode("<html>404</html>").buffer as ArrayBuffer],
  ])("is told: %s", async (_, content) => {
    const error = await failure(Network.load("stage2.onnx", content, runtime()));
    expect(error).toMatchObject({ name: "TableError" });
    expect(error!.message).toMatch(/^stage2\.onnx cannot be run: .+/);
    expect(error!.message).not.toContain("\n");
  });
});

describe.skipIf(FOLDER === undefined)("networks of forge export", () => {
  it("Stage 2 says what PyTorch says, of 1,000 transcripts", async () => {
    const network = await Network.load("stage2.onnx", file("stage2.onnx"), runtime());
    expect(network.stage).toBe(2);
    const found = await network.run({ tokens: all });
    expect(worst(found.mean, told.mean)).toBeLessThan(1e-3);
    expect(worst(found.logits, told.logits)).toBeLessThan(1e-3);
    expect(await network.scores({ tokens: tokens[0] })).toHaveLength(7);
    const { engine, best } = { engine: playerOf(network), best: told.logits };
    const choice = views.findIndex((view) => seenFrom(rules, view).legal.length === 7);
    const played = await engine.play(views[choice], "network", 0);
    const scores: number[] = best[choice];
    expect(played).toBe(views[choice].hand[scores.indexOf(Math.max(...scores))]);
    engine.close();
  });

  it("Stage 1 says what PyTorch says, of 200 positions", async () => {
    const network = await Network.load("stage1.onnx", file("stage1.onnx"), runtime());
    expect(network.stage).toBe(1);
    const { deals, decls, states, q } = told.positions;
    const inputs = core.tokenizeStates({ deals: deals.flat(), decls, states: states.map(BigInt) });
    expect(worst(await network.scores({ ...inputs }), q)).toBeLessThan(1e-3);
    await network.close();
  });

  it("a damaged one is told, not run", async () => {
    const content = file("stage2.onnx");
    const error = await failure(Network.load("stage2.onnx", content.slice(0, content.byteLength / 2), runtime()));
    expect(error!.message).toMatch(/^stage2\.onnx cannot be run: .+/);
  });
});

/** An engine whose network level is this network, in this thread. */
function playerOf(network: Network) {
  return engineOf({
    network: async () => ({
      scores: (given, seen) => network.scores({ tokens: transcriptTokens(given, seen) }),
      close: () => void network.close(),
    }),
  });
}
