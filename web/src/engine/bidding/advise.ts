// Advice in the auction: deals until the decision is settled, or a limit.

import { legalCalls } from "../../table/auction.ts";
import { checkBid, LOWEST_BID, worthOf } from "../../table/bids.ts";
import { isDomino, namesOf } from "../../table/dominoes.ts";
import { TableError, type AuctionView, type Call, type Declaration, type Domino } from "../../table/types.ts";
import type { BidAdvice, BidChance } from "../types.ts";
import { MORE_CLOSELY, otherContract, turnOf, worthOfCalls, type Closeness } from "./calls.ts";
import { evaluateHand, type Bidder, type Plan } from "./evaluate.ts";
import type { Choice } from "./make_table.ts";
import { headlineOf, whyOf } from "./sentences.ts";
import { wantedOf } from "./settled.ts";

/** As forge.advice.bids and `forge auction`. */
const FIRST_DEALS = 100;
const AUCTION_DEALS = 200;
const SETTLED_BY = 6400;
/** Deals at most where a bid is made already. */
const MOST_FOR_TRUMP = 3200;

/** What to say, and what every trump is worth at every bid: deals until that is settled.
 * @param maxDeals no more of them */
export async function adviseBid(
  bidder: Bidder, view: AuctionView, maxDeals = SETTLED_BY,
): Promise<BidAdvice> {
  checkAuctionView(view);
  const other = await otherContract(bidder, view, MORE_CLOSELY, [0, 0.25]);
  const plan: Plan = {
    nDeals: view.calls.length === 0 ? FIRST_DEALS : AUCTION_DEALS,
    until: null,
    bid: LOWEST_BID,
    bids: null,
    dropWorse: false,
    maxDeals,
    settle: turnOf(view, other),
  };
  const found = await evaluateHand(bidder, view.hand, plan, [0.25, 1]);
  const verdict = found.verdict!;
  return {
    call: verdict.best.call,
    decl: verdict.best.decl,
    headline: headlineOf(verdict),
    why: whyOf(view, found, verdict, other),
    isClose: !verdict.isClear,
    wantsDeals: verdict.needsDeals,
    nDeals: found.nDeals,
    chances: found.table.choices().filter(({ bid }) => view.legal.includes(bid)).map(chanceOf),
  };
}

/** What to say, with less care: so many deals, and no interval is asked for. */
export async function chooseCall(
  bidder: Bidder, view: AuctionView, nDeals: number, how: Closeness,
): Promise<Call> {
  checkAuctionView(view);
  if (view.legal.length === 1) return view.legal[0];
  const other = await otherContract(bidder, view, how, [0, 0.4]);
  const bids = wantedOf(view.legal);
  const plan: Plan = { nDeals, until: null, bid: bids[0], bids, dropWorse: false, maxDeals: nDeals, settle: null };
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
    nDeals: 200, until: 0.03, bid, bids: [bid], dropWorse: true, maxDeals: MOST_FOR_TRUMP, settle: null, ...plan,
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
