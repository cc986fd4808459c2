// What the packed state of a hand means, as csrc/game/state.h has it. Rules themselves are the core's.

export const N_SEATS = 4;
export const N_SLOTS = 7;
export const N_DOMINOES = 28;
export const N_PLAYS = 28;
export const N_HIDDEN = 3;
export const N_DECLARATIONS = 10;
/** Seven pips, and what is called. */
export const N_SUITS = 8;
/** Of the Stage 1 input of a network. */
export const N_TOKENS = 32;
export const N_FEATURES = 12;
/** In a packed state: a play not yet made. */
export const NO_SLOT = 7;
/** The value of a slot that may not be played. */
export const ILLEGAL = -128;
/** All dominoes in hand, seat 0 leads. */
export const INITIAL_STATE = (0x1ffn << 32n) | 0x0fffffffn;

/** @param {bigint} state @param {number} seat the slots still in a hand, bit s for slot s */
export const handOf = (state, seat) => Number((state >> BigInt(7 * seat)) & 127n);
/** @param {bigint} state who leads the trick */
export const leaderOf = (state) => Number((state >> 28n) & 3n);
/** @param {bigint} state plays made in the trick, 0..3 */
export const playsInTrick = (state) => Number((state >> 30n) & 3n);
/** @param {bigint} state */
export const seatToAct = (state) => (leaderOf(state) + playsInTrick(state)) & 3;
/** @param {bigint} state */
export const isOver = (state) => (state & 0x0fffffffn) === 0n && playsInTrick(state) === 0;

/**
 * The packed state of its fields; none is checked.
 * @param {readonly number[]} hands four masks of the slots still held
 * @param {number} leader of the current trick
 * @param {readonly number[]} slots at most three, played to it
 */
export function packState(hands, leader, slots) {
  let state = (BigInt(leader) << 28n) | (BigInt(slots.length) << 30n);
  hands.forEach((mask, seat) => (state |= BigInt(mask) << BigInt(7 * seat)));
  for (let k = 0; k < 3; ++k) state |= BigInt(slots[k] ?? NO_SLOT) << BigInt(32 + 3 * k);
  return state;
}

/** A domino 0..27 as it is written, high pip first: "6-4". @param {number} id */
export function dominoText(id) {
  const high = Math.floor((Math.sqrt(8 * id + 1) - 1) / 2);
  return `${high}-${id - (high * (high + 1)) / 2}`;
}

/** The domino 0..27 of two pips. @param {number} a @param {number} b */
export const dominoOf = (a, b) => {
  const high = Math.max(a, b);
  return (high * (high + 1)) / 2 + Math.min(a, b);
};
