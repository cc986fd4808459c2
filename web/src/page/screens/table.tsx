// The table: the auction, trump, the play, and what came of it.

import { signal, useSignalEffect } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { whyNoCall } from "../../table/auction.ts";
import { matchWinner } from "../../table/match.ts";
import { advice, ask, canAdvise } from "../advising.ts";
import { dealMatch } from "../dealing.ts";
import { show, toast } from "../news.ts";
import { goTo } from "../route.ts";
import { rules } from "../rules.ts";
import { nCalled } from "../scene_of.ts";
import type { Scene } from "../scene.ts";
import * as session from "../session.ts";
import { settings } from "../settings.ts";
import { callName, capital, ownerOf, trumpName } from "../words.ts";
import { BidAdviceCard, PlayAdviceCard, TrumpAdviceCard } from "../parts/advice.tsx";
import { Dialog } from "../parts/dialog.tsx";
import { Hand, isTyping } from "../parts/hand.tsx";
import { Icon } from "../parts/icons.tsx";
import { CallPad, TrumpPad } from "../parts/pads.tsx";
import { Marks, Score } from "../parts/score.tsx";
import { Plate, Seats } from "../parts/seats.tsx";
import { openSettings } from "../parts/settings_dialog.tsx";
import { TrickOnTable, Tricks } from "../parts/trick.tsx";

type Open = "advice" | "tricks" | "keys" | null;
const open = signal<Open>(null);
/** Wide screens have advice and tricks beside the table. */
const wide = matchMedia("(min-width: 1100px)");
const isWide = signal(wide.matches);
wide.addEventListener("change", () => (isWide.value = wide.matches));

export function TableScreen() {
  const scene = session.scene.value;
  useEffect(() => {
    document.addEventListener("keydown", onePressOnce, { capture: true });
    document.addEventListener("keydown", onShortcut);
    session.sit();
    return () => {
      session.leave();
      document.removeEventListener("keydown", onePressOnce, { capture: true });
      document.removeEventListener("keydown", onShortcut);
      open.value = null;
    };
  }, []);
  useSignalEffect(() => {
    if (session.scene.value?.isMyTurn || session.scene.value?.phase === "over") focusMyPart();
  });
  if (scene === null) return null;
  return (
    <main class="table-screen">
      <h1 class="unseen">{session.isReplay() ? "Texas 42, a hand replayed" : `Texas 42, hand ${scene.handNumber}`}</h1>
      <header class="top-bar">
        <button type="button" class="button quiet icon" aria-label="Leave the table" onClick={() => goTo("")}>
          <Icon name="home" />
        </button>
        {session.isReplay() ? <p class="replay">Replay{session.chair.value === "" ? "" : `, in ${ownerOf(session.chair.value)} chair`}</p> : <Marks scene={scene} />}
        <button type="button" class="button quiet icon" aria-label="Settings" onClick={openSettings}>
          <Icon name="settings" />
        </button>
      </header>
      <Score scene={scene} />
      <Felt scene={scene} />
      <Actions scene={scene} />
      {isWide.value ? <Beside scene={scene} /> : null}
      <Dialogs scene={scene} />
    </main>
  );
}

function Felt({ scene }: { scene: Scene }) {
  return (
    <section class="felt" aria-label="Table" onClick={session.hurry}>
      <div class="felt-inner">
        <Seats scene={scene} />
        <Middle scene={scene} />
        <Pad scene={scene} />
        <MyPlace scene={scene} />
        {toast.value === null ? null : <div class="toast">{toast.value}</div>}
      </div>
    </section>
  );
}

function Middle({ scene }: { scene: Scene }) {
  if (scene.phase === "play") return <TrickOnTable scene={scene} />;
  return null;
}

function Pad({ scene }: { scene: Scene }) {
  const at = session.match.value!;
  if (scene.phase === "auction" && scene.isMyTurn) {
    const { allPass } = at.house;
    return (
      <CallPad
        whyNot={(call) => capital(whyNoCall(at.calls, call, allPass) ?? "")}
        isLegal={(call) => whyNoCall(at.calls, call, allPass) === null}
        onCall={session.call}
        onRefused={show}
      />
    );
  }
  if (scene.phase === "declare" && scene.isMyTurn) {
    const mine = at.hands[session.ME];
    return <TrumpPad bid={scene.bid!} nCalled={(decl) => nCalled(mine, decl)} onDeclare={session.declare} />;
  }
  return scene.phase === "over" ? <Outcome scene={scene} /> : null;
}

function MyPlace({ scene }: { scene: Scene }) {
  const [me] = scene.players;
  const prompt = !scene.isMyTurn || scene.phase !== "play" ? null : scene.trick.laid.length === 0 || scene.trick.winner !== null ? "Your lead" : "Your turn";
  return (
    <section class="my-place" aria-label="Your place">
      <div class="me-line">
        {prompt === null ? <Plate player={me} scene={scene} /> : <span class="turn">{prompt}</span>}
        {prompt !== null && me.isDeclarer ? <span class="chip bid">bid {scene.bid}</span> : null}
      </div>
      <Hand
        hand={scene.hand}
        legal={scene.legal}
        isMyTurn={scene.isMyTurn && scene.phase === "play"}
        twoTaps={settings.value.taps === "two"}
        onPlay={session.play}
      />
    </section>
  );
}

/** What came of the hand, and where to go from there. */
function Outcome({ scene }: { scene: Scene }) {
  const at = session.match.value!;
  const winner = matchWinner(rules(), at);
  const link = session.linkOfHand();
  const isReplay = session.isReplay();
  return (
    <div class="pad outcome" role="group" aria-label="The hand is over">
      <h2>{winner === null ? outcomeOf(scene) : winner === 0 ? "You win the match" : "They win the match"}</h2>
      <p class="small">{scene.bid === null ? "Nobody bid: the dominoes are dealt anew." : summary(scene)}</p>
      <div class="row">
        {link === null ? null : (
          <button type="button" class="button" data-key="review" data-focus={winner === null ? undefined : ""} onClick={() => goTo(link)}>
            Review this hand <kbd>R</kbd>
          </button>
        )}
        {winner === null && !isReplay ? (
          <button type="button" class="button primary" data-focus onClick={session.goOn}>
            Next hand <kbd>N</kbd>
          </button>
        ) : (
          <>
            <button type="button" class={`button${isReplay ? " primary" : ""}`} data-focus={isReplay ? "" : undefined} onClick={() => goTo("")}>
              {isReplay ? "Done" : "First screen"}
            </button>
            {isReplay ? null : (
              <button type="button" class="button primary" onClick={newMatch}>
                New match <kbd>N</kbd>
              </button>
            )}
          </>
        )}
      </div>
    </div>
  );
}

function outcomeOf(scene: Scene): string {
  if (scene.bid === null || scene.declarer === null) return "All passed";
  const won = scene.points[scene.declarer % 2];
  const made = won >= Math.min(42, scene.bid);
  const whose = scene.declarer === 0 ? "Your" : `${scene.players[scene.declarer].name}'s`;
  return `${whose} ${scene.bid} is ${made ? "made" : "set"}`;
}

function summary(scene: Scene): string {
  const [us, them] = scene.points;
  const [ourMarks, theirMarks] = scene.marks;
  const points = `${capital(trumpName(scene.decl!))}: ${us} for us, ${them} for them.`;
  return session.isReplay() ? points : `${points} Marks: ${ourMarks} to ${theirMarks}.`;
}

function Actions({ scene }: { scene: Scene }) {
  const at = session.match.value!;
  const mayAsk = canAdvise() && scene.isMyTurn;
  return (
    <nav class="actions" aria-label="At the table">
      <button type="button" class="button" aria-disabled={mayAsk ? undefined : "true"} onClick={askAdvice}>
        <Icon name="advice" /> Advice <kbd>A</kbd>
      </button>
      {isWide.value ? null : (
        <button type="button" class="button" onClick={() => (open.value = "tricks")}>
          <Icon name="tricks" /> Tricks <kbd>T</kbd>
        </button>
      )}
      {at.study ? (
        <>
          <button type="button" class="button" onClick={session.undo}>
            <Icon name="undo" /> Undo <kbd>U</kbd>
          </button>
          <button type="button" class="button" aria-pressed={session.handsOpen.value} onClick={toggleHands}>
            <Icon name="eye" /> Hands <kbd>O</kbd>
          </button>
        </>
      ) : null}
      <button type="button" class="button keys-button" onClick={() => (open.value = "keys")}>
        <Icon name="keys" /> Keys <kbd>?</kbd>
      </button>
    </nav>
  );
}

function Beside({ scene }: { scene: Scene }) {
  return (
    <aside class="beside" aria-label="Advice and tricks" tabIndex={0}>
      {advice.value.kind === "none" ? null : (
        <section class="panel">
          <h2>Advice</h2>
          <AdviceNow />
        </section>
      )}
      {scene.phase === "auction" || scene.phase === "declare" ? null : (
        <section class="panel">
          <h2>Tricks</h2>
          <Tricks scene={scene} />
        </section>
      )}
      {session.isReplay() ? null : <section class="panel"><Calls scene={scene} /></section>}
    </aside>
  );
}

/** Who said what, from the dealer's left. */
function Calls({ scene }: { scene: Scene }) {
  const dealer = scene.players.findIndex((player) => player.isDealer);
  return (
    <>
      <h2>The bidding</h2>
      <ol class="calls">
        {[1, 2, 3, 4].map((i) => {
          const { name, call, isDealer } = scene.players[(dealer + i) % 4];
          return (
            <li key={name}>
              <span>{name}{isDealer ? <span class="muted small"> deals</span> : null}</span>
              <b>{call === null ? "–" : callName(call)}</b>
            </li>
          );
        })}
      </ol>
    </>
  );
}

function Dialogs({ scene }: { scene: Scene }) {
  const close = () => {
    open.value = null;
    // What had the keyboard before may be gone.
    focusMyPart();
  };
  if (open.value === "keys") return <Keys onClose={close} />;
  if (isWide.value || open.value === null) return null;
  return open.value === "advice" ? (
    <Dialog title="Advice" onClose={close}><AdviceNow /></Dialog>
  ) : (
    <Dialog title="Tricks" onClose={close}>
      <Tricks scene={scene} />
      {session.isReplay() ? null : <Calls scene={scene} />}
    </Dialog>
  );
}

function AdviceNow() {
  const now = advice.value;
  switch (now.kind) {
    case "none":
      return <p class="muted">Advice is for a decision of yours: ask when it is your turn.</p>;
    case "thinking":
      return (
        <div>
          <p>Dealing the other hands in every way that fits ...</p>
          <div class="bar" role="progressbar" aria-label="Thinking" aria-valuenow={Math.round(100 * now.done)}>
            <span style={{ width: `${100 * now.done}%` }} />
          </div>
        </div>
      );
    case "failed":
      return <p class="notice">No advice: {now.why}</p>;
    case "bid":
      return <BidAdviceCard advice={now.advice} />;
    case "trump":
      return <TrumpAdviceCard chances={now.chances} />;
    case "play":
      // Closed hands tell nothing, not even what was asked before.
      return <PlayAdviceCard advice={now.advice} open={session.handsOpen.value ? now.open : []} />;
  }
}

const KEYS: readonly (readonly [string, string])[] = [
  ["1 ... 7", "go to a domino of your hand"],
  ["← →", "the next one, the one before; in the bidding ↑ ↓ too"],
  ["Enter", "play it, say it"],
  ["P", "pass"],
  ["A", "advice"],
  ["T", "tricks so far"],
  ["U", "take back (study)"],
  ["O", "open or close the hands (study)"],
  ["Space", "go on at once after a trick"],
  ["R, N", "review the hand; the next hand or match"],
  ["?", "these keys"],
];

function Keys({ onClose }: { onClose: () => void }) {
  return (
    <Dialog title="Keys" onClose={onClose}>
      <dl class="keys">
        {KEYS.map(([key, does]) => (
          <div key={key}>
            <dt><kbd>{key}</kbd></dt>
            <dd>{does}</dd>
          </div>
        ))}
      </dl>
    </Dialog>
  );
}

function askAdvice(): void {
  if (!canAdvise()) return show("Advice is for a decision of yours: ask when it is your turn");
  if (!isWide.value) open.value = "advice";
  void ask();
}

/** Where they stand beside the table, there the keyboard goes: its arrows move them. */
function seeTricks(): void {
  if (isWide.value) document.querySelector<HTMLElement>(".beside")?.focus();
  else open.value = "tricks";
}

const isMatchOver = () => matchWinner(rules(), session.match.value!) !== null;
const newMatch = () => dealMatch(session.match.value!.study);

function toggleHands(): void {
  session.handsOpen.value = !session.handsOpen.value;
}

/** A key that is held down would press whatever the keyboard comes to next. */
function onePressOnce(event: KeyboardEvent): void {
  if (event.repeat && event.key === "Enter") event.preventDefault();
}

function onShortcut(event: KeyboardEvent): void {
  if (isTyping(event) || event.repeat) return;
  const study = session.match.value?.study === true;
  const over = session.scene.value?.phase === "over";
  const link = over ? session.linkOfHand() : null;
  const next = over && !session.isReplay() && (isMatchOver() ? newMatch : session.goOn);
  const does: Record<string, (() => void) | false> = {
    a: askAdvice,
    t: seeTricks,
    u: study && session.undo,
    o: study && toggleHands,
    p: session.scene.value?.phase === "auction" && (() => session.call("pass")),
    n: next,
    r: link !== null && (() => goTo(link)),
    "?": () => (open.value = "keys"),
    " ": event.target === document.body && session.hurry,
  };
  const act = does[event.key.toLowerCase()];
  if (!act) return;
  event.preventDefault();
  act();
}

/** The keyboard waits where the decision is, unless it is at work elsewhere. */
function focusMyPart(): void {
  requestAnimationFrame(() => {
    const active = document.activeElement;
    if (active !== null && active !== document.body && active.closest(".my-hand") === null) return;
    const grid = document.querySelector<HTMLElement>(":is(.call-grid, .trump-grid) [tabindex='0']");
    const domino = document.querySelector<HTMLElement>(".my-hand [tabindex='0']");
    const next = document.querySelector<HTMLElement>(".outcome [data-focus]");
    (next ?? grid ?? domino)?.focus({ preventScroll: true });
  });
}
