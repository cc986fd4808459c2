// A hand, play by play: what each cost, which one turned it, and the chance to play it again.

import { signal } from "@preact/signals";
import { N_PLAYS } from "../../../core/rules.js";
import { useEffect } from "preact/hooks";
import type { GradedPlay, Grade } from "../../engine/types.ts";
import { dominoName } from "../../table/dominoes.ts";
import { handLink, handText } from "../../table/hand_text.ts";
import { show } from "../news.ts";
import * as reviewing from "../reviewing.ts";
import { goTo } from "../route.ts";
import { sorted, tricksOf } from "../scene_of.ts";
import type { Seat } from "../../table/types.ts";
import { rules } from "../rules.ts";
import { capital, counted, forPlayers, named, percent, trumpName } from "../words.ts";
import { isTyping } from "../parts/hand.tsx";
import { HalfTile } from "../parts/domino.tsx";
import { Icon } from "../parts/icons.tsx";
import { Named } from "../parts/seats.tsx";

type Reviewed = reviewing.Reviewed;

export function ReviewScreen({ link }: { link: string }) {
  useEffect(() => reviewing.openLink(link), [link]);
  const now = reviewing.reviewed.value;
  return (
    <main class="review">
      <header class="review-head">
        <button type="button" class="button quiet icon" aria-label="Back" onClick={() => history.length > 1 ? history.back() : goTo("")}>
          <Icon name="back" />
        </button>
        <h1>Review</h1>
        <button type="button" class="button quiet icon" aria-label="To the first screen" onClick={() => goTo("")}>
          <Icon name="home" />
        </button>
      </header>
      {now === null ? null : typeof now === "string" ? <NoHand why={now} /> : <Hand now={now} />}
    </main>
  );
}

function NoHand({ why }: { why: string }) {
  return (
    <section class="panel no-hand">
      <h2>This link holds no hand</h2>
      <p class="notice" role="alert">{why}</p>
      <button type="button" class="button" onClick={() => goTo("")}>To the first screen</button>
    </section>
  );
}

function Hand({ now }: { now: Reviewed }) {
  useEffect(() => {
    document.addEventListener("keydown", onKey);
    return () => document.removeEventListener("keydown", onKey);
  }, []);
  return (
    <div class="review-body">
      <Sentence now={now} />
      <Position now={now} />
      <Plays now={now} />
      <Share now={now} />
    </div>
  );
}

function Sentence({ now }: { now: Reviewed }) {
  const { bid, decl } = now.hand;
  const how = reviewing.grading.value;
  const isBegun = now.hand.plays.length > 0;
  return (
    <section class="panel verdict" aria-label="What came of it">
      <div class="contract">
        <span class="trump-mark"><HalfTile decl={decl} /></span>
        <p><strong>{now.names[0]} bid {bid}</strong><br /><span class="small muted">{capital(trumpName(decl))}</span></p>
      </div>
      {!isBegun ? <p>Nothing is played yet: there is nothing to grade.</p> : how.kind === "thinking" ? (
        <div class="grading">
          <p class="small muted">Grading every play as its seat saw it ...</p>
          <div class="bar" role="progressbar" aria-label="Grading" aria-valuenow={Math.round(100 * how.done)}>
            <span style={{ width: `${100 * how.done}%` }} />
          </div>
        </div>
      ) : how.kind === "failed" ? (
        <div class="notice">
          <p>It cannot be graded: {how.why}</p>
          <button type="button" class="button" onClick={() => void reviewing.grade(now.hand)}>Try again</button>
        </div>
      ) : (
        <p class="advice-sentence">{reviewing.sentenceOf(now, how.review)}</p>
      )}
    </section>
  );
}

const SIGNS: Record<Grade, string> = { best: "✓", good: "✓", inexact: "?!", mistake: "?", blunder: "??" };

function gradeOf(number: number): GradedPlay | undefined {
  const how = reviewing.grading.value;
  return how.kind === "done" ? how.review.plays.find((play) => play.number === number) : undefined;
}

/** Tricks in lines; each play is a button. */
function Plays({ now }: { now: Reviewed }) {
  const tricks = tricksOf(now.positions, (seat) => seat as Seat);
  const how = reviewing.grading.value;
  const turning = how.kind === "done" ? how.review.turning : null;
  return (
    <section class="panel plays" aria-label="Plays">
      <ol class="trick-list">
        {tricks.map((trick, i) => (
          <li key={i} class="trick-line">
            <span class="trick-number">{i + 1}</span>
            <ol class="trick-tiles">
              {trick.laid.map(({ place, domino }, k) => {
                const number = 4 * i + k + 1;
                const graded = gradeOf(number);
                const turns = turning === number;
                return (
                  <li key={domino} class={trick.winner === place ? "wins" : ""}>
                    <button
                      type="button"
                      class={`play-button${turns ? " turning" : ""}`}
                      aria-pressed={reviewing.at.value === number - 1}
                      aria-label={`Play ${number}: ${now.names[place]}, ${named(domino, rules().countPoints(domino))}${graded === undefined ? "" : `, ${graded.grade}`}${turns ? ", turned the hand" : ""}`}
                      onClick={() => (reviewing.at.value = number - 1)}
                    >
                      <Named domino={domino} />
                      {graded === undefined ? null : <span class={`grade ${graded.grade}`} aria-hidden="true">{SIGNS[graded.grade]}</span>}
                    </button>
                    <span class="who">{now.names[place]}</span>
                  </li>
                );
              })}
            </ol>
            {trick.winner === null ? null : (
              <span class="trick-took"><b>{now.names[trick.winner]}</b><br />{counted(trick.points, "point")}</span>
            )}
          </li>
        ))}
      </ol>
      <p class="small muted legend">
        <span class="grade best">✓</span> best <span class="grade good">✓</span> good <span class="grade inexact">?!</span> inexact <span class="grade mistake">?</span> mistake
        {" "}<span class="grade blunder">??</span> blunder; no mark: no choice, or the bid was decided.
      </p>
    </section>
  );
}

/** All hands before the play that is looked at, and what is to be said of it. */
function Position({ now }: { now: Reviewed }) {
  const last = now.positions.length - 1;
  const n = Math.min(reviewing.at.value, last);
  const position = now.positions[n];
  const domino = now.hand.plays[n];
  const { decl } = now.hand;
  return (
    <section class="panel position" aria-label="Position">
      <div class="stepper">
        <button type="button" class="button icon" aria-label="Play before" onClick={() => step(-1)}><Icon name="back" /></button>
        <h2 aria-live="polite">
          {n === N_PLAYS ? "The end" : `Play ${n + 1}: ${now.names[position.turn]}`}
          <span class="small muted"> {position.points[0]}–{position.points[1]}</span>
        </h2>
        <button type="button" class="button icon" aria-label="Next play" onClick={() => step(1)}><Icon name="next" /></button>
      </div>
      <ul class="four-hands">
        {position.hands.map((hand, seat) => (
          <li key={seat} class={seat === position.turn && domino !== undefined ? "acts" : ""}>
            <span class="hand-name">{now.names[seat]}</span>
            <span class="hand-tiles">
              {sorted(hand, decl).map((each) => {
                const gone = position.plays.includes(each);
                const state = gone ? " gone" : each === domino ? " chosen" : each === bestOf(n) ? " better" : "";
                return <span key={each} class={`slot${state}`}><Named domino={each} ghost={gone} says={gone ? ", played" : ""} /></span>;
              })}
            </span>
          </li>
        ))}
      </ul>
      {domino === undefined ? null : <Said n={n} />}
      <div class="row">
        {n === N_PLAYS ? null : (
          <button type="button" class="button primary" onClick={() => replay(n)}>
            Play on from here
          </button>
        )}
      </div>
    </section>
  );
}

function bestOf(n: number): number | undefined {
  return gradeOf(n + 1)?.best;
}

function Said({ n }: { n: number }) {
  const how = reviewing.grading.value;
  const graded = gradeOf(n + 1);
  if (how.kind !== "done") return null;
  if (graded === undefined) return <p class="small muted">No choice here, or the bid was decided.</p>;
  const open = graded.openLost
    ? "With open hands it gave the bid away."
    : graded.pointsLost > 0
      ? `With open hands it cost ${counted(graded.pointsLost, "point")}, not the bid.`
      : "With open hands it cost nothing.";
  const isBest = graded.best === graded.domino;
  return (
    <div class="said-of">
      <p>
        <span class={`grade ${graded.grade}`} aria-hidden="true">{SIGNS[graded.grade]}</span> <b>{capital(graded.grade)}</b>
        {how.review.turning === graded.number ? <strong class="turned"> It turned the hand.</strong> : null}
      </p>
      <p>
        After {forPlayers(dominoName(graded.domino))} the chance was {percent(graded.chance)}
        {isBest ? ", as good as any." : forPlayers(`, after ${dominoName(graded.best)} ${percent(graded.bestChance)}.`)} {open}
      </p>
    </div>
  );
}

const copied = signal("");

function Share({ now }: { now: Reviewed }) {
  const link = location.href.split("#")[0] + handLink(now.hand);
  const text = handText(now.hand);
  return (
    <section class="panel share">
      <h2>Keep it or pass it on</h2>
      <Copy label="Link" value={link} />
      <Copy label="Text" value={text} />
      <p class="small muted">Whoever opens the link sees this hand; the text is what <code>forge review</code> and <code>forge solve</code> take.</p>
    </section>
  );
}

function Copy({ label, value }: { label: string; value: string }) {
  async function copy(): Promise<void> {
    try {
      await navigator.clipboard.writeText(value);
      copied.value = label;
      show(`${label} copied`);
    } catch {
      show(`The browser does not let us copy: select the ${label.toLowerCase()} and copy it`);
    }
  }
  return (
    <div class="copy">
      <label class="field">
        <span>{label}</span>
        <input type="text" readOnly value={value} onFocus={(event) => event.currentTarget.select()} />
      </label>
      <button type="button" class="button" aria-label={`Copy ${label.toLowerCase()}`} onClick={() => void copy()}>
        <Icon name="link" /> {copied.value === label ? "Copied" : "Copy"}
      </button>
    </div>
  );
}

function replay(n: number): void {
  reviewing.replayFrom(n);
  goTo("#table");
}

function step(by: number): void {
  const now = reviewing.reviewed.value;
  if (now === null || typeof now === "string") return;
  reviewing.at.value = Math.max(0, Math.min(now.hand.plays.length, reviewing.at.value + by));
}

function onKey(event: KeyboardEvent): void {
  if (isTyping(event)) return;
  const by = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
  if (by === undefined) return;
  event.preventDefault();
  step(by);
}
