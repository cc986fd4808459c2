// What the tests share: golden files of Python, the core of this machine, and the rules.

import { readFileSync } from "node:fs";
import { Core } from "../core/core.js";
import { Rules } from "../src/table/rules.ts";

const at = (path: string) => new URL(path, import.meta.url);

export const fileOf = (path: string): ArrayBuffer => {
  const file = readFileSync(at(path));
  return file.buffer.slice(file.byteOffset, file.byteOffset + file.byteLength) as ArrayBuffer;
};

export const golden = (name: string): any =>
  JSON.parse(readFileSync(at(`../../tests/golden/page/${name}.json`), "utf8"));

export const wasm = (): ArrayBuffer => fileOf("../core/crystal-forge.wasm");

export const core = await Core.load(wasm());

export const rules = new Rules(core.ruleTables());

/** The message of what a function throws; null where it does not. */
export function errorOf(work: () => unknown): string | null {
  try {
    work();
    return null;
  } catch (error) {
    if (!(error instanceof Error) || error.name !== "TableError") throw error;
    return error.message;
  }
}

/** Whether plain values are alike, numbers to their last digits; else where they differ. */
export function difference(found: any, kept: any, at = ""): string | null {
  if (typeof kept === "number" && typeof found === "number") {
    const isNear = Math.abs(found - kept) <= 1e-12 * Math.max(1, Math.abs(kept));
    return isNear ? null : `${at}: ${found} instead of ${kept}`;
  }
  if (kept === null || typeof kept !== "object")
    return Object.is(found, kept) ? null : `${at}: ${JSON.stringify(found)} instead of ${JSON.stringify(kept)}`;
  const names = new Set([...Object.keys(found ?? {}), ...Object.keys(kept)]);
  for (const name of names) {
    const told = difference(found?.[name], kept[name], `${at}.${name}`);
    if (told !== null) return told;
  }
  return null;
}
