// What came of a hand and which play turned it, in words.

import { N_PLAYS } from "../../../core/rules.js";
import { contractText } from "../../table/bids.ts";
import { dominoName } from "../../table/dominoes.ts";
import { SEATS } from "../../table/open_hand.ts";
import type { TableHand } from "../../table/types.ts";
import { percent } from "../numbers.ts";
import type { GradedPlay, Review } from "../types.ts";

const OWNERS = SEATS.map((seat) => `${seat}'s`);

/** As forge.advice.reviewing.Review.sentence.
 * @param owners of plays, by places from the declarer: `left's`, `your` */
export function reviewSentence(
  review: Omit<Review, "sentence">, { bid, decl, plays }: TableHand, owners: readonly string[] = OWNERS,
): string {
  const { standing, points, turning, costliest } = review;
  const said = contractText(bid, decl);
  const soFar = plays.length === N_PLAYS ? "" : ` after ${plays.length} of ${N_PLAYS} plays`;
  const outcome = `${standing === "open" ? "still open" : standing}, ${points[0]} to ${points[1]}${soFar}`;
  const head = `${said[0].toUpperCase()}${said.slice(1)}: ${outcome}.`;
  const numbered = (number: number) => review.plays.find((play) => play.number === number)!;
  if (turning !== null && standing !== "open")
    return `${head} Play ${turning} turned it: ${slipOf(numbered(turning), owners)}.`;
  if (costliest === null)
    return `${head} No play${standing === "open" ? "" : " of the side that lost it"} cost anything worth a word.`;
  const slip = numbered(costliest);
  const same = slip.openLost ? "" : "; with open hands the bid came out the same way";
  return `${head} The costliest play was number ${costliest}: ${slipOf(slip, owners)}${same}.`;
}

const slipOf = ({ seat, domino, best, cost }: GradedPlay, owners: readonly string[]): string =>
  `${owners[seat]} ${dominoName(domino)} instead of ${dominoName(best)} ` +
  `cost ${percent(cost)} in 100 as the seat saw it`;
