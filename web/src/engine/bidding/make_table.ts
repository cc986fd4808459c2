// The chance to make each bid under each declaration, as forge.bidding.estimates.

import { worthOf } from "../../table/bids.ts";
import type { Declaration } from "../../table/types.ts";
import { NORMAL_999, pairedInterval, wilson } from "../numbers.ts";

export interface Chance {
  /** The chance to make it, and its 95 % interval from the number of deals. */
  p: number;
  low: number;
  high: number;
}

export interface Choice extends Chance {
  bid: number;
  decl: Declaration;
  /** Expected marks. */
  marks: number;
}

export class MakeTable {
  /**
   * @param n deals counted, by declaration
   * @param made how many of them made the bid, by declaration and bid
   * @param cells by declaration and bid
   */
  constructor(
    readonly decls: readonly Declaration[],
    readonly bids: readonly number[],
    readonly n: readonly number[],
    readonly made: readonly (readonly number[])[],
    readonly cells: readonly (readonly Chance[])[],
  ) {}

  /** Of counts: the share of deals is the chance. */
  static ofCounts(
    decls: readonly Declaration[], bids: readonly number[], n: readonly number[], made: readonly (readonly number[])[],
  ): MakeTable {
    const cells = made.map((row, i) =>
      row.map((hits) => {
        const [low, high] = wilson(hits, n[i]);
        return { p: hits / n[i], low, high };
      }),
    );
    return new MakeTable(decls, bids, n, made, cells);
  }

  at(row: number, column: number): Choice {
    const cell = this.cells[row][column];
    const bid = this.bids[column];
    return { ...cell, bid, decl: this.decls[row], marks: worthOf(bid, cell.p) };
  }

  /** The declaration with the best chance to make a bid; of equals the first. */
  bestDecl(bid: number): Choice {
    const column = this.bids.indexOf(bid);
    return this.at(greatest(this.cells.map((row) => row[column].p)), column);
  }

  /** The bid and declaration with the most marks, of some of the bids; of equals the lowest bid, then
   * the first declaration. */
  best(bids: readonly number[]): Choice {
    const found = bids.flatMap((bid) => this.decls.map((_, row) => this.at(row, this.bids.indexOf(bid))));
    return found[greatest(found.map(({ marks }) => marks))];
  }

  without(decls: readonly Declaration[]): MakeTable {
    const kept = <T>(rows: readonly T[]) => rows.filter((_, row) => !decls.includes(this.decls[row]));
    return new MakeTable(kept(this.decls), this.bids, kept(this.n), kept(this.made), kept(this.cells));
  }

  /** Every cell. */
  choices(): Choice[] {
    return this.decls.flatMap((_, row) => this.bids.map((_, column) => this.at(row, column)));
  }
}

/** Place of the greatest; of equals the first. */
export const greatest = (values: readonly number[]): number => values.indexOf(Math.max(...values));

/** Which rows make a bid more rarely than the best one, beyond doubt; over the same deals. */
export function clearlyWorse(made: readonly (readonly boolean[])[]): boolean[] {
  const n = made[0].length;
  const hits = made.map((row) => row.filter(Boolean).length);
  const best = made[greatest(hits)];
  return made.map((row) => {
    let [onlyRow, onlyBest] = [0, 0];
    row.forEach((is, i) => {
      if (is && !best[i]) ++onlyRow;
      if (!is && best[i]) ++onlyBest;
    });
    return pairedInterval(onlyRow, onlyBest, n, NORMAL_999)[1] < 0;
  });
}
