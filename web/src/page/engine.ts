// The one engine of the page.

import { signal } from "@preact/signals";
import type { Engine, Level, LevelInfo } from "../engine/types.ts";

let running: Engine | null = null;

export function setEngine(found: Engine): void {
  running = found;
}

export function engine(): Engine {
  if (running === null) throw new Error("the engine is asked before it is there");
  return running;
}

/** Of a level's files: 0..1 fetched, `ready`, or why they could not be. */
export type Readiness = number | "ready" | { failed: string };
export const readiness = signal<Partial<Record<Level, Readiness>>>({});

export function levelInfo(level: Level): LevelInfo {
  const found = engine().levels().find((each) => each.level === level);
  return found ?? { level, name: level, says: "", download: 0 };
}

/** Fetches what levels need; what cannot be fetched is said beside its name. */
export function prepare(levels: readonly Level[]): void {
  for (const level of new Set(levels)) {
    const now = readiness.value[level];
    if (typeof now === "number" || now === "ready") continue;
    mark(level, 0);
    engine()
      .prepare(level, { onProgress: (done) => mark(level, done) })
      .then(() => mark(level, "ready"))
      .catch((error: unknown) => mark(level, { failed: (error as Error).message }));
  }
}

/** Why a level cannot be played; null where it can, as far as is known. Choosing it again tries anew. */
export function failureOf(level: Level): string | null {
  const now = readiness.value[level];
  return typeof now === "object" ? now.failed : null;
}

/** A level that lives by what it fetches failed; the others may do better the next time. */
export function markFailed(level: Level, why: string): void {
  if (levelInfo(level).download > 0) mark(level, { failed: why });
}

function mark(level: Level, how: Readiness): void {
  readiness.value = { ...readiness.value, [level]: how };
}
