// What a player has chosen for good: who sits there, house rules, looks.

import { effect, signal } from "@preact/signals";
import type { Level } from "../engine/types.ts";
import type { HouseRules } from "../table/types.ts";
import { load, onOtherTab, store } from "./storage.ts";

export const LEVELS = ["beginner", "casual", "quick", "network", "strong"] as const satisfies readonly Level[];
export const THEMES = ["auto", "light", "dark"] as const;
export const SPEEDS = ["slow", "normal", "fast", "instant"] as const;
export const MOTIONS = ["auto", "full", "reduced"] as const;
export const TAPS = ["one", "two"] as const;
export const FIRST_DEALERS = ["lot", "me", "left", "partner", "right"] as const;
export const ALL_PASS = ["forced-bid", "throw-in"] as const;
export const MARKS = [1, 3, 5, 7] as const;

export interface Settings {
  /** Of the players at my left, opposite, at my right. */
  levels: [Level, Level, Level];
  rules: HouseRules;
  firstDealer: (typeof FIRST_DEALERS)[number];
  theme: (typeof THEMES)[number];
  speed: (typeof SPEEDS)[number];
  motion: (typeof MOTIONS)[number];
  /** Taps (or clicks) that play a domino. */
  taps: (typeof TAPS)[number];
}

const DEFAULTS: Settings = {
  levels: ["strong", "strong", "strong"],
  rules: { allPass: "forced-bid", marksToWin: 7 },
  firstDealer: "lot",
  theme: "auto",
  speed: "normal",
  motion: "auto",
  taps: "one",
};

/** What is kept, each entry that is not valid by its default. */
export function readSettings(kept: unknown): Settings {
  const value = (typeof kept === "object" && kept !== null ? kept : {}) as Record<string, unknown>;
  const rules = (typeof value.rules === "object" && value.rules !== null ? value.rules : {}) as Record<string, unknown>;
  const levels = Array.isArray(value.levels) ? value.levels : [];
  const level = (place: number): Level => among(LEVELS, levels[place], DEFAULTS.levels[place]);
  return {
    levels: [level(0), level(1), level(2)],
    rules: {
      allPass: among(ALL_PASS, rules.allPass, DEFAULTS.rules.allPass),
      marksToWin: among(MARKS, rules.marksToWin, 7),
    },
    firstDealer: among(FIRST_DEALERS, value.firstDealer, DEFAULTS.firstDealer),
    theme: among(THEMES, value.theme, DEFAULTS.theme),
    speed: among(SPEEDS, value.speed, DEFAULTS.speed),
    motion: among(MOTIONS, value.motion, DEFAULTS.motion),
    taps: among(TAPS, value.taps, DEFAULTS.taps),
  };
}

function among<T>(valid: readonly T[], value: unknown, otherwise: T): T {
  return valid.includes(value as T) ? (value as T) : otherwise;
}

export const settings = signal<Settings>(load("settings", readSettings, DEFAULTS));

export function change(some: Partial<Settings>): void {
  settings.value = { ...settings.value, ...some };
}

/** Milliseconds that one sees a play before the next one. */
export const PAUSES: Record<Settings["speed"], number> = { slow: 1300, normal: 700, fast: 280, instant: 0 };

/** Milliseconds that a complete trick is seen. */
export function lingersMs(speed: Settings["speed"]): number {
  return 2 * PAUSES[speed];
}

/** From now on what is chosen, here or in another tab, is kept and shows. */
export function watchSettings(): void {
  onOtherTab("settings", readSettings, (chosen) => (settings.value = chosen));
  effect(() => {
    const { theme, motion } = settings.value;
    store("settings", settings.value);
    const root = document.documentElement;
    root.dataset.theme = theme;
    root.dataset.motion = motion;
  });
}

export function isStill(): boolean {
  const { motion } = settings.value;
  return motion === "reduced" || (motion === "auto" && matchMedia("(prefers-reduced-motion: reduce)").matches);
}
