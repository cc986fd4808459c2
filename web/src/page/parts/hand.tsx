// My hand: one domino has the keyboard; arrows and numbers move it, Enter plays.

import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import type { Domino as Id } from "../../table/types.ts";
import { rules } from "../rules.ts";
import { named } from "../words.ts";
import { Domino } from "./domino.tsx";

interface HandProps {
  hand: readonly Id[];
  legal: ReadonlySet<Id>;
  isMyTurn: boolean;
  /** Two taps: the first raises a domino, the second plays it. */
  twoTaps: boolean;
  onPlay: (domino: Id) => void;
}

export function Hand({ hand, legal, isMyTurn, twoTaps, onPlay }: HandProps) {
  const at = useSignal(0);
  const raised = useSignal<Id | null>(null);
  const list = useRef<HTMLUListElement>(null);
  const here = Math.min(at.value, Math.max(0, hand.length - 1));

  function go(to: number): void {
    if (hand.length === 0) return;
    at.value = (to + hand.length) % hand.length;
    list.current?.querySelectorAll("button")[at.value]?.focus();
  }

  function onKey(event: KeyboardEvent): void {
    const step = { ArrowRight: here + 1, ArrowLeft: here - 1, Home: 0, End: hand.length - 1 }[event.key];
    if (step === undefined || event.altKey || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    go(step);
  }

  function tap(domino: Id): void {
    if (twoTaps && isMyTurn && legal.has(domino) && raised.value !== domino) raised.value = domino;
    else {
      raised.value = null;
      onPlay(domino);
    }
  }

  // Numbers reach the hand from anywhere on the table.
  useEffect(() => {
    const onNumber = (event: KeyboardEvent) => {
      const number = Number(event.key);
      if (!(number >= 1 && number <= hand.length) || isTyping(event)) return;
      event.preventDefault();
      go(number - 1);
    };
    document.addEventListener("keydown", onNumber);
    return () => document.removeEventListener("keydown", onNumber);
  });

  return (
    <ul class="my-hand" ref={list} aria-label="Your hand" onKeyDown={onKey}>
      {hand.map((domino, i) => {
        const may = legal.has(domino);
        const state = !isMyTurn ? "" : may ? "legal" : "barred";
        return (
          <li key={domino}>
            <button
              type="button"
              class={`${state}${raised.value === domino ? " raised" : ""}`}
              data-domino={domino}
              tabIndex={i === here ? 0 : -1}
              aria-disabled={isMyTurn && !may ? "true" : undefined}
              aria-label={`${named(domino, rules().countPoints(domino))}${!isMyTurn ? "" : may ? ", legal" : ", not legal now"}`}
              onFocus={() => (at.value = i)}
              onClick={() => tap(domino)}
            >
              <Domino domino={domino} badge />
            </button>
          </li>
        );
      })}
    </ul>
  );
}

/** Whether a key is meant for a field or a dialog, or belongs to a shortcut of the browser. */
export function isTyping(event: KeyboardEvent): boolean {
  if (event.altKey || event.ctrlKey || event.metaKey || event.defaultPrevented) return true;
  const target = event.target as HTMLElement | null;
  return target !== null && target.closest("input, select, textarea, dialog") !== null;
}
