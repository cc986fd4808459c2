// The native core in WebAssembly. Arrays are flat, row after row, with the shapes and frames of the
// operators of the same name in forge.ops; a call answers in a new array.

import {
  INITIAL_STATE, N_DECLARATIONS, N_DOMINOES, N_FEATURES, N_HIDDEN, N_PLAYS, N_SLOTS, N_SUITS, N_TOKENS,
} from "./rules.js";
import { Room } from "./arrays.js";

/**
 * @typedef {import("./arrays.js").Kind} Kind
 * @typedef {import("./arrays.js").Numbers} Numbers
 *
 * @typedef {object} RuleTables the rules by domino; suits 0..6 are the pips, 7 is the called suit
 * @property {Int8Array} countPoints [28]
 * @property {Int8Array} ledSuit [10, 28], the suit that a lead asks for
 * @property {Uint8Array} follows [10, 8, 28], 1 where the domino follows the suit
 * @property {Uint8Array} strength [10, 8, 28], 0 where it cannot win, else the greatest wins
 *
 * @typedef {object} Positions n positions
 * @property {ArrayLike<number>} deals int8 [n, 4, 7], domino ids
 * @property {ArrayLike<number>} decls int8 [n], 0..9
 * @property {ArrayLike<bigint>} [states] int64 [n]; by default the first lead of seat 0
 *
 * @typedef {object} Hidden n questions about hidden hands
 * @property {ArrayLike<number>} allowed int32 [n, 3], the dominoes each hidden seat may hold, bit d
 *   for domino d
 * @property {ArrayLike<number>} sizes int8 [n, 3], how many each holds
 *
 * @typedef {object} Seen what n seats to act see
 * @property {ArrayLike<number>} hands int8 [n, 7], dealt to the seat, in slot order
 * @property {ArrayLike<number>} decls int8 [n]
 * @property {ArrayLike<number>} plays int8 [n, 28], dominoes played, the declarer's lead first, then -1
 * @property {ArrayLike<number>} needed int8 [n], points that the declarer's side needs of the 42
 *
 * @typedef {object} HowToDecide see forge.ops.decide
 * @property {number} [nWorlds] judged by
 * @property {number} [pool] worlds drawn and weighed before
 * @property {number} [rollouts] share of the policy's own play in the chance of a play, 0..1
 * @property {number} [uniform] share of any legal play in what a hidden seat is taken to do
 * @property {boolean} [weigh]
 * @property {boolean} [forPoints]
 * @property {boolean} [race]
 * @property {number} [window]
 * @property {number} [prior] what a play's being e times as likely by the policy is worth, in chance
 */

/** Something the core was asked that cannot be. */
export class CoreError extends Error {
  /** @param {string} message @param {number} row -1: it is not about one row */
  constructor(message, row) {
    super(row < 0 ? message : `row ${row}: ${message}`);
    this.name = "CoreError";
    this.row = row;
  }
}

export const SAMPLERS = /** @type {const} */ (["uniform", "mrv"]);

/** The core, with memory of its own: what it learnt of a hand it keeps for the next question. */
export class Core {
  /** @param {WebAssembly.Instance} instance */
  constructor(instance) {
    /** @type {Record<string, any>} */
    this.exports = instance.exports;
    this.exports._initialize();
    /** How many numbers a policy has. */
    this.nPolicyWeights = /** @type {number} */ (this.exports.forge_n_policy_weights());
  }

  /**
   * @param {BufferSource | WebAssembly.Module | Response | Promise<Response>} source of
   *   crystal-forge.wasm
   * @returns {Promise<Core>}
   */
  static async load(source) {
    const given = await source;
    const bytes = typeof Response !== "undefined" && given instanceof Response
      ? await given.arrayBuffer()
      : /** @type {BufferSource | WebAssembly.Module} */ (given);
    const module = bytes instanceof WebAssembly.Module ? bytes : await WebAssembly.compile(bytes);
    return new Core(await WebAssembly.instantiate(module, { wasi_snapshot_preview1: NO_FILES }));
  }

  /** What the rules say of each domino, as forge.game.tables.
   * @returns {RuleTables} */
  ruleTables() {
    const cells = N_DECLARATIONS * N_DOMINOES;
    /** @type {[Kind, number][]} */
    const room = [
      [Int8Array, N_DOMINOES],
      [Int8Array, cells],
      [Uint8Array, N_SUITS * cells],
      [Uint8Array, N_SUITS * cells],
    ];
    const [countPoints, ledSuit, follows, strength] = this.#call("forge_rule_tables", [], [], room);
    return { countPoints, ledSuit, follows, strength };
  }

  /** Exact values after each slot, **team-0 frame**, -128 where illegal: int8 [n, 7].
   * @param {Positions} positions @returns {Int8Array} */
  search(positions) {
    return this.#ofPositions("forge_search", positions, [], [[Int8Array, N_SLOTS]])[0];
  }

  /** Whether the value after each slot is at least the target, **team-0 frame**: int8 [n, 7], 1, 0,
   * or -1 where illegal.
   * @param {Positions} positions @param {ArrayLike<number>} targets int8 [n] @returns {Int8Array} */
  searchAtLeast(positions, targets) {
    /** @type {[string, ArrayLike<number>][]} */
    const given = [["targets", targets]];
    return this.#ofPositions("forge_search_at_least", positions, given, [[Int8Array, N_SLOTS]])[0];
  }

  /** The exact value-to-go, **team-0 frame**: int8 [n], 0 where the hand is over.
   * @param {Positions} positions @returns {Int8Array} */
  searchValue(positions) {
    return this.#ofPositions("forge_search_value", positions, [], [[Int8Array, 1]])[0];
  }

  /** Whether the value is at least the target, **team-0 frame**: int8 [n], 1 or 0.
   * @param {Positions} positions @param {ArrayLike<number>} targets int8 [n] @returns {Int8Array} */
  searchMade(positions, targets) {
    /** @type {[string, ArrayLike<number>][]} */
    const given = [["targets", targets]];
    return this.#ofPositions("forge_search_made", positions, given, [[Int8Array, 1]])[0];
  }

  /** One play of each hand: the next states int64 [n], -1 where the slot is not legal, and the
   * points of a finished trick int8 [n], **team-0 frame**.
   * @param {Positions} positions @param {ArrayLike<number>} slots int8 [n]
   * @returns {{ states: BigInt64Array, points: Int8Array }} */
  play(positions, slots) {
    /** @type {[string, ArrayLike<number>][]} */
    const given = [["slots", slots]];
    /** @type {[Kind, number][]} */
    const room = [[BigInt64Array, 1], [Int8Array, 1]];
    const [states, points] = this.#ofPositions("forge_play", positions, given, room);
    return { states, points };
  }

  /** Which slots the seat to act may play: bytes [n, 7], 1 or 0.
   * @param {Positions} positions @returns {Uint8Array} */
  legalSlots(positions) {
    return this.#ofPositions("forge_legal_slots", positions, [], [[Uint8Array, N_SLOTS]])[0];
  }

  /** The Stage 1 input of a network: tokens int8 [n, 32, 12] and masks int8 [n, 32].
   * @param {Positions} positions @returns {{ tokens: Int8Array, masks: Int8Array }} */
  tokenizeStates(positions) {
    /** @type {[Kind, number][]} */
    const room = [[Int8Array, N_TOKENS * N_FEATURES], [Int8Array, N_TOKENS]];
    const [tokens, masks] = this.#ofPositions("forge_tokenize_states", positions, [], room);
    return { tokens, masks };
  }

  /** How many worlds there are: int64 [n].
   * @param {Hidden} hidden @returns {BigInt64Array} */
  countWorlds(hidden) {
    const n = rows("sizes", hidden.sizes, N_HIDDEN);
    const given = this.#hidden(hidden, n);
    return this.#call("forge_count_worlds", [n], given, [[BigInt64Array, n]])[0];
  }

  /** Random worlds: int32 [n, nSamples, 3], the dominoes of each hidden seat.
   * @param {Hidden} hidden
   * @param {ArrayLike<bigint>} keys int64 [n]; world j of a row depends on its key and j alone
   * @param {number} nSamples
   * @param {"uniform" | "mrv"} [sampler]
   * @returns {Int32Array} */
  sampleWorlds(hidden, keys, nSamples, sampler = "uniform") {
    const n = rows("sizes", hidden.sizes, N_HIDDEN);
    const number = SAMPLERS.indexOf(sampler);
    if (number < 0) throw new CoreError(`sampler must be ${SAMPLERS.join(" or ")}`, -1);
    whole("nSamples", nSamples, 1 << 20);
    const given = [...this.#hidden(hidden, n), part(BigInt64Array, "keys", keys, n)];
    const length = n * nSamples * N_HIDDEN;
    return this.#call("forge_sample_worlds", [n], given, [[Int32Array, length]], [nSamples, number])[0];
  }

  /** A number for each slot, -Infinity where illegal: float32 [n, 7].
   * @param {Seen} seen @param {Float32Array} weights of a policy, see `readPolicy`
   * @returns {Float32Array} */
  policy(seen, weights) {
    const n = rows("decls", seen.decls, 1);
    const given = [...this.#seen(seen, n), this.#weights(weights)];
    return this.#call("forge_policy_logits", [n], given, [[Float32Array, N_SLOTS * n]])[0];
  }

  /** The play with the best chance of each row, judged by worlds; see forge.ops.decide.
   * @param {Seen} seen
   * @param {ArrayLike<bigint>} keys int64 [n]; a decision depends on its row and its key alone
   * @param {Float32Array | null} weights of a policy; null: all worlds count alike
   * @param {HowToDecide} [how]
   * @returns {{ slots: Int8Array, chances: Float64Array, points: Float64Array,
   *   nWorlds: BigInt64Array, effective: Float64Array }} slots [n]; chances [n, 7] of the **acting
   *   side's** end; points [n, 7], **acting-team frame**; NaN where there is none */
  decide(seen, keys, weights, how = {}) {
    const n = rows("decls", seen.decls, 1);
    const given = [...this.#seen(seen, n), part(BigInt64Array, "keys", keys, n)];
    if (weights !== null) given.push(this.#weights(weights));
    const nWorlds = whole("nWorlds", how.nWorlds ?? 100, 1 << 20);
    const settings = [
      ...(weights === null ? [0] : []),
      nWorlds,
      whole("pool", how.pool ?? Math.min(8 * nWorlds, 1 << 20), 1 << 20),
      how.rollouts ?? 0.35,
      how.uniform ?? 0.02,
      Number(how.weigh ?? true),
      Number(how.forPoints ?? false),
      Number(how.race ?? true),
      whole("window", how.window ?? N_PLAYS, N_PLAYS),
      how.prior ?? 0,
    ];
    /** @type {[Kind, number][]} */
    const room = [
      [Int8Array, n],
      [Float64Array, N_SLOTS * n],
      [Float64Array, N_SLOTS * n],
      [BigInt64Array, n],
      [Float64Array, n],
    ];
    const found = this.#call("forge_decide", [n], given, room, settings);
    const [slots, chances, points, judged, effective] = found;
    return { slots, chances, points, nWorlds: judged, effective };
  }

  /** Who may hold what, before and after what the plays told: float64 [n, 3, 28] by hidden seat (the
   * one to the left of the seat to act first) and domino.
   * @param {Seen} seen @param {ArrayLike<bigint>} keys @param {Float32Array} weights
   * @param {{ nWorlds?: number, uniform?: number, window?: number }} [how]
   * @returns {{ before: Float64Array, after: Float64Array, nWorlds: BigInt64Array,
   *   nPossible: BigInt64Array, effective: Float64Array }} nWorlds: weighed, of nPossible that fit */
  hiddenDominoes(seen, keys, weights, how = {}) {
    const n = rows("decls", seen.decls, 1);
    const given = [
      ...this.#seen(seen, n),
      part(BigInt64Array, "keys", keys, n),
      this.#weights(weights),
    ];
    const settings = [
      whole("nWorlds", how.nWorlds ?? 2000, 1 << 20),
      how.uniform ?? 0.02,
      whole("window", how.window ?? N_PLAYS, N_PLAYS),
    ];
    const length = n * N_HIDDEN * N_DOMINOES;
    /** @type {[Kind, number][]} */
    const room = [
      [Float64Array, length],
      [Float64Array, length],
      [BigInt64Array, n],
      [BigInt64Array, n],
      [Float64Array, n],
    ];
    const [before, after, weighed, possible, effective] = this.#call(
      "forge_hidden_dominoes", [n], given, room, settings,
    );
    return { before, after, nWorlds: weighed, nPossible: possible, effective };
  }

  /**
   * @param {string} name
   * @param {Positions} positions
   * @param {[string, ArrayLike<number>][]} more int8 arrays of a number a row
   * @param {[Kind, number][]} room by row
   */
  #ofPositions(name, positions, more, room) {
    const n = rows("decls", positions.decls, 1);
    const states = positions.states ?? new BigInt64Array(n).fill(INITIAL_STATE);
    const given = [
      part(Int8Array, "deals", positions.deals, N_DOMINOES * n),
      part(Int8Array, "decls", positions.decls, n),
      part(BigInt64Array, "states", states, n),
      ...more.map(([each, values]) => part(Int8Array, each, values, n)),
    ];
    return this.#call(name, [n], given, room.map(([kind, size]) => [kind, size * n]));
  }

  /** @param {Hidden} hidden @param {number} n */
  #hidden(hidden, n) {
    return [
      part(Int32Array, "allowed", hidden.allowed, N_HIDDEN * n),
      part(Int8Array, "sizes", hidden.sizes, N_HIDDEN * n),
    ];
  }

  /** @param {Seen} seen @param {number} n */
  #seen(seen, n) {
    return [
      part(Int8Array, "hands", seen.hands, N_SLOTS * n),
      part(Int8Array, "decls", seen.decls, n),
      part(Int8Array, "plays", seen.plays, N_PLAYS * n),
      part(Int8Array, "needed", seen.needed, n),
    ];
  }

  /** @param {Float32Array} weights */
  #weights(weights) {
    return part(Float32Array, "weights", weights, this.nPolicyWeights);
  }

  /**
   * @param {string} name
   * @param {number[]} first arguments
   * @param {Given[]} given arrays, behind them
   * @param {[Kind, number][]} results arrays, last
   * @param {number[]} settings between the two
   * @returns {any[]} the results
   */
  #call(name, first, given, results, settings = []) {
    const room = new Room(this.exports);
    const ins = given.map(({ kind, values }) => room.add(kind, values.length, values));
    const outs = results.map(([kind, length]) => room.add(kind, length));
    room.open();
    try {
      const at = (/** @type {number} */ i) => room.at(i);
      const why = this.exports[name](...first, ...ins.map(at), ...settings, ...outs.map(at));
      if (why !== 0) throw new CoreError(this.#text(why), this.exports.forge_bad_row());
      return outs.map((i) => room.taken(i));
    } finally {
      room.close();
    }
  }

  /** @param {number} at of a text that ends with 0 */
  #text(at) {
    const bytes = new Uint8Array(this.exports.memory.buffer, at);
    return new TextDecoder().decode(bytes.subarray(0, bytes.indexOf(0)));
  }
}

// The core opens no files; its library wants to be told so.
const NO_FILES = { fd_close: () => 8, fd_seek: () => 8, fd_write: () => 8 };

/** @typedef {{ kind: Kind, name: string, values: Numbers }} Given */

/**
 * @param {Kind} kind
 * @param {string} name
 * @param {ArrayLike<any>} values
 * @param {number} length
 * @returns {Given}
 */
function part(kind, name, values, length) {
  expectLength(name, values, length);
  return { kind, name, values: values instanceof kind ? values : converted(kind, name, values) };
}

/** @param {Kind} kind @param {string} name @param {ArrayLike<any>} values @returns {Numbers} */
function converted(kind, name, values) {
  const made = /** @type {any} */ (kind).from(values);
  for (let i = 0; i < made.length; ++i)
    // What does not fit would come back as another number.
    if (made[i] !== values[i] && kind !== Float32Array)
      throw new CoreError(`${name} holds ${String(values[i])}, which is no ${kind.name} number`, -1);
  return made;
}

/** @param {string} name @param {ArrayLike<any>} values @param {number} length */
function expectLength(name, values, length) {
  if (values.length !== length)
    throw new CoreError(`${name} must have ${length} numbers, got ${values.length}`, -1);
}

/** @param {string} name @param {ArrayLike<any>} values @param {number} size of a row */
function rows(name, values, size) {
  if (values.length % size !== 0)
    throw new CoreError(`${name} must have ${size} numbers a row, got ${values.length}`, -1);
  return values.length / size;
}

/** @param {string} name @param {number} value @param {number} most */
function whole(name, value, most) {
  if (!Number.isInteger(value) || value < 1 || value > most)
    throw new CoreError(`${name} must be 1..${most}, got ${value}`, -1);
  return value;
}
