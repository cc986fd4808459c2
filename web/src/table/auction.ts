// An auction: who may say what, as forge.bidding.auction. Every seat speaks once, in turn from the
// dealer's left; each bid is higher than the last.

import { BIDS, checkBid, LOWEST_BID } from "./bids.ts";
import { TableError, type Call, type HouseRules } from "./types.ts";

const N_SEATS = 4;
const DEALER = N_SEATS - 1;

export const isBidCall = (call: Call): call is number => call !== "pass";

/** Calls so far, checked: a sentence for what cannot be. */
export function checkCalls(calls: readonly Call[], allPass: HouseRules["allPass"]): void {
  if (calls.length > N_SEATS) throw new TableError(`an auction has ${N_SEATS} calls, got ${calls.length}`);
  let highest = 0;
  for (const call of calls) {
    if (!isBidCall(call)) continue;
    checkBid(call);
    if (call <= highest) throw new TableError(`a bid of ${call} is not higher than the ${highest} before it`);
    highest = call;
  }
  if (calls.length === N_SEATS && highest === 0 && allPass === "forced-bid")
    throw new TableError("the dealer must bid where all others passed");
}

/** The bid to beat; null without one. */
export function highestBid(calls: readonly Call[]): number | null {
  const bids = calls.filter(isBidCall);
  return bids.length === 0 ? null : Math.max(...bids);
}

/** Number in the order of bidding of who holds the highest bid; null without one. */
export function bidderOf(calls: readonly Call[]): number | null {
  const highest = highestBid(calls);
  return highest === null ? null : calls.indexOf(highest);
}

/** What may be said next, ascending, a pass last; nothing once all four have spoken. */
export function legalCalls(calls: readonly Call[], allPass: HouseRules["allPass"]): Call[] {
  if (calls.length >= N_SEATS) return [];
  const highest = highestBid(calls);
  const bids = BIDS.filter((bid) => highest === null || bid > highest);
  const mustBid = highest === null && calls.length === DEALER && allPass === "forced-bid";
  return mustBid ? bids : [...bids, "pass"];
}

/** Why a call may not be made, in a sentence; null where it may. */
export function whyNoCall(calls: readonly Call[], call: Call, allPass: HouseRules["allPass"]): string | null {
  if (calls.length >= N_SEATS) return "the auction is over: all four have spoken";
  if (legalCalls(calls, allPass).includes(call)) return null;
  const highest = highestBid(calls);
  if (call === "pass") return `you deal and all others passed: you must bid ${LOWEST_BID} or more`;
  if (!BIDS.includes(call)) return `a bid is 30 to 42, or 84 for two marks: ${String(call)} is none`;
  return `a bid must be higher than the ${highest} before it`;
}

/** Who plays for what if everybody passes from here on, by number in the order of bidding; null:
 * nobody plays. */
export function afterPass(
  calls: readonly Call[],
  allPass: HouseRules["allPass"],
): { seat: number; bid: number } | null {
  const bid = highestBid(calls);
  if (bid !== null) return { seat: calls.indexOf(bid), bid };
  return allPass === "forced-bid" && calls.length < DEALER ? { seat: DEALER, bid: LOWEST_BID } : null;
}
