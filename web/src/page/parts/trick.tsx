// What lies in the middle: the trick, turned to those who laid it, and complete tricks in lists.

import type { Scene, Trick } from "../scene.ts";
import { lingersMs, settings } from "../settings.ts";
import { counted } from "../words.ts";
import type { Turn } from "./domino.tsx";
import { Named } from "./seats.tsx";

const TURNS: readonly Turn[] = [0, 1, 2, 3];

export function TrickOnTable({ scene }: { scene: Scene }) {
  const { trick } = scene;
  const n = trick.laid.length;
  // A complete one lies there for a while, then goes to whom it belongs.
  const goes = trick.winner === null ? {} : { "--lingers": `${lingersMs(settings.value.speed)}ms` };
  return (
    <ol
      class={trick.winner === null ? "trick" : `trick goes to-${trick.winner}`}
      style={goes}
      aria-label={n === 0 ? "Trick: nothing yet" : "Trick"}
    >
      {trick.laid.map(({ place, domino }, i) => {
        const wins = trick.winner === place;
        const classes = [`at-${place}`, i === n - 1 ? "fresh" : "", wins ? "wins" : "", i === 0 ? "led" : ""];
        const says = ` by ${scene.players[place].name}${i === 0 ? ", led" : ""}${wins ? ", takes the trick" : ""}`;
        return (
          <li key={domino} class={classes.join(" ")}>
            <Named domino={domino} turn={TURNS[place]} says={says} />
          </li>
        );
      })}
    </ol>
  );
}

/** A complete trick in a line, the lead first. */
export function TrickLine({ trick, number, names }: { trick: Trick; number: number; names: readonly string[] }) {
  return (
    <li class="trick-line">
      <span class="trick-number">{number}</span>
      <ol class="trick-tiles">
        {trick.laid.map(({ place, domino }, i) => (
          <li key={domino} class={trick.winner === place ? "wins" : ""}>
            <Named domino={domino} says={` by ${names[place]}${i === 0 ? ", led" : ""}`} />
            <span class="who">{names[place]}</span>
          </li>
        ))}
      </ol>
      {trick.winner === null ? null : (
        <span class="trick-took">
          <b>{names[trick.winner]}</b>
          <br />
          {counted(trick.points, "point")}
        </span>
      )}
    </li>
  );
}

export function Tricks({ scene }: { scene: Scene }) {
  const names = scene.players.map((player) => player.name);
  if (scene.tricks.length === 0) return <p class="muted">No trick is complete yet.</p>;
  return (
    <ol class="trick-list" aria-label="Tricks, the last one first">
      {scene.tricks.map((trick, i) => <TrickLine key={i} trick={trick} number={i + 1} names={names} />).reverse()}
    </ol>
  );
}
