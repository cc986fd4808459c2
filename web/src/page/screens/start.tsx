// The first screen: go on, deal, or look at a hand.

import { useSignal } from "@preact/signals";
import { useLayoutEffect } from "preact/hooks";
import { handLink, parseTableHand } from "../../table/hand_text.ts";
import { matchWinner, score, type Match } from "../../table/match.ts";
import { standingOf } from "../../table/bids.ts";
import { positionOf } from "../../table/open_hand.ts";
import { dealMatch, MAX_DEAL, MIN_DEAL } from "../dealing.ts";
import { prepare } from "../engine.ts";
import { past, type PastHand } from "../history.ts";
import { goTo } from "../route.ts";
import { rules } from "../rules.ts";
import * as session from "../session.ts";
import { ALL_PASS, change, FIRST_DEALERS, MARKS, settings } from "../settings.ts";
import { capital, SEAT_NAMES, trumpName } from "../words.ts";
import { Choices, List } from "../parts/choices.tsx";
import { Dialog } from "../parts/dialog.tsx";
import { Domino } from "../parts/domino.tsx";
import { Icon } from "../parts/icons.tsx";
import { LevelChoices } from "../parts/levels.tsx";
import { openSettings } from "../parts/settings_dialog.tsx";

export function StartScreen() {
  useLayoutEffect(session.endReplay, []);
  const kept = session.match.value;
  const goes = kept !== null && matchWinner(rules(), kept) === null ? kept : null;
  const deal = useSignal("");
  const wrong = useSignal<string | null>(null);
  /** The new match that would end the one in progress. */
  const wanted = useSignal<(() => void) | null>(null);

  function begin(study: boolean): void {
    const typed = deal.value.trim();
    const seed = typed === "" ? undefined : /^\d+$/.test(typed) ? Number(typed) : NaN;
    if (seed !== undefined && (!Number.isInteger(seed) || seed < MIN_DEAL || seed > MAX_DEAL)) {
      wrong.value = "A deal number is a whole number from 1 to 999,999,999; leave it empty for a deal by chance.";
      return;
    }
    const anew = () => dealMatch(study, seed);
    if (goes === null || !session.hasActed(goes)) anew();
    else wanted.value = anew;
  }

  return (
    <main class="start">
      <header class="start-head">
        <div class="start-art" aria-hidden="true">
          <span><Domino domino={25} /></span>
          <span><Domino domino={20} badge /></span>
          <span><Domino domino={27} /></span>
        </div>
        <div>
          <h1>Texas 42</h1>
          <p class="lead">The domino game of bids and tricks, against three who know it well.</p>
        </div>
        <button type="button" class="button quiet icon corner" aria-label="Settings" onClick={openSettings}>
          <Icon name="settings" />
        </button>
      </header>

      <section class="start-play" aria-label="Play">
        {goes === null ? null : <GoOn match={goes} />}
        <button type="button" class={`button big${goes === null ? " primary" : ""}`} onClick={() => begin(false)}>
          Deal a new match
        </button>
        <button type="button" class="button" onClick={() => begin(true)}>
          <Icon name="eye" /> Study with open hands
        </button>
        {wrong.value === null ? null : <p class="notice" role="alert">{wrong.value}</p>}
      </section>

      <section class="panel">
        <h2>At the table</h2>
        <LevelChoices />
      </section>

      <section class="panel house">
        <h2>House rules</h2>
        <HouseChoices />
        <label class="field">
          <span>Deal number, to play the same dominoes as a friend</span>
          <input
            type="text"
            inputMode="numeric"
            autocomplete="off"
            placeholder="by chance"
            value={deal.value}
            onInput={(event) => {
              deal.value = event.currentTarget.value;
              wrong.value = null;
            }}
          />
        </label>
      </section>

      <PasteHand />
      {past.value.length === 0 ? null : <PastHands />}
      {goes === null || wanted.value === null ? null : (
        <GiveUp match={goes} onKeep={() => (wanted.value = null)} onGiveUp={wanted.value} />
      )}
      <footer class="small muted start-foot">
        Nothing leaves this device. After the first visit it plays without a network too.
      </footer>
    </main>
  );
}

function GoOn({ match }: { match: Match }) {
  const [us, them] = score(rules(), match);
  function resume(): void {
    prepare(settings.value.levels);
    goTo("#table");
  }
  return (
    <button type="button" class="button big primary" onClick={resume}>
      {match.study ? "Go on with the study" : `Go on: ${us} to ${them}, hand ${match.number + 1}`}
    </button>
  );
}

/** Asked before a match in progress is lost. */
function GiveUp({ match, onKeep, onGiveUp }: { match: Match; onKeep: () => void; onGiveUp: () => void }) {
  const [us, them] = score(rules(), match);
  return (
    <Dialog title={match.study ? "Give up the study?" : "Give up the match?"} onClose={onKeep}>
      <p>{match.study ? "The study in progress" : `The match in progress, ${us} to ${them} in hand ${match.number + 1},`} ends where it is.</p>
      <div class="row">
        <button type="button" class="button primary" onClick={onKeep}>Keep it</button>
        <button type="button" class="button" onClick={onGiveUp}>Deal anew</button>
      </div>
    </Dialog>
  );
}

/** Hands that are over, to be looked at again. */
function PastHands() {
  return (
    <section class="panel">
      <h2>Hands you played, the last one first</h2>
      <ul class="past-hands">
        {past.value.map((each) => (
          <li key={handLink(each.hand)}>
            <a href={handLink(each.hand)}>
              {SEAT_NAMES[each.declarer]} bid {each.hand.bid} in {trumpName(each.hand.decl)}: {cameOut(each)}
            </a>
          </li>
        )).reverse()}
      </ul>
    </section>
  );
}

function cameOut({ hand, declarer }: PastHand): string {
  const { bid, points } = positionOf(rules(), hand);
  const [us, them] = declarer % 2 === 0 ? points : [points[1], points[0]];
  return `${standingOf(bid, ...points)}, ${us} for us, ${them} for them`;
}

const DEALERS = { lot: "by lot", me: "me", left: "Left", partner: "Partner", right: "Right" } as const;
const PASSES = { "forced-bid": "the dealer must bid 30", "throw-in": "deal anew" } as const;

function HouseChoices() {
  const { rules: house, firstDealer } = settings.value;
  return (
    <>
      <Choices
        name="marks"
        legend="Marks to win"
        value={house.marksToWin}
        options={MARKS.map((n) => [n, String(n)] as const)}
        onChange={(marksToWin) => change({ rules: { ...house, marksToWin } })}
      />
      <Choices
        name="all-pass"
        legend="Where all pass"
        value={house.allPass}
        options={ALL_PASS.map((rule) => [rule, PASSES[rule]] as const)}
        onChange={(allPass) => change({ rules: { ...house, allPass } })}
      />
      <List
        label="First dealer"
        value={firstDealer}
        options={FIRST_DEALERS.map((who) => [who, DEALERS[who]] as const)}
        onChange={(who) => change({ firstDealer: who })}
      />
    </>
  );
}

/** A hand from a link or a text, to be reviewed. */
function PasteHand() {
  const text = useSignal("");
  const wrong = useSignal<string | null>(null);

  function open(event: Event): void {
    event.preventDefault();
    if (text.value.trim() === "") {
      wrong.value = "Put a link or the text of a hand here first.";
      return;
    }
    try {
      goTo(handLink(parseTableHand(rules(), text.value.trim())));
    } catch (error) {
      wrong.value = `${capital((error as Error).message)}.`;
    }
  }

  return (
    <section class="panel">
      <h2>Review a hand</h2>
      <form class="paste" onSubmit={open}>
        <label class="field">
          <span>A link, or the hand as text</span>
          <textarea
            rows={3}
            spellcheck={false}
            placeholder="6-6,5-4,... / ... / ... / ... ; 31 fours ; 6-4,4-4,..."
            value={text.value}
            aria-describedby={wrong.value === null ? undefined : "paste-wrong"}
            onInput={(event) => {
              text.value = event.currentTarget.value;
              wrong.value = null;
            }}
          />
        </label>
        {wrong.value === null ? null : <p class="notice" role="alert" id="paste-wrong">{wrong.value}</p>}
        <button type="submit" class="button">Open</button>
      </form>
    </section>
  );
}
