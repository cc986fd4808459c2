// What the browser keeps for us. Whatever it hands back is checked: a stranger may have written it.

const VERSION = 1;
const PREFIX = "crystal-forge:";
/** A match takes some 20,000 characters; what is much longer is not ours. */
const MAX_CHARACTERS = 200_000;

/** `read` throws for what is not of its kind; then, and where nothing is kept, `otherwise`. */
export function load<T>(name: string, read: (value: unknown) => T, otherwise: T): T {
  try {
    const text = localStorage.getItem(PREFIX + name);
    if (text === null || text.length > MAX_CHARACTERS) return otherwise;
    const kept = JSON.parse(text) as { version?: unknown; value?: unknown };
    return kept.version === VERSION ? read(kept.value) : otherwise;
  } catch {
    return otherwise;
  }
}

/** A browser may refuse (private window, full disk): the game goes on, and is not kept. */
export function store(name: string, value: unknown): void {
  try {
    localStorage.setItem(PREFIX + name, JSON.stringify({ version: VERSION, value }));
  } catch {
    // Nothing is lost but what would have survived a reload.
  }
}
