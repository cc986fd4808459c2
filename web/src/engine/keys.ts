// Random numbers by name, as forge.play.keys: a key and a number make another key (SplitMix64).

const GAMMA = 0x9e3779b97f4a7c15n;
const FIRST = 0xbf58476d1ce4e5b9n;
const SECOND = 0x94d049bb133111ebn;
const BITS = 64;

const cut = (x: bigint): bigint => BigInt.asUintN(BITS, x);

function mixed(x: bigint): bigint {
  x = cut((x ^ (x >> 30n)) * FIRST);
  x = cut((x ^ (x >> 27n)) * SECOND);
  return x ^ (x >> 31n);
}

/** A new key: int64. */
export function combine(key: bigint, part: bigint | number): bigint {
  const found = mixed(cut((cut(key) ^ mixed(cut(cut(BigInt(part)) + GAMMA))) + GAMMA));
  return BigInt.asIntN(BITS, found);
}

/** What draws are for, so that two of one decision share no numbers: as in Python. */
export const PURPOSES = { deals: 30, advice: 50, review: 51, level: 60 } as const;

/** The key of one decision of a game. @param nPlays number of the decision, 0..27 */
export const decisionKey = (seed: number, nPlays: number, purpose: number): bigint =>
  combine(combine(combine(0n, seed), nPlays), purpose);

/** A key for each number from `start` to `stop - 1` of a series of deals. */
export function dealKeys(seed: number, start: number, stop: number): bigint[] {
  const series = combine(combine(0n, seed), PURPOSES.deals);
  return Array.from({ length: stop - start }, (_, i) => combine(series, start + i));
}

/** In [0, 1). */
export const uniform = (key: bigint, number = 0): number => Number(cut(combine(key, number)) >> 11n) * 2 ** -53;
