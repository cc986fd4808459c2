// What one chooses from: calls of the auction, trumps.

import { useRef } from "preact/hooks";
import { BIDS } from "../../table/bids.ts";
import type { Call, Declaration } from "../../table/types.ts";
import { callName, trumpName } from "../words.ts";
import { HalfTile } from "./domino.tsx";

interface CallPadProps {
  isLegal: (call: Call) => boolean;
  /** Why a call may not be made now. */
  whyNot: (call: Call) => string;
  onCall: (call: Call) => void;
  onRefused: (why: string) => void;
}

const CALLS: readonly Call[] = [...BIDS, "pass"];

export function CallPad({ isLegal, onCall, onRefused, whyNot }: CallPadProps) {
  const first = CALLS.findIndex(isLegal);
  return (
    <div class="pad">
      <h2 id="call-title">Your bid</h2>
      <Roving class="call-grid" label="call-title" columns={5} start={first}>
        {CALLS.map((call) => {
          const may = isLegal(call);
          return (
            <button
              key={call}
              type="button"
              class={call === "pass" ? "pass" : ""}
              aria-disabled={may ? undefined : "true"}
              data-call={call}
              onClick={() => (may ? onCall(call) : onRefused(whyNot(call)))}
            >
              {call === "pass" ? null : <span class="unseen">Bid </span>}
              {callName(call)}
              {call === 42 ? <small> 1 mark</small> : call === 84 ? <small> 2 marks</small> : null}
            </button>
          );
        })}
      </Roving>
    </div>
  );
}

interface TrumpPadProps {
  bid: number;
  /** How many of mine are called under each declaration. */
  nCalled: (decl: Declaration) => number;
  onDeclare: (decl: Declaration) => void;
}

const TRUMPS = [6, 5, 4, 3, 2, 1, 0, 7, 8, 9] as const;

export function TrumpPad({ bid, nCalled, onDeclare }: TrumpPadProps) {
  return (
    <div class="pad">
      <h2 id="trump-title">Your {bid} stands: name trump</h2>
      <Roving class="trump-grid" label="trump-title" columns={5} start={0}>
        {TRUMPS.map((decl) => {
          const n = nCalled(decl);
          const many = decl === 9 ? "no trump" : `${n} held`;
          return (
            <button
              key={decl}
              type="button"
              data-decl={decl}
              onClick={() => onDeclare(decl)}
            >
              <span class="half"><HalfTile decl={decl} /></span>
              {decl === 8 ? "doubles suit" : trumpName(decl)}
              <small> {many}</small>
            </button>
          );
        })}
      </Roving>
    </div>
  );
}

interface RovingProps {
  class: string;
  /** Id of what names it. */
  label: string;
  columns: number;
  /** Which button the keyboard comes to first. */
  start: number;
  children: preact.ComponentChildren;
}

/** A grid of buttons that is one stop of the Tab key; arrows move inside. */
function Roving({ class: name, label, columns, start, children }: RovingProps) {
  const grid = useRef<HTMLDivElement>(null);
  const buttons = () => [...(grid.current?.querySelectorAll("button") ?? [])];

  function onKey(event: KeyboardEvent): void {
    const all = buttons();
    const here = all.indexOf(event.target as HTMLButtonElement);
    const steps: Record<string, number> = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: columns, ArrowUp: -columns };
    const step = steps[event.key];
    const to = event.key === "Home" ? 0 : event.key === "End" ? all.length - 1 : step === undefined ? -1 : here + step;
    if (here < 0 || to < 0 || to >= all.length) return;
    event.preventDefault();
    focusOn(all[to]);
  }

  function focusOn(button: HTMLButtonElement | undefined): void {
    if (button === undefined) return;
    for (const each of buttons()) each.tabIndex = each === button ? 0 : -1;
    button.focus();
  }

  const attach = (found: HTMLDivElement | null) => {
    if (found === grid.current) return;
    grid.current = found;
    buttons().forEach((button, i) => (button.tabIndex = i === Math.max(0, start) ? 0 : -1));
  };

  return (
    <div class={name} role="group" aria-labelledby={label} ref={attach} onKeyDown={onKey}>
      {children}
    </div>
  );
}
