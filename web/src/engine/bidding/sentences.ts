// What to say in an auction, in words; where nobody has bid, those of forge.bidding.sentences.

import { BIDS, bidText, contractText } from "../../table/bids.ts";
import { listed } from "../../table/dominoes.ts";
import { isBidCall } from "../../table/auction.ts";
import { declarationName } from "../../table/declarations.ts";
import { PLAYERS } from "../../table/seat_view.ts";
import type { AuctionView } from "../../table/types.ts";
import { fixed, percent, signed } from "../numbers.ts";
import type { OtherContract } from "./calls.ts";
import type { Evaluation } from "./evaluate.ts";
import type { Choice, MakeTable } from "./make_table.ts";
import { INDIFFERENT, type Verdict } from "./settled.ts";

const EVEN = 0.5;
/** Of sayings that a headline names, at most. */
const LISTED = 3;

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

/** What to say in a few words: `Bid 30, fours`, `Pass`, or what the deals cannot tell apart. */
export function headlineOf(verdict: Verdict): string {
  const { best, inPlay, isClear, isSettled } = verdict;
  if (isClear) return isBidCall(best.call) ? `Bid ${bidText(best.call)}, ${declarationName(best.decl!)}` : "Pass";
  if (isBidCall(best.call) && inPlay.every(({ call }) => call === best.call)) {
    const trumps = inPlay.map(({ decl }) => declarationName(decl!));
    const bid = `Bid ${bidText(best.call)}`;
    if (isSettled) return `${bid}: a toss-up between ${someOf(trumps, "and")}`;
    return `${bid}, ${someOf(trumps, "or")}: ${openOf(verdict)}`;
  }
  const names = inPlay.map(({ call, decl }) => (isBidCall(call) ? contractText(call, decl!) : "a pass"));
  if (isSettled) return `A toss-up between ${someOf(names, "and")}`;
  const open = openOf(verdict);
  return `${open[0].toUpperCase()}${open.slice(1)}: ${someOf(names, "or")}`;
}

/** Why it is not settled: more deals of the own hand may not tell what a pass is worth. */
const openOf = ({ needsDeals }: Verdict): string => (needsDeals ? "too few deals to tell" : "too close to tell");

/** `fours and ones`, `fours, ones and blanks`, `fours, ones and 3 others`. */
function someOf(names: readonly string[], last: string): string {
  const rest = names.length - LISTED + 1;
  return listed(rest > 1 ? [...names.slice(0, LISTED - 1), `${rest} others`] : names, last);
}

/** Why, in two or three sentences. */
export function whyOf(view: AuctionView, found: Evaluation, verdict: Verdict, other: OtherContract | null): string {
  const { best, isClear } = verdict;
  const more = remainder(verdict);
  const parts = [];
  if (isBidCall(best.call)) {
    const row = found.table.decls.indexOf(best.decl!);
    const choice = found.table.at(row, found.table.bids.indexOf(best.call));
    const made = isClear ? "Made" : `${contractText(choice.bid, choice.decl)} is made`;
    parts.push(
      `${made} ${times(choice.p)} (95 % interval ${hundred(choice.low)} to ${hundred(choice.high)}), ` +
        `worth ${signed(choice.marks, 2)} marks a hand on average.`,
    );
    parts.push(passed(other), more || howHigh(view, found.table, choice));
  } else {
    const choice = found.left.best(view.legal.filter(isBidCall));
    const gains = choice.marks <= 0 ? `loses ${fixed(-choice.marks, 2)}` : `wins ${fixed(choice.marks, 2)}`;
    const contract = contractText(choice.bid, choice.decl);
    parts.push(`The best there is, ${contract}, is made ${times(choice.p)} and ${gains} marks a hand on average.`);
    parts.push(passed(other), more);
  }
  return parts.filter((part) => part !== "").join(" ");
}

function remainder({ isClear, isSettled, needsDeals }: Verdict): string {
  if (isClear) return "";
  if (isSettled) return `At most ${INDIFFERENT} marks a hand lie between them.`;
  return needsDeals ? "More deals would tell." : "What a pass is worth is not known closely enough to tell.";
}

function passed(other: OtherContract | null): string {
  if (other === null) return "";
  return `If you pass, ${PLAYERS[other.place]} plays ${bidText(other.bid)} and makes it ${times(other.p)}.`;
}

/** How far it pays to go when others bid: surely, and perhaps; nothing where nobody may. */
function howHigh(view: AuctionView, table: MakeTable, best: Choice): string {
  if (view.calls.length === 3) return "";
  const tops = table.bids.filter((bid) => bid >= best.bid).map((bid) => table.bestDecl(bid));
  const last = (isIt: (choice: Choice) => boolean) => tops.filter(isIt).at(-1);
  const likely = last(({ p }) => p > EVEN);
  if (likely === undefined || likely.bid <= best.bid)
    return best.bid < BIDS.at(-1)! ? "If another bid is higher, let it go." : "";
  const top = last(({ low }) => low > EVEN) ?? best;
  const perhaps = last(({ high }) => high > EVEN)?.bid ?? best.bid;
  const sure = `If pushed, go as high as ${contractText(top.bid, top.decl)}: ${hundred(top.p)} in 100`;
  if (perhaps <= top.bid) return `${sure}.`;
  if (top.bid <= best.bid) return `If pushed, up to ${bidText(perhaps)} is too close to call.`;
  return `${sure}; from there to ${bidText(perhaps)} it is too close to call.`;
}
