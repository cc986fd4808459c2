// Advice, as the engine gives it: chances with what is not known of them, a sentence, one deal.

import type { BidAdvice, BidChance, Contrast, OpenValue, PlayAdvice } from "../../engine/types.ts";
import { dominoName } from "../../table/dominoes.ts";
import { ask } from "../advising.ts";
import { callName, counted, forPlayers, percent, trumpName } from "../words.ts";
import { HalfTile } from "./domino.tsx";
import { Named } from "./seats.tsx";

/** Standard errors on either side of a chance that are drawn. */
const SPREAD = 2;
/** Times as many deals where more are asked for. */
const MORE = 4;

export function PlayAdviceCard({ advice, open }: { advice: PlayAdvice; open: readonly OpenValue[] }) {
  return (
    <div class="advice">
      <p class="advice-sentence">{forPlayers(advice.what)}</p>
      <ol class="chances" aria-label={`Chances to ${advice.wanted} the bid`}>
        {advice.plays.map(({ domino, chance, error }) => (
          <li key={domino}>
            <span class="chance-tile"><Named domino={domino} turn={3} /></span>
            <Chance chance={chance} low={chance - SPREAD * error} high={chance + SPREAD * error} />
            <OpenOf domino={domino} open={open} wanted={advice.wanted} />
          </li>
        ))}
      </ol>
      <p class="small muted">
        Chance to {advice.wanted} the bid{advice.pointsLeft > 0 ? `, ${counted(advice.pointsLeft, "point")} still needed` : ""};
        {" "}{sourceOf(advice)} What was said in the bidding is not looked at, and unlike chances in the bidding these are not
        fitted to how hands came out.
      </p>
      {advice.contrast === null ? null : <Example contrast={advice.contrast} isClose={advice.isClose} />}
    </div>
  );
}

/** What the chances come from. */
function sourceOf({ plays, nWorlds, nPossible }: PlayAdvice): string {
  if (nWorlds < nPossible)
    return `from ${nWorlds.toLocaleString("en")} of the ways the other hands can lie; whiskers: what chance may still move.`;
  const all = `over all ${nPossible.toLocaleString("en")} ways the other hands can lie`;
  if (plays.every(({ error }) => error === 0)) return `exact, ${all}.`;
  return `${all}, each weighed by how it was played; whiskers: how far a few likely ones may mislead.`;
}

/** With the hands as they lie, what comes of a play. */
function OpenOf({ domino, open, wanted }: { domino: number; open: readonly OpenValue[]; wanted: "make" | "set" }) {
  const found = open.find((each) => each.domino === domino);
  if (found === undefined) return null;
  const what = found.works ? (wanted === "make" ? "makes" : "sets") : "fails";
  return (
    <span class={`open-value${found.works ? " works" : ""}`}>
      As the hands lie: {what}, {counted(found.points, "point")} for us
    </span>
  );
}

/** A bar with whiskers, and the number. */
function Chance({ chance, low, high }: { chance: number; low: number; high: number }) {
  const within = (value: number) => 100 * Math.min(1, Math.max(0, value));
  const [from, to] = [within(low), within(high)];
  // What is narrower is no whisker but a blot.
  const spread = to - from >= 2.5 ? `, between ${Math.round(from)} and ${Math.round(to)}` : "";
  return (
    <>
      <span class="chance-bar" aria-hidden="true">
        <span class="fill" style={{ width: `${within(chance)}%` }} />
        {spread === "" ? null : <span class="whisker" style={{ left: `${from}%`, width: `${to - from}%` }} />}
      </span>
      <span class="chance-number number">
        {percent(chance)}
        <span class="unseen">{spread}</span>
      </span>
    </>
  );
}

function Example({ contrast, isClose }: { contrast: Contrast; isClose: boolean }) {
  const [one, other] = contrast.plays.map(dominoName);
  const names = ["Left", "Partner", "Right"];
  return (
    <section class="example">
      <h3>{forPlayers(isClose ? `Where ${one} and ${other} differ` : `Why ${one} and not ${other}`)}</h3>
      <p class="small">
        With open hands {forPlayers(`${one} works where ${other}`)} fails in {contrast.nFirst} of {contrast.nDeals} deals;
        the other way round in {contrast.nSecond}. One where it matters:
      </p>
      <dl class="example-deal">
        {contrast.example.map((hand, i) => (
          <div key={i}>
            <dt>{names[i]}</dt>
            <dd>{hand.length === 0 ? "nothing left" : hand.map((domino) => <Named key={domino} domino={domino} />)}</dd>
          </div>
        ))}
      </dl>
    </section>
  );
}

/** The best trump of each bid, best bids first. */
export function BidAdviceCard({ advice }: { advice: BidAdvice }) {
  const bids = [...new Set(advice.chances.map((each) => each.bid))].sort((a, b) => a - b);
  const best = bids.map((bid) => bestOf(advice.chances.filter((each) => each.bid === bid)));
  return (
    <div class="advice">
      <p class="advice-sentence">{forPlayers(advice.headline)}</p>
      <p class="small">{forPlayers(advice.why)}</p>
      {advice.wantsDeals ? (
        <button type="button" class="button" onClick={() => void ask(MORE * advice.nDeals)}>
          Look at more deals
        </button>
      ) : null}
      <ol class="chances bids" aria-label="Chance to make each bid with its best trump">
        {best.map((each) => <BidRow key={each.bid} chance={each} isCall={each.bid === advice.call} />)}
      </ol>
      <p class="small muted">
        Chance at a table to make each bid with its best trump, from {advice.nDeals.toLocaleString("en")} deals of the other hands;
        whiskers: what more deals may still move.
      </p>
    </div>
  );
}

function BidRow({ chance, isCall }: { chance: BidChance; isCall: boolean }) {
  return (
    <li class={isCall ? "chosen" : ""}>
      <span class="bid-name">
        <b>{callName(chance.bid)}</b> <span class="small">{trumpName(chance.decl)}</span>
      </span>
      <Chance chance={chance.chance} low={chance.low} high={chance.high} />
    </li>
  );
}

/** Trumps of a bid that stands, best first. */
export function TrumpAdviceCard({ chances }: { chances: readonly BidChance[] }) {
  return (
    <div class="advice">
      <p class="advice-sentence">Best: {trumpName(chances[0].decl)}, made {percent(chances[0].chance)} of the time.</p>
      <ol class="chances" aria-label="Chance to make the bid with each trump">
        {chances.map((each) => (
          <li key={each.decl}>
            <span class="bid-name">
              <span class="tiny-half"><HalfTile decl={each.decl} /></span> {trumpName(each.decl)}
            </span>
            <Chance chance={each.chance} low={each.low} high={each.high} />
          </li>
        ))}
      </ol>
      <p class="small muted">Doubles as a suit of their own is not rated.</p>
    </div>
  );
}

function bestOf(chances: readonly BidChance[]): BidChance {
  return chances.reduce((best, each) => (each.chance > best.chance ? each : best));
}
