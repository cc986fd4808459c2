// A domino, drawn: an ivory tile with a groove, a brass pin and drilled pips.

import type { ComponentChildren } from "preact";
import type { Declaration, Domino as Id } from "../../table/types.ts";
import { pipsOf } from "../../table/dominoes.ts";
import { rules } from "../rules.ts";

/** Quarter turns to the right; 0 stands upright with its high half on top. */
export type Turn = 0 | 1 | 2 | 3;

const SHORT = 100;
const STEP = 26;
const PIP = 10;

// Places of pips in a half, in steps from its centre, of a tile that stands upright.
const PLACES: readonly (readonly (readonly [number, number])[])[] = [
  [],
  [[0, 0]],
  [[-1, -1], [1, 1]],
  [[-1, -1], [0, 0], [1, 1]],
  [[-1, -1], [1, -1], [-1, 1], [1, 1]],
  [[-1, -1], [1, -1], [0, 0], [-1, 1], [1, 1]],
  [[-1, -1], [1, -1], [-1, 0], [1, 0], [-1, 1], [1, 1]],
];

/** Gradients of all tiles, once in a page. */
export function TileInks() {
  return (
    <svg class="inks" width="0" height="0" aria-hidden="true">
      <defs>
        <linearGradient id="tile-face" x1="0" y1="0" x2="1" y2="1">
          <stop offset="0" stop-color="#fffdf5" />
          <stop offset="0.55" stop-color="#fdf6e3" />
          <stop offset="1" stop-color="#f1e6c8" />
        </linearGradient>
        <linearGradient id="tile-back" x1="0" y1="0" x2="1" y2="1">
          <stop offset="0" stop-color="#7c4a32" />
          <stop offset="1" stop-color="#512c1d" />
        </linearGradient>
        <radialGradient id="tile-pip" cx="0.4" cy="0.35" r="0.75">
          <stop offset="0" stop-color="#0c0d10" />
          <stop offset="0.7" stop-color="#1f2127" />
          <stop offset="1" stop-color="#43464f" />
        </radialGradient>
        <radialGradient id="tile-brass" cx="0.35" cy="0.3" r="0.9">
          <stop offset="0" stop-color="#f4dc9a" />
          <stop offset="1" stop-color="#a57c2b" />
        </radialGradient>
        <pattern id="tile-grain" width="64" height="46" patternUnits="userSpaceOnUse">
          <g fill="none" stroke="#b08d4c" stroke-width="1.1">
            <path d="M0 7c18-5 30 4 64-1" opacity="0.2" />
            <path d="M0 22c22 5 40-6 64 1" opacity="0.13" />
            <path d="M0 38c14-4 44 5 64-2" opacity="0.17" />
          </g>
        </pattern>
      </defs>
    </svg>
  );
}

interface DominoProps {
  /** Null: seen from the back. */
  domino: Id | null;
  turn?: Turn;
  /** A disc with the points of a count domino. */
  badge?: boolean;
  /** Gone: drawn as an outline. */
  ghost?: boolean;
}

/** Only the picture; what holds it says its name. */
export function Domino({ domino, turn = 0, badge = false, ghost = false }: DominoProps) {
  const lies = turn % 2 === 1;
  const [width, height] = lies ? [2 * SHORT, SHORT] : [SHORT, 2 * SHORT];
  const points = domino === null ? 0 : rules().countPoints(domino);
  return (
    <svg
      class={ghost ? "domino ghost" : "domino"}
      viewBox={`-3 -3 ${width + 6} ${height + 12}`}
      aria-hidden="true"
      focusable="false"
    >
      <Body width={width} height={height} back={domino === null} />
      {domino === null ? null : <g transform={TURNS[turn]}><Face domino={domino} /></g>}
      {badge && points > 0 ? <Badge points={points} x={width - 3} y={3} /> : null}
    </svg>
  );
}

const TURNS = ["", `translate(${2 * SHORT} 0) rotate(90)`, `rotate(180 ${SHORT / 2} ${SHORT})`, `translate(0 ${SHORT}) rotate(-90)`];

function Body({ width, height, back }: { width: number; height: number; back: boolean }) {
  const side = { width, height, rx: 15 };
  return (
    <g class={back ? "tile-body back" : "tile-body"}>
      <rect class="tile-edge" y={6} {...side} />
      <rect class="tile-face" {...side} />
      {back ? null : <rect class="tile-grain" {...side} />}
      <rect class="tile-shine" x={3} y={3} width={width - 6} height={height - 6} rx={12} />
      {back ? <path class="tile-emblem" d={diamond(width / 2, height / 2, 20)} /> : null}
    </g>
  );
}

function diamond(x: number, y: number, size: number): string {
  return `M${x} ${y - size}l${0.8 * size} ${size}l${-0.8 * size} ${size}l${-0.8 * size} ${-size}zM${x - 0.8 * size} ${y}h${1.6 * size}`;
}

function Face({ domino }: { domino: Id }) {
  const [high, low] = pipsOf(domino);
  return (
    <>
      <rect class="tile-groove" x={12} y={SHORT - 2} width={SHORT - 24} height={4} rx={2} />
      <rect class="tile-groove-light" x={12} y={SHORT + 2} width={SHORT - 24} height={1.5} />
      <circle class="tile-pin" cx={SHORT / 2} cy={SHORT} r={6} />
      <Half pips={high} y={SHORT / 2} />
      <Half pips={low} y={1.5 * SHORT} />
    </>
  );
}

function Half({ pips, y }: { pips: number; y: number }): ComponentChildren {
  return PLACES[pips].map(([across, along]) => (
    <circle class="tile-pip" cx={SHORT / 2 + STEP * across} cy={y + STEP * along} r={PIP} />
  ));
}

function Badge({ points, x, y }: { points: number; x: number; y: number }) {
  return (
    <g class="tile-badge">
      <circle cx={x} cy={y} r={18} />
      <text x={x} y={y + 8} text-anchor="middle">
        {points}
      </text>
    </g>
  );
}

/** Half a tile that stands for a trump suit: pips, the doubles, or none. */
export function HalfTile({ decl }: { decl: Declaration }) {
  return (
    <svg class="domino" viewBox="-3 -3 106 112" aria-hidden="true" focusable="false">
      <Body width={SHORT} height={SHORT} back={false} />
      {decl < 7 ? <Half pips={decl} y={SHORT / 2} /> : <path class="tile-sign" d={SIGNS[decl - 7]} />}
    </svg>
  );
}

// Doubles as trump (two halves alike under a crown), doubles as a suit (the same without), no trump.
const TWIN = "M30 46h18v36H30zM52 46h18v36H52z";
const SIGNS = [`${TWIN}M30 34l-4-18 13 9 11-13 11 13 13-9-4 18z`, `M30 32h18v36H30zM52 32h18v36H52z`, "M24 50h46M54 32l18 18-18 18"];
