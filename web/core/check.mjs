#!/usr/bin/env node
// node web/core/check.mjs FILE.jsonl: lines {"deal": [28 ids, seat by seat], "decl": 0..9, "q": [7]},
// the exact values after seat 0's first lead, team-0 frame. Exit 1 on a difference.

import { readFileSync } from "node:fs";
import { Core } from "./core.js";

/** @param {string} message @returns {never} */
function fail(message) {
  console.error(`error: ${message}`);
  process.exit(2);
}

/** @param {string} path @returns {{ deal: number[], decl: number, q: number[] }[]} */
function read(path) {
  let text;
  try {
    text = readFileSync(path, "utf8");
  } catch {
    fail(`${path}: cannot be read`);
  }
  return text.split("\n").flatMap((line, i) => {
    if (line.trim() === "") return [];
    try {
      const { deal, decl, q } = JSON.parse(line);
      if (deal.length === 28 && Number.isInteger(decl) && q.length === 7) return [{ deal, decl, q }];
    } catch {
      // Told below.
    }
    return fail(`${path}:${i + 1}: expected {"deal": [28 ids], "decl": 0..9, "q": [7]}`);
  });
}

const [path, ...more] = process.argv.slice(2);
if (path === undefined || more.length > 0) fail("usage: node web/core/check.mjs FILE.jsonl");
const wasm = new URL("./crystal-forge.wasm", import.meta.url);
let core;
try {
  core = await Core.load(readFileSync(wasm));
} catch {
  fail("crystal-forge.wasm is not built: cmake --toolchain cmake/Wasm.cmake, see web/README.md");
}
const lines = read(path);
if (lines.length === 0) fail(`${path}: no positions`);
let nAgree = 0;
let elapsed_ms = 0;
for (const [i, { deal, decl, q }] of lines.entries()) {
  let found;
  const start = performance.now();
  try {
    found = core.search({ deals: deal, decls: [decl] });
  } catch (error) {
    fail(`${path}: position ${i + 1}: ${/** @type {Error} */ (error).message}`);
  }
  elapsed_ms += performance.now() - start;
  if (found.every((value, slot) => value === q[slot])) nAgree += 1;
  else console.log(`position ${i + 1}: ${[...found].join(" ")} instead of ${q.join(" ")}`);
}
const each = (elapsed_ms / lines.length).toFixed(2);
console.log(`${nAgree} of ${lines.length} agree, ${each} ms a position`);
process.exit(nAgree === lines.length ? 0 : 1);
