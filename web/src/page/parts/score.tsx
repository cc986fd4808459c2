// Where the match and the hand stand: marks, what was bid, the count of both sides and what is needed.

import { pointsFor, pointsOf, standingOf } from "../../table/bids.ts";
import type { Team } from "../../table/types.ts";
import type { Scene } from "../scene.ts";
import { capital, trumpName } from "../words.ts";
import { HalfTile } from "./domino.tsx";
import { Tally } from "./icons.tsx";

/** Marks of both sides, chalked up. */
export function Marks({ scene }: { scene: Scene }) {
  const [us, them] = scene.marks;
  const sides = [["Us", us], ["Them", them]] as const;
  return (
    <div class="marks" role="group" aria-label={`Marks, to ${scene.marksToWin}`}>
      {sides.map(([name, marks]) => (
        <span class="mark-side" role="img" aria-label={`${name}: ${marks} of ${scene.marksToWin} marks`}>
          {name} {marks} <Tally marks={marks} toWin={scene.marksToWin} />
        </span>
      ))}
    </div>
  );
}

/** What is being played for, and the race to it. */
export function Score({ scene }: { scene: Scene }) {
  return (
    <section class="score" aria-label="Score of the hand">
      <ContractOf scene={scene} />
      {scene.bid !== null && scene.declarer !== null && scene.decl !== null ? <Race scene={scene} /> : null}
    </section>
  );
}

function ContractOf({ scene }: { scene: Scene }) {
  const { bid, declarer, decl } = scene;
  if (bid === null || declarer === null) {
    return <p class="contract"><strong>Hand {scene.handNumber}: the bidding</strong></p>;
  }
  const who = scene.players[declarer].name;
  return (
    <div class="contract">
      {decl === null ? null : <span class="trump-mark"><HalfTile decl={decl} /></span>}
      <p>
        <strong>{who} bid {bid}</strong>{" "}
        <span class="muted">{decl === null ? (declarer === 0 ? "and name trump" : "and names trump") : `in ${trumpName(decl)}`}</span>
      </p>
      {decl === null ? null : <Standing scene={scene} />}
    </div>
  );
}

function Standing({ scene }: { scene: Scene }) {
  const standing = standingOf(scene.bid!, ...wonAndLost(scene));
  return standing === "open" ? null : <span class="standing">{capital(standing)}</span>;
}

/** Points of the side that declares, and of the other. */
function wonAndLost({ points, declarer }: Scene): [number, number] {
  return declarer! % 2 === 0 ? [points[0], points[1]] : [points[1], points[0]];
}

/** Of 42 points, which side has how many, and where the bid is. */
function Race({ scene }: { scene: Scene }) {
  const bid = scene.bid!;
  const weDeclare = scene.declarer! % 2 === 0;
  const [us, them] = scene.points;
  const need = (side: Team) => pointsFor(bid, (weDeclare ? side : 1 - side) as Team);
  // The bid is made from the side of those who declare.
  const goal = weDeclare ? pointsOf(bid) : 42 - pointsOf(bid);
  return (
    <div class="race">
      <div class="race-words">
        <span>Us <b>{us}</b>, {weDeclare ? "make" : "set"} with {need(0)}</span>
        <span>Them <b>{them}</b>, {weDeclare ? "set" : "make"} with {need(1)}</span>
      </div>
      <div class="race-bar" aria-hidden="true">
        <span class="us" style={{ width: `${(100 * us) / 42}%` }} />
        <span class="them" style={{ width: `${(100 * them) / 42}%` }} />
        <span class="goal" style={{ left: `${(100 * goal) / 42}%` }} />
      </div>
    </div>
  );
}
