// What is told: aloud to those who listen, and for a moment to those who look.

import { signal } from "@preact/signals";

/** The latest sentences, for the live region. */
export const heard = signal("");
/** A sentence over the table, until it goes; null: none. */
export const toast = signal<string | null>(null);

const TOAST_MS = 4200;
let pending: string[] = [];
let timer: ReturnType<typeof setTimeout> | undefined;
let toastTimer: ReturnType<typeof setTimeout> | undefined;

/** Sentences that come together are read together. */
export function say(sentence: string): void {
  pending.push(sentence);
  clearTimeout(timer);
  timer = setTimeout(() => {
    heard.value = pending.join(". ");
    pending = [];
  }, 60);
}

/** Shown, and read at once. */
export function show(sentence: string): void {
  toast.value = sentence;
  say(sentence);
  clearTimeout(toastTimer);
  toastTimer = setTimeout(() => (toast.value = null), TOAST_MS);
}

export function hideToast(): void {
  clearTimeout(toastTimer);
  toast.value = null;
}
