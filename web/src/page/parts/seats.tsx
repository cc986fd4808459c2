// The other players around the table: who they are, what they said, what they still hold.

import { callName, named } from "../words.ts";
import { rules } from "../rules.ts";
import type { Player, Scene } from "../scene.ts";
import { Domino, type Turn } from "./domino.tsx";

const WHERE = ["me", "left", "partner", "right"] as const;

export function Seats({ scene }: { scene: Scene }) {
  return (
    <>
      {scene.players.slice(1).map((player) => (
        <SeatOf key={player.place} player={player} scene={scene} />
      ))}
    </>
  );
}

function SeatOf({ player, scene }: { player: Player; scene: Scene }) {
  const { place } = player;
  return (
    <section class={`seat ${WHERE[place]}${player.isToAct ? " acts" : ""}`} aria-label={player.name}>
      <Plate player={player} scene={scene} />
      {player.hand === null ? <Backs n={player.nInHand} place={place} /> : <OpenHand player={player} />}
    </section>
  );
}

/** Name and what is known of a player. */
export function Plate({ player, scene }: { player: Player; scene: Scene }) {
  return (
    <div class="plate">
      <p class="plate-name">
        {player.name}
        {player.isToAct && player.place !== 0 ? <span class="thinking" aria-hidden="true"><i /><i /><i /></span> : null}
      </p>
      {player.isDealer && scene.phase === "auction" ? <span class="chip">deals</span> : null}
      {player.isDeclarer ? <span class="chip bid">bid {scene.bid}</span> : null}
      {scene.phase === "auction" && player.call !== null ? (
        <span class={player.call === "pass" ? "said pass" : "said"}>{callName(player.call)}</span>
      ) : null}
      {player.shownOut.map((out) => (
        <span key={out} class="chip out">{out}</span>
      ))}
    </div>
  );
}

const TURNS: readonly Turn[] = [0, 1, 2, 3];

function Backs({ n, place }: { n: number; place: number }) {
  return (
    <div class="backs" role="img" aria-label={`${n} dominoes in hand`}>
      {Array.from({ length: n }, (_, i) => (
        <span key={i}><Domino domino={null} turn={TURNS[place]} /></span>
      ))}
    </div>
  );
}

function OpenHand({ player }: { player: Player }) {
  return (
    <ul class="open-hand" aria-label={`${player.name}'s hand`}>
      {(player.hand ?? []).map((domino) => (
        <li key={domino}><Named domino={domino} turn={player.place === 2 ? 0 : 3} /></li>
      ))}
    </ul>
  );
}

/** A domino as a picture with a name. */
export function Named({ domino, turn = 0, badge = true, ghost = false, says = "" }: {
  domino: number;
  turn?: Turn;
  badge?: boolean;
  ghost?: boolean;
  /** After its name. */
  says?: string;
}) {
  return (
    <span class="named" role="img" aria-label={`${named(domino, badge ? rules().countPoints(domino) : 0)}${says}`}>
      <Domino domino={domino} turn={turn} badge={badge} ghost={ghost} />
    </span>
  );
}
