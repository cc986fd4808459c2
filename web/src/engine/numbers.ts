// Figures and how they are written, as Python has them.

/** The quantile of 95 %, and that of 99.9 %, two-sided. */
export const NORMAL_95 = 1.959963984540054;
export const NORMAL_999 = 3.2905267314919255;

/** Wilson's interval of a rate: `hits` of `n`, which is at least 1. */
export function wilson(hits: number, n: number): readonly [number, number] {
  const z = NORMAL_95;
  const p = hits / n;
  const scale = 1 + z ** 2 / n;
  const middle = (p + z ** 2 / (2 * n)) / scale;
  const half = (z * Math.sqrt((p * (1 - p)) / n + z ** 2 / (4 * n ** 2))) / scale;
  return [hits === 0 ? 0 : middle - half, hits === n ? 1 : middle + half];
}

/** The interval of the difference of two rates over the same n trials (Agresti and Min 2005). */
export function pairedInterval(
  onlyFirst: number, onlySecond: number, n: number, quantile: number,
): readonly [number, number] {
  const [a, b, total] = [onlyFirst + 0.5, onlySecond + 0.5, n + 2];
  const middle = (a - b) / total;
  const half = (quantile * Math.sqrt(a + b - (a - b) ** 2 / total)) / total;
  return [Math.max(middle - half, -1), Math.min(middle + half, 1)];
}

/** log(p / (1 - p)). */
export function logit(p: number): number {
  if (p < 0.3 || p > 0.65) return Math.log(p / (1 - p));
  // Near a half the logarithm of the ratio would lose digits.
  const twice = 2 * (p - 0.5);
  return Math.log1p(twice) - Math.log1p(-twice);
}

/** The p whose logit is x. */
export const expit = (x: number): number => (x > -700 ? 1 / (1 + Math.exp(-x)) : 0);

/** A number with so many digits behind the point; of two as near the even one, as Python has it. */
export function fixed(x: number, digits: number): string {
  const found = x.toFixed(digits);
  const [whole, rest] = Math.abs(x).toFixed(60).split(".");
  if (!/^50*$/.test(rest.slice(digits))) return found;
  const down = digits === 0 ? whole : `${whole}.${rest.slice(0, digits)}`;
  const sign = x < 0 || Object.is(x, -0) ? "-" : "";
  return Number(down.at(-1)) % 2 === 0 ? sign + down : found;
}

/** The same with its sign. */
export const signed = (x: number, digits: number): string => (x < 0 ? "" : "+") + fixed(x, digits);

/** A chance as times in 100. */
export const percent = (chance: number): string => fixed(100 * chance, 0);
