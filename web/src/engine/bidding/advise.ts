// Advice in the auction: deals until the decision is settled, or a limit.

import { isBidCall, legalCalls } from "../../table/auction.ts";
import { checkBid, LOWEST_BID, marksOf, worthOf } from "../../table/bids.ts";
import { isDomino, namesOf } from "../../table/dominoes.ts";
import { TableError, type AuctionView, type Call, type Declaration, type Domino } from "../../table/types.ts";
import type { BidAdvice, BidChance } from "../types.ts";
import { CLOSELY, otherContract, worthOfCalls, type Closeness, type WorthOfCall } from "./calls.ts";
import { decidingBids, evaluateHand, type Bidder, type Plan } from "./evaluate.ts";
import type { Choice, MakeTable } from "./make_table.ts";
import { headlineOf, whyOf } from "./sentences.ts";

/** As forge.advice.bids, and on to the limit while the decision is open. */
const N_DEALS = 400;
const UNTIL = 0.03;
const MAX_DEALS = 3200;

/** What to say, and what every trump is worth at every bid. */
export async function adviseBid(bidder: Bidder, view: AuctionView): Promise<BidAdvice> {
  checkAuctionView(view);
  const other = await otherContract(bidder, view, CLOSELY, [0, 0.25]);
  const judged = (table: MakeTable) => judge(worthOfCalls(view, table, other));
  const bid = view.legal.find(isBidCall) ?? LOWEST_BID;
  const plan: Plan = {
    nDeals: N_DEALS, until: UNTIL, bid, bids: null, dropWorse: true, maxDeals: MAX_DEALS,
    isSettled: (table) => !judged(table).isClose,
  };
  const found = await evaluateHand(bidder, view.hand, plan, [0.25, 1]);
  const { best, rival, isClose } = judged(found.table);
  return {
    call: best.call,
    decl: best.decl,
    headline: headlineOf(best, rival, isClose),
    why: whyOf(view, found.table, best, rival, other, isClose),
    isClose,
    nDeals: found.nDeals,
    chances: found.table.choices().map(chanceOf),
  };
}

/** What to say, with less care: so many deals, and no interval is asked for. */
export async function chooseCall(
  bidder: Bidder, view: AuctionView, nDeals: number, how: Closeness,
): Promise<Call> {
  checkAuctionView(view);
  if (view.legal.length === 1) return view.legal[0];
  const other = await otherContract(bidder, view, how, [0, 0.4]);
  const bids = decidingBids(view.legal);
  const plan: Plan = { nDeals, until: null, bid: bids[0], bids, dropWorse: false, maxDeals: nDeals };
  const { table } = await evaluateHand(bidder, view.hand, plan, [0.4, 1]);
  return worthOfCalls(view, table, other)[0].call;
}

/** Trumps for a bid that is made already, best first; of equals in order of the declarations. */
export async function adviseTrump(
  bidder: Bidder, hand: readonly Domino[], bid: number, plan: Partial<Plan> = {},
): Promise<BidChance[]> {
  checkHand(hand);
  checkBid(bid);
  const how: Plan = {
    nDeals: 200, until: UNTIL, bid, bids: [bid], dropWorse: true, maxDeals: MAX_DEALS, ...plan,
  };
  const { table } = await evaluateHand(bidder, hand, how);
  return table.choices().sort((a, b) => b.p - a.p).map(chanceOf);
}

/** The best trump of few deals, as forge.bidding.trump.BestChance: of equals the first. */
export async function chooseTrump(
  bidder: Bidder, hand: readonly Domino[], bid: number, nDeals: number,
): Promise<Declaration> {
  const plan = { nDeals, until: null, dropWorse: false, maxDeals: nDeals };
  return (await adviseTrump(bidder, hand, bid, plan))[0].decl;
}

const chanceOf = ({ bid, decl, p, low, high }: Choice): BidChance => ({
  bid, decl, chance: p, low, high, marks: worthOf(bid, p),
});

interface Judged {
  best: WorthOfCall;
  rival: WorthOfCall | null;
  isClose: boolean;
}

/** The most marks, and what might be as good: a pass against a bid, one mark against two. Bids worth
 * as many marks are no rivals: the lowest is made whenever another one is. */
function judge([best, ...rest]: readonly WorthOfCall[]): Judged {
  const kind = ({ call }: WorthOfCall) => (call === "pass" ? 0 : marksOf(call));
  const rivals = rest.filter((each) => kind(each) !== kind(best));
  const isOpen = (each: WorthOfCall) => best.low < best.high || each.low < each.high;
  const close = rivals.find((each) => each.high >= best.low && isOpen(each));
  return { best, rival: close ?? rivals[0] ?? null, isClose: close !== undefined };
}

/** A TableError for what no seat sees in an auction. */
export function checkAuctionView(view: AuctionView): void {
  checkHand(view.hand);
  const legal = legalCalls(view.calls, view.allPass);
  if (legal.length === 0) throw new TableError("the auction is over: all four have spoken");
  if (legal.length !== view.legal.length || legal.some((call) => !view.legal.includes(call)))
    throw new TableError("it is not your turn to bid");
}

function checkHand(hand: readonly Domino[]): void {
  if (hand.length !== 7 || new Set(hand).size !== 7 || !hand.every(isDomino))
    throw new TableError(`a hand is seven different dominoes, got ${namesOf(hand)}`);
}
