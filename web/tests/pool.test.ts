// Workers: what they answer, and what becomes of questions when they are given up or workers die.

import { afterEach, describe, expect, it } from "vitest";
import { POLICY } from "../core/answers.js";
import { LostWorker, Pool } from "../core/pool.js";
import type { Ears, Port, Spawn } from "../core/ports.js";
import { nodeWorker } from "../core/ports_node.mjs";
import { core, fileOf, wasm } from "./golden.ts";

const module = await WebAssembly.compile(wasm());
const policy = fileOf("../../python/forge/policy/seat.policy");
const DEAL = Array.from({ length: 28 }, (_, d) => d);
const QUICK = { deals: DEAL, decls: [6] };
// Some seconds of work.
const SLOW = { deals: Array.from({ length: 3000 }, () => DEAL).flat(), decls: Array.from({ length: 3000 }, (_, i) => i % 10) };

const open: Pool[] = [];
const made: Port[] = [];
const spawn: Spawn = (ears: Ears) => {
  const found = nodeWorker(ears);
  made.push(found.port);
  return found;
};

function pool(how: Partial<ConstructorParameters<typeof Pool>[0]> = {}): Pool {
  const found = new Pool({ spawn, module, policy, size: 2, ...how });
  open.push(found);
  return found;
}

afterEach(() => {
  open.splice(0).forEach((each) => each.close());
  made.length = 0;
});

const errorOf = (asked: Promise<unknown>) => asked.then(() => null, (error: Error) => error);

describe("a pool of workers", () => {
  it("answers as a core does, more questions than workers", async () => {
    const workers = pool();
    const decls = Array.from({ length: 10 }, (_, decl) => decl);
    const found = await Promise.all(decls.map((decl) => workers.ask("search", [{ deals: DEAL, decls: [decl] }])));
    expect(found).toEqual(decls.map((decl) => core.search({ deals: DEAL, decls: [decl] })));
    expect(made.length).toBe(2);
    const seen = { hands: DEAL.slice(0, 7), decls: [6], plays: Array(28).fill(-1), needed: [30] };
    const logits: Float32Array = await workers.ask("policy", [seen, POLICY]);
    expect(logits.every(Number.isFinite)).toBe(true);
  });

  it("tells what cannot be asked, and goes on", async () => {
    const workers = pool({ policy: undefined });
    const wrong = await errorOf(workers.ask("search", [{ deals: DEAL, decls: [10] }]));
    expect(wrong).toMatchObject({ name: "CoreError", message: "row 0: decls must be 0..9" });
    const seen = { hands: DEAL.slice(0, 7), decls: [6], plays: Array(28).fill(-1), needed: [30] };
    expect(await errorOf(workers.ask("policy", [seen, POLICY]))).toMatchObject({ message: "there is no policy" });
    expect(await workers.ask("search", [QUICK])).toEqual(core.search(QUICK));
    expect(() => pool({ size: 0 })).toThrow("1..64 workers");
  });

  it("gives up what waits and what is under way, and answers the next question soon", async () => {
    const workers = pool({ size: 1 });
    await workers.ask("search", [QUICK]);
    const [running, waiting] = [new AbortController(), new AbortController()];
    const first = errorOf(workers.ask("search", [SLOW], running.signal));
    const second = errorOf(workers.ask("search", [SLOW], waiting.signal));
    const third = workers.ask("search", [QUICK]);
    const start = performance.now();
    waiting.abort();
    running.abort();
    expect([await first, await second]).toMatchObject([{ name: "AbortError" }, { name: "AbortError" }]);
    expect(performance.now() - start).toBeLessThan(200);
    expect(await third).toEqual(core.search(QUICK));
    expect(made.length).toBe(2);
    expect(await errorOf(workers.ask("search", [QUICK], AbortSignal.abort()))).toMatchObject({ name: "AbortError" });
  });

  it("keeps a worker that answers a question which was given up", async () => {
    const workers = pool({ size: 1, patience_ms: 60_000 });
    const few = { deals: SLOW.deals.slice(0, 28 * 20), decls: SLOW.decls.slice(0, 20) };
    await workers.ask("search", [QUICK]);
    const control = new AbortController();
    const given = errorOf(workers.ask("search", [few], control.signal));
    control.abort();
    expect(await given).toMatchObject({ name: "AbortError" });
    expect(await workers.ask("search", [QUICK])).toEqual(core.search(QUICK));
    expect(made.length).toBe(1);
  });

  it("replaces a worker that is killed, and rejects its question alone", async () => {
    const workers = pool({ size: 1 });
    await workers.ask("search", [QUICK]);
    const first = errorOf(workers.ask("search", [SLOW]));
    const second = workers.ask("search", [QUICK]);
    made[0].end();
    const error = await first;
    expect(error).toBeInstanceOf(LostWorker);
    expect(error!.message).toBe("a worker was lost: it was ended; ask again");
    expect(await second).toEqual(core.search(QUICK));
    expect(made.length).toBe(2);
  });

  it("does not wait for a worker that is silent", async () => {
    const deaf: Spawn = () => ({ lock: "", alive: () => {}, port: { post: () => {}, end: () => {} } });
    const workers = pool({ spawn: deaf, limit_ms: 50 });
    expect(await errorOf(workers.ask("search", [QUICK]))).toMatchObject({ name: "LostWorker" });
  });

  it("tells why there is no policy, and goes on without", async () => {
    const damaged = policy.slice(0);
    new Uint8Array(damaged)[5000] ^= 1;
    const workers = pool({ policy: damaged });
    const seen = { hands: DEAL.slice(0, 7), decls: [6], plays: Array(28).fill(-1), needed: [30] };
    expect(await errorOf(workers.ask("policy", [seen, POLICY]))).toMatchObject({ message: "the policy is damaged" });
    expect(await workers.ask("search", [QUICK])).toEqual(core.search(QUICK));
  });

  it("tells why it cannot start", async () => {
    const other = await WebAssembly.compile(new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0]));
    const error = await errorOf(pool({ module: other }).ask("search", [QUICK]));
    expect(error).toMatchObject({ name: "CoreError" });
    expect(error!.message).toContain("_initialize");
  });

  it("rejects what is open when it is closed", async () => {
    const workers = pool();
    const asked = errorOf(workers.ask("search", [SLOW]));
    workers.close();
    expect(await asked).toMatchObject({ message: "a worker was lost: the pool is closed; ask again" });
    expect(await errorOf(workers.ask("search", [QUICK]))).toBeInstanceOf(LostWorker);
  });
});
