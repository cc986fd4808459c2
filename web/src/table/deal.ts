// Deals from seeds, the same as `forge.Deal.from_seed`: Python's own generator (MT19937) shuffles
// the 28 dominoes, which are cut in four hands.

import { brief, ALL_DOMINOES, ascending } from "./dominoes.ts";
import { TableError, type Domino } from "./types.ts";

const N = 624;
const M = 397;

/** MT19937 (Matsumoto and Nishimura 1998), seeded as Python's `random.Random(seed)`. */
class Random {
  readonly #words = new Uint32Array(N);
  #next = N;

  constructor(seed: bigint) {
    const key: number[] = [];
    for (let left = seed; left > 0n || key.length === 0; left >>= 32n) key.push(Number(left & 0xffffffffn));
    const mt = this.#words;
    mt[0] = 19650218;
    for (let i = 1; i < N; ++i) mt[i] = Math.imul(1812433253, mt[i - 1] ^ (mt[i - 1] >>> 30)) + i;
    let i = 1;
    const step = (factor: number, add: number) => {
      mt[i] = (mt[i] ^ Math.imul(mt[i - 1] ^ (mt[i - 1] >>> 30), factor)) + add;
      if (++i === N) {
        mt[0] = mt[N - 1];
        i = 1;
      }
    };
    for (let k = 0, j = 0; k < Math.max(N, key.length); ++k, j = (j + 1) % key.length) step(1664525, key[j] + j);
    for (let k = 1; k < N; ++k) step(1566083941, -i);
    mt[0] = 0x80000000;
  }

  /** A whole number below n, 1 <= n < 2^32, each as likely. */
  below(n: number): number {
    const bits = 32 - Math.clz32(n);
    for (;;) {
      const found = this.#word() >>> (32 - bits);
      if (found < n) return found;
    }
  }

  #word(): number {
    if (this.#next === N) this.#twist();
    let y = this.#words[this.#next++];
    y ^= y >>> 11;
    y ^= (y << 7) & 0x9d2c5680;
    y ^= (y << 15) & 0xefc60000;
    return (y ^ (y >>> 18)) >>> 0;
  }

  #twist(): void {
    const mt = this.#words;
    for (let i = 0; i < N; ++i) {
      const y = (mt[i] & 0x80000000) | (mt[(i + 1) % N] & 0x7fffffff);
      mt[i] = mt[(i + M) % N] ^ (y >>> 1) ^ (y & 1 ? 0x9908b0df : 0);
    }
    this.#next = 0;
  }
}

/**
 * Four hands of seven, ascending.
 *
 * @param seed a whole number, 0 or more
 */
export function dealFromSeed(seed: number | bigint): Domino[][] {
  if (typeof seed === "number" && !Number.isSafeInteger(seed))
    throw new TableError(`seed must be a whole number, got ${brief(seed)}`);
  if (seed < 0) throw new TableError(`seed must be 0 or more, got ${brief(seed)}`);
  const random = new Random(BigInt(seed));
  const dominoes = [...ALL_DOMINOES];
  for (let i = dominoes.length - 1; i > 0; --i) {
    const j = random.below(i + 1);
    [dominoes[i], dominoes[j]] = [dominoes[j], dominoes[i]];
  }
  return [0, 7, 14, 21].map((from) => ascending(dominoes.slice(from, from + 7)));
}
