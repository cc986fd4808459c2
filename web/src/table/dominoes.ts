// Dominoes as people write them. Sentences of errors are those of forge.game.tables.

import { dominoOf, dominoText, N_DOMINOES, N_SLOTS } from "../../core/rules.js";
import { TableError, type Domino } from "./types.ts";

/** `6-4`. */
export const dominoName = (domino: Domino): string => dominoText(domino);

/** `6-4, 5-5`; what is no domino is told as it is. */
export function namesOf(dominoes: readonly number[]): string {
  const name = (d: number) => (Number.isInteger(d) && d >= 0 && d < N_DOMINOES ? dominoName(d) : brief(d));
  return dominoes.map(name).join(", ");
}

/** High and low pip. */
export function pipsOf(domino: Domino): readonly [number, number] {
  const [high, low] = dominoText(domino).split("-");
  return [Number(high), Number(low)];
}

/** A value in an error, on one line and no more of it than helps. */
export function brief(value: unknown): string {
  const text = String(value).replace(/\s+/g, " ");
  return text.length <= 60 ? text : `${text.slice(0, 40)} ... ${text.slice(-10)}`;
}

/** A text in an error, in quotes as Python writes them. */
export function quoted(text: string): string {
  const mark = text.includes("'") && !text.includes('"') ? '"' : "'";
  const inside = text.replace(/[\\'"\p{C}\p{Z}]/gu, (char) => {
    if (char === " ") return char;
    if (char === mark || char === "\\") return `\\${char}`;
    return NAMED[char] ?? (char === "'" || char === '"' ? char : numbered(char.codePointAt(0)!));
  });
  return mark + inside + mark;
}

const NAMED: Readonly<Record<string, string>> = { "\n": "\\n", "\r": "\\r", "\t": "\\t" };

function numbered(code: number): string {
  if (code < 0x100) return `\\x${code.toString(16).padStart(2, "0")}`;
  return code < 0x10000 ? `\\u${code.toString(16).padStart(4, "0")}` : `\\U${code.toString(16).padStart(8, "0")}`;
}

/** The number 0..27 of a domino written `high-low`, or `low-high`. */
export function parseDomino(text: string): Domino {
  const match = /^\s*([0-6])\s*-\s*([0-6])\s*$/.exec(text);
  if (match === null)
    throw new TableError(`not a domino: ${quoted(text.trim())}; write two pips 0..6 such as 6-4`);
  return dominoOf(Number(match[1]), Number(match[2]));
}

/** Dominoes parted by commas or blanks, in the order given; none twice. */
export function parseDominoes(text: string): Domino[] {
  const dominoes = text.split(/[,\s]+/).filter((part) => part !== "").map(parseDomino);
  dominoes.forEach((domino, i) => {
    if (dominoes.indexOf(domino) < i) throw new TableError(`domino ${dominoName(domino)} is there twice`);
  });
  return dominoes;
}

/** Seven different dominoes, ascending. */
export function parseHand(text: string): Domino[] {
  const hand = parseDominoes(text);
  if (hand.length !== N_SLOTS)
    throw new TableError(`a hand has 7 dominoes, got ${hand.length}: ${quoted(text.trim())}`);
  return ascending(hand);
}

export const ALL_DOMINOES: readonly Domino[] = Array.from({ length: N_DOMINOES }, (_, d) => d);

export const ascending = (dominoes: readonly Domino[]): Domino[] => [...dominoes].sort((a, b) => a - b);

/** Bit d for domino d. */
export const maskOf = (dominoes: Iterable<Domino>): number => {
  let mask = 0;
  for (const domino of dominoes) mask |= 1 << domino;
  return mask;
};

/** The dominoes of a mask, ascending. */
export function dominoesOf(mask: number): Domino[] {
  const found: Domino[] = [];
  for (let d = 0; d < N_DOMINOES; ++d) if ((mask >> d) & 1) found.push(d);
  return found;
}

/** Whether it is a domino 0..27. */
export const isDomino = (value: unknown): value is Domino =>
  Number.isInteger(value) && (value as number) >= 0 && (value as number) < N_DOMINOES;

/** `1 play`, `2 plays`. */
export const counted = (n: number, noun: string): string =>
  `${n.toLocaleString("en-US")} ${n === 1 ? noun : `${noun}s`}`;

/** `a`, `a and b`, `a, b and c`, of one or more. */
export function listed(names: readonly string[], last = "and"): string {
  const [end, ...first] = [...names].reverse();
  return first.length === 0 ? end : `${first.reverse().join(", ")} ${last} ${end}`;
}
