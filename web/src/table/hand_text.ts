// A whole hand as text and as a link, as forge.advice.hand_text writes and reads them.
//
// Text: `6-6,5-4,... / ... / ... / ... ; 31 fours ; 6-4,4-4,...`, the declarer's hand first. A link
// ends with the same behind `#hand=`, in characters that need no escape.

import { checkBid, LOWEST_BID, VALID_BIDS } from "./bids.ts";
import { declarationName, parseDeclaration } from "./declarations.ts";
import { ALL_DOMINOES, brief, dominoName, isDomino, parseDominoes, parseHand, pipsOf, quoted } from "./dominoes.ts";
import { positionOf } from "./open_hand.ts";
import type { Rules } from "./rules.ts";
import { TableError, type Domino, type TableHand } from "./types.ts";

/** What a link has before the hand; a page may stand in front of it. */
const LINK_MARK = "#hand=";
const ANY_MARK = new RegExp(LINK_MARK, "i");
/** A hand takes 200 characters; what is much longer is no hand. */
export const MAX_CHARACTERS = 2000;
/** All that a browser or Python takes for a blank. */
const BLANK = /[\s\x1c-\x1f\x85]/g;
const WRITE =
  "write four hands ; bid and trump ; plays, as in '... / ... / ... / ... ; 31 fours ; 6-4,4-4'";

/**
 * A hand from a text or a link.
 *
 * @throws TableError for anything else, saying what is wrong
 */
export function parseTableHand(rules: Rules, text: string): TableHand {
  if (text.length > MAX_CHARACTERS) {
    const n = text.replace(/[\uD800-\uDBFF][\uDC00-\uDFFF]/g, "x").length;
    if (n > MAX_CHARACTERS) throw new TableError(`${n.toLocaleString("en-US")} characters are no hand: ${WRITE}`);
  }
  const plain = unescaped(text).replace(BLANK, " ");
  const mark = plain.search(ANY_MARK);
  const written = mark < 0 ? plain : unlinked(plain.slice(mark + LINK_MARK.length));
  const parts = written.split(";").map((part) => part.trim());
  if (parts.length !== 2 && parts.length !== 3)
    throw new TableError(`a hand has two or three parts, got ${parts.length}: ${WRITE}`);
  const hands = parseDeal(parts[0]);
  const { bid, decl } = parseContract(parts[1]);
  const hand = { hands, decl, bid, plays: parts.length === 3 ? parseDominoes(parts[2]) : [] };
  positionOf(rules, hand);
  return hand;
}

/** What `parseTableHand` reads back. */
export function handText(hand: TableHand): string {
  const deal = hand.hands.map((each) => [...each].reverse().map(dominoName).join(",")).join(" / ");
  const played = hand.plays.map(dominoName).join(",");
  return `${deal} ; ${hand.bid} ${declarationName(hand.decl)} ; ${played}`.trimEnd();
}

/** `#hand=...`, to be put behind the address of a page. */
export function handLink(hand: TableHand): string {
  const hands = hand.hands.map((each) => pairs([...each].reverse())).join(".");
  return `${LINK_MARK}${hands}~${hand.bid}~${declarationName(hand.decl)}~${pairs(hand.plays)}`;
}

/** Whether the part of an address from # on tells a hand. */
export const isHandLink = (fragment: string): boolean => fragment.search(ANY_MARK) === 0;

/** Four hands of seven, ascending, all 28 dominoes. */
export function parseDeal(text: string): Domino[][] {
  const parts = text.split("/");
  if (parts.length !== 4) throw new TableError(`a deal is four hands separated by '/', got ${parts.length}`);
  const hands = parts.map(parseHand);
  checkDeal(hands);
  return hands;
}

/** A TableError where four hands of seven are no deal. */
export function checkDeal(hands: readonly (readonly Domino[])[]): void {
  const dealt = hands.flat();
  const bad = dealt.find((domino) => !isDomino(domino));
  if (bad !== undefined) throw new TableError(`domino ids are 0..27, got ${brief(bad)}`);
  const twice = ALL_DOMINOES.find((d) => dealt.indexOf(d) !== dealt.lastIndexOf(d));
  const missing = ALL_DOMINOES.find((d) => !dealt.includes(d));
  if (twice !== undefined && missing !== undefined)
    throw new TableError(`domino ${dominoName(twice)} is dealt twice and ${dominoName(missing)} is missing`);
}

const pairs = (dominoes: readonly Domino[]): string => dominoes.map((domino) => pipsOf(domino).join("")).join("");

/** A text as it was before a program that passed it on escaped what needed no escape. */
export const unescaped = (text: string): string =>
  text.replace(/%([0-7][0-9A-Fa-f])/g, (_, code: string) => String.fromCharCode(parseInt(code, 16)));

/** The text of what follows the mark of a link. */
function unlinked(fragment: string): string {
  const parts = fragment.trim().split("~");
  if (parts.length !== 4) throw new TableError(`the link is cut short: ${parts.length} of 4 parts are there`);
  const [hands, bid, trump, plays] = parts;
  const written = [...hands.split("."), plays].map(unpaired);
  return `${written.slice(0, -1).join(" / ")} ; ${bid} ${trump} ; ${written[written.length - 1]}`;
}

function unpaired(text: string): string {
  if (/^[0-6]*$/.test(text) && text.length % 2 === 1)
    throw new TableError(`the link is cut inside a domino: ...${text.slice(-5)}`);
  if (!/^([0-6][0-6])*$/.test(text))
    throw new TableError(`the link holds ${quoted(text.slice(0, 20))} where pairs of pips 0..6 are expected`);
  return (text.match(/../g) ?? []).map((pair) => `${pair[0]}-${pair[1]}`).join(",");
}

/** `31 fours`, `84 sixes` or `fours`. */
function parseContract(text: string): { bid: number; decl: number } {
  const words = text.split(/\s+/).filter((word) => word !== "");
  if (words.length === 1) return { decl: parseDeclaration(words[0]), bid: LOWEST_BID };
  if (words.length !== 2 || !/^[0-9]{1,4}$/.test(words[0]))
    throw new TableError(`expected a bid (${VALID_BIDS}) and a trump, as in 31 fours, got ${quoted(text)}`);
  const decl = parseDeclaration(words[1]);
  const bid = Number(words[0]);
  checkBid(bid);
  return { decl, bid };
}
