// What to say in an auction, in words; where nobody has bid, those of forge.bidding.sentences.

import { BIDS, bidText, contractText } from "../../table/bids.ts";
import { isBidCall } from "../../table/auction.ts";
import { declarationName } from "../../table/declarations.ts";
import { PLAYERS } from "../../table/seat_view.ts";
import type { AuctionView } from "../../table/types.ts";
import { fixed, percent, signed } from "../numbers.ts";
import type { OtherContract, WorthOfCall } from "./calls.ts";
import type { MakeTable } from "./make_table.ts";

/** A chance as times in 100, whole; never 0 or 100 but for what is. */
export function hundred(chance: number): string {
  if (chance > 0 && chance < 0.01) return "under 1";
  return chance > 0.99 && chance < 1 ? "over 99" : percent(chance);
}

/** How often, in words. */
export function times(chance: number): string {
  if (chance === 0) return "never";
  if (chance === 1) return "every time";
  const told = hundred(chance);
  return `${/^\d+$/.test(told) ? "about " : ""}${told} times in 100`;
}

const said = (worth: WorthOfCall): string =>
  isBidCall(worth.call) ? `bid ${bidText(worth.call)}, ${declarationName(worth.decl!)}` : "pass";

/** `Bid 31, fours`, `Pass`, `Too close to call: pass, or bid 30, fours`. */
export function headlineOf(best: WorthOfCall, rival: WorthOfCall | null, isClose: boolean): string {
  if (isClose) return `Too close to call: ${said(best)}, or ${said(rival!)}`;
  const told = said(best);
  return told[0].toUpperCase() + told.slice(1);
}

/** Why, in two or three sentences. */
export function whyOf(
  view: AuctionView, table: MakeTable, best: WorthOfCall, rival: WorthOfCall | null, other: OtherContract | null,
  isClose: boolean,
): string {
  const parts = [];
  if (isBidCall(best.call)) parts.push(worthOfBid(best));
  else if (rival !== null && isBidCall(rival.call))
    parts.push(
      `The best there is, ${contractText(rival.call, rival.decl!)}, is made ${times(rival.chance!.p)} and ` +
        `${rival.marks < 0 ? "loses" : "wins"} ${fixed(Math.abs(rival.marks), 2)} marks a hand on average.`,
    );
  else parts.push("Nothing higher may be bid.");
  if (other !== null) parts.push(afterPass(other));
  if (isClose) parts.push(`The chances overlap even after ${Math.max(...table.n).toLocaleString("en-US")} deals.`);
  else if (isBidCall(best.call)) parts.push(howHigh(view, table, best.call));
  return parts.filter((part) => part !== "").join(" ");
}

function worthOfBid({ chance, marks }: WorthOfCall): string {
  const { p, low, high } = chance!;
  return (
    `Made ${times(p)} (95 % interval ${hundred(low)} to ${hundred(high)}), ` +
    `worth ${signed(marks, 2)} marks a hand on average.`
  );
}

function afterPass({ place, bid, p }: OtherContract): string {
  const who = PLAYERS[place];
  return `If you pass, ${who} plays ${bidText(bid)} and makes it ${times(p)}.`;
}

/** How far it pays to go when others bid on; nothing where nobody may. */
function howHigh(view: AuctionView, table: MakeTable, bid: number): string {
  if (view.calls.length === 3) return "";
  const top = table.bids.filter((each) => table.bestDecl(each).p > 0.5).at(-1);
  if (top === undefined || top <= bid) return bid < BIDS.at(-1)! ? "If another bid is higher, let it go." : "";
  const choice = table.bestDecl(top);
  return `If pushed, go as high as ${contractText(choice.bid, choice.decl)}: ${hundred(choice.p)} in 100.`;
}
