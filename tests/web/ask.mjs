// Asks web/core what a file says and prints the answers, a line each; test_wasm_core.py compares.
// A question: {"call": name of a method, "arguments": [...]}; arrays of 64-bit numbers are
// {"int64": [texts]}, the policy is {"policy": path}. An answer: {"name": {"kind", "bytes": base64}}.

import { readFileSync } from "node:fs";
import { Core } from "../../web/core/core.js";
import { readPolicy } from "../../web/core/policy_file.js";

const core = await Core.load(readFileSync(new URL("../../web/core/crystal-forge.wasm", import.meta.url)));

async function value(given) {
  if (given === null || typeof given !== "object" || Array.isArray(given)) return given;
  if ("int64" in given) return given.int64.map(BigInt);
  if ("policy" in given) {
    const file = readFileSync(given.policy);
    const content = file.buffer.slice(file.byteOffset, file.byteOffset + file.byteLength);
    return readPolicy(content, core.nPolicyWeights);
  }
  const parts = await Promise.all(Object.entries(given).map(async ([k, v]) => [k, await value(v)]));
  return Object.fromEntries(parts);
}

const told = (array) => ({
  kind: array.constructor.name,
  bytes: Buffer.from(array.buffer, array.byteOffset, array.byteLength).toString("base64"),
});

for (const line of readFileSync(process.argv[2], "utf8").trim().split("\n")) {
  const question = JSON.parse(line);
  let answer;
  try {
    const found = core[question.call](...(await Promise.all(question.arguments.map(value))));
    const arrays = ArrayBuffer.isView(found) ? { it: found } : found;
    answer = Object.fromEntries(Object.entries(arrays).map(([name, array]) => [name, told(array)]));
  } catch (error) {
    answer = { error: error.message, of: error.name };
  }
  console.log(JSON.stringify(answer));
}
