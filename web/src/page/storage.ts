// What the browser keeps for us. Whatever it hands back is checked: a stranger may have written it.

const VERSION = 1;
const PREFIX = "crystal-forge:";
/** A match takes some 20,000 characters; what is much longer is not ours. */
const MAX_CHARACTERS = 200_000;

/** For good, seen by all tabs; or for as long as this tab lives, and by no other. */
export type Where = "browser" | "tab";

const STORES: Record<Where, () => Storage> = { browser: () => localStorage, tab: () => sessionStorage };

/** `read` throws for what is not of its kind; then, and where nothing is kept, `otherwise`. */
export function load<T>(name: string, read: (value: unknown) => T, otherwise: T, where: Where = "browser"): T {
  try {
    return parsed(STORES[where]().getItem(PREFIX + name), read, otherwise);
  } catch {
    return otherwise;
  }
}

/** A browser may refuse (private window, full disk): the game goes on, and is not kept. */
export function store(name: string, value: unknown, where: Where = "browser"): void {
  try {
    STORES[where]().setItem(PREFIX + name, JSON.stringify({ version: VERSION, value }));
  } catch {
    // Nothing is lost but what would have survived a reload.
  }
}

/** Keeps nothing of that name any more. */
export function drop(name: string, where: Where): void {
  try {
    STORES[where]().removeItem(PREFIX + name);
  } catch {
    // What cannot be reached is not there.
  }
}

/** Whenever another tab keeps something valid of that name. */
export function onOtherTab<T>(name: string, read: (value: unknown) => T, hear: (value: T) => void): void {
  window.addEventListener("storage", ({ key, newValue }) => {
    if (key !== PREFIX + name) return;
    let value: T | null;
    try {
      value = parsed(newValue, read, null);
    } catch {
      return;
    }
    if (value !== null) hear(value);
  });
}

function parsed<T, O>(text: string | null, read: (value: unknown) => T, otherwise: O): T | O {
  if (text === null || text.length > MAX_CHARACTERS) return otherwise;
  const kept = JSON.parse(text) as { version?: unknown; value?: unknown };
  return kept.version === VERSION ? read(kept.value) : otherwise;
}
