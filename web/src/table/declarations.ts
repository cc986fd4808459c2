// Names of the ten declarations, as forge.game.declarations has them.

import { quoted } from "./dominoes.ts";
import { TableError, type Declaration } from "./types.ts";

export const DECLARATION_NAMES = [
  "blanks",
  "ones",
  "twos",
  "threes",
  "fours",
  "fives",
  "sixes",
  "doubles-trump",
  "doubles-suit",
  "notrump",
] as const;

const ALIASES: ReadonlyMap<string, Declaration> = new Map([
  ...DECLARATION_NAMES.map((name, decl): [string, number] => [name, decl]),
  ...DECLARATION_NAMES.map((_, decl): [string, number] => [String(decl), decl]),
  ["doubles", 7],
  ["dt", 7],
  ["ds", 8],
  ["no-trump", 9],
  ["nt", 9],
  ["follow-me", 9],
]);

/** The name that texts and links have. */
export function declarationName(decl: Declaration): string {
  // A text such as "6" is an index too, and no number.
  const name = typeof decl === "number" ? DECLARATION_NAMES[decl] : undefined;
  if (name === undefined) throw new TableError(`declaration id must be 0..9, got ${decl}`);
  return name;
}

/** By name (whatever its case), alias or number; words may be joined by a blank or `_` too. */
export function parseDeclaration(text: string): Declaration {
  const found = ALIASES.get(text.trim().toLowerCase().replace(/[ _]+/g, "-"));
  if (found === undefined)
    throw new TableError(
      `unknown declaration ${quoted(text)}; valid are ${DECLARATION_NAMES.join(", ")} ` +
        "(or follow-me), or an id 0..9",
    );
  return found;
}
