// The first screen: go on, deal, or look at a hand.

import { useSignal } from "@preact/signals";
import { useLayoutEffect } from "preact/hooks";
import { handLink, parseTableHand } from "../../table/hand_text.ts";
import type { Seat } from "../../table/types.ts";
import { matchWinner, score, type Match } from "../../table/match.ts";
import { prepare } from "../engine.ts";
import { goTo } from "../route.ts";
import { rules } from "../rules.ts";
import * as session from "../session.ts";
import { ALL_PASS, change, FIRST_DEALERS, MARKS, settings } from "../settings.ts";
import { capital } from "../words.ts";
import { Choices, List } from "../parts/choices.tsx";
import { Domino } from "../parts/domino.tsx";
import { Icon } from "../parts/icons.tsx";
import { LevelChoices } from "../parts/levels.tsx";
import { openSettings } from "../parts/settings_dialog.tsx";

/** 0 is no number of a deal: hands from reviews have it. */
const [MIN_DEAL, MAX_DEAL] = [1, 999_999_999];

export function StartScreen() {
  useLayoutEffect(session.endReplay, []);
  const kept = session.match.value;
  const goes = kept !== null && matchWinner(rules(), kept) === null ? kept : null;
  const deal = useSignal("");
  const wrong = useSignal<string | null>(null);

  function begin(study: boolean): void {
    const seed = deal.value.trim() === "" ? MIN_DEAL + drawn(MAX_DEAL) : Number(deal.value);
    if (!Number.isInteger(seed) || seed < MIN_DEAL || seed > MAX_DEAL) {
      wrong.value = "A deal number is a whole number from 1 to 999,999,999; leave it empty for a deal by chance.";
      return;
    }
    const { levels, rules: house, firstDealer } = settings.value;
    prepare(levels);
    const dealer = firstDealer === "lot" ? drawn(4) : FIRST_DEALERS.indexOf(firstDealer) - 1;
    session.handsOpen.value = study;
    session.begin(seed, { house, study, dealer: dealer as Seat });
    goTo("#table");
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

function drawn(below: number): number {
  return crypto.getRandomValues(new Uint32Array(1))[0] % below;
}
