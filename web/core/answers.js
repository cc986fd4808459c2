// What a worker does: holds a core and a policy, and answers one question after another.

import { Core, CoreError } from "./core.js";
import { readPolicy } from "./policy_file.js";

/**
 * @typedef {object} Start what a worker begins with
 * @property {WebAssembly.Module} module of crystal-forge.wasm
 * @property {ArrayBuffer | string} policy the file that questions call "policy", or why there is none
 * @property {string} lock held as long as the worker lives, where there are locks; "" for none
 *
 * @typedef {"ruleTables" | "search" | "searchAtLeast" | "searchValue" | "searchMade" | "play"
 *   | "legalSlots" | "tokenizeStates" | "countWorlds" | "sampleWorlds" | "policy" | "decide"
 *   | "hiddenDominoes"} Method of a core
 *
 * @typedef {{ id: number, method: Method, given: readonly unknown[] }} Question
 * @typedef {{ id: number, found: unknown } | { id: number, error: { message: string, name: string } }} Answer
 */

/** Stands for the numbers of the worker's policy among what is given. */
export const POLICY = "policy";

export class Answers {
  /** @param {Core} core @param {Float32Array | string} policy its numbers, or why there are none */
  constructor(core, policy) {
    this.core = core;
    this.policy = policy;
  }

  /** @param {Start} start @returns {Promise<Answers>} */
  static async begin({ module, policy }) {
    const core = await Core.load(module);
    if (typeof policy === "string") return new Answers(core, policy);
    try {
      return new Answers(core, await readPolicy(policy, core.nPolicyWeights));
    } catch (error) {
      // What needs no policy goes on.
      return new Answers(core, /** @type {Error} */ (error).message);
    }
  }

  /** @param {Question} question @returns {Answer} */
  answer({ id, method, given }) {
    try {
      const filled = given.map((each) => (each === POLICY ? this.#policy() : each));
      return { id, found: /** @type {any} */ (this.core)[method](...filled) };
    } catch (error) {
      const { message, name } = /** @type {Error} */ (error);
      return { id, error: { message, name } };
    }
  }

  #policy() {
    if (typeof this.policy === "string") throw new CoreError(this.policy, -1);
    return this.policy;
  }
}

/** What of an answer can change hands instead of being copied. @param {Answer} answer */
export function buffersOf(answer) {
  if (!("found" in answer)) return [];
  const { found } = answer;
  const arrays = ArrayBuffer.isView(found) ? [found] : Object.values(/** @type {object} */ (found));
  return arrays.map((array) => /** @type {ArrayBuffer} */ (array.buffer));
}
