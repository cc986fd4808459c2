// The file of a policy, as forge train-policy writes it (python/forge/policy/numbers.py).

import { CoreError } from "./core.js";

const HEADER_BYTES = 64;
const MAGIC = "FORGEPOL";

/**
 * The numbers of a policy.
 *
 * @param {ArrayBuffer} content of the file
 * @param {number} count how many the core takes, `Core.nPolicyWeights`
 * @returns {Promise<Float32Array>}
 * @throws {CoreError} for another file, or a damaged one
 */
export async function readPolicy(content, count) {
  const text = (/** @type {number} */ from, /** @type {number} */ to) =>
    String.fromCharCode(...new Uint8Array(content, from, to - from));
  if (content.byteLength < HEADER_BYTES || text(0, 8) !== MAGIC)
    throw new CoreError("not a policy of forge train-policy", -1);
  const header = new DataView(content, 0, HEADER_BYTES);
  if (header.getUint32(8, true) !== 1 || header.getBigUint64(24, true) !== BigInt(count))
    throw new CoreError("a policy of another version of forge", -1);
  const numbers = content.slice(HEADER_BYTES);
  if (numbers.byteLength !== 4 * count) throw new CoreError("the policy is cut short", -1);
  // A page that came over plain HTTP from another machine is given no digests.
  if (globalThis.crypto?.subtle === undefined) return new Float32Array(numbers);
  const wanted = new Uint8Array(content, 32, 32);
  const found = new Uint8Array(await crypto.subtle.digest("SHA-256", numbers));
  if (!found.every((byte, i) => byte === wanted[i])) throw new CoreError("the policy is damaged", -1);
  return new Float32Array(numbers);
}
