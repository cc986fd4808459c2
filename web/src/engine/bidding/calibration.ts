// From the share of deals that perfect play makes to the chance at a table, as
// forge.bidding.calibration.logistic, from the same file.

import { HAND_POINTS, LOWEST_BID, pointsOf } from "../../table/bids.ts";
import { DECLARATION_NAMES } from "../../table/declarations.ts";
import type { Rules } from "../../table/rules.ts";
import { TableError, type Declaration, type Domino } from "../../table/types.ts";
import { expit, logit } from "../numbers.ts";
import { certainPoints } from "./certain.ts";
import { MakeTable, type Chance } from "./make_table.ts";

const FORMAT = "forge bidding calibration";
const VERSION = 1;
const N_POINT_BIDS = HAND_POINTS - LOWEST_BID + 1;

type Lines = Readonly<Record<string, readonly number[]>>;

const classOf = (decl: Declaration): string => (decl <= 6 ? "pip trump" : DECLARATION_NAMES[decl]);

export class Calibration {
  constructor(
    readonly intercepts: Lines,
    readonly slopes: Lines,
  ) {
    for (const lines of [intercepts, slopes])
      for (let decl = 0; decl < DECLARATION_NAMES.length; ++decl) {
        const line = lines?.[classOf(decl)];
        if (!Array.isArray(line) || line.length !== N_POINT_BIDS || !line.every(Number.isFinite))
          throw new TableError(`the calibration has not ${N_POINT_BIDS} numbers for ${classOf(decl)}`);
      }
  }

  /** @throws TableError for another file, or a damaged one */
  static read(text: string): Calibration {
    let values;
    try {
      values = JSON.parse(text);
    } catch {
      throw new TableError("the calibration is cut short or damaged");
    }
    if (values?.format !== FORMAT || values.version !== VERSION)
      throw new TableError(`the calibration is no ${FORMAT} of version ${VERSION}`);
    return new Calibration(values.intercepts, values.slopes);
  }

  /** The chance at a table, given the share of n deals that perfect play makes. */
  chance(share: number, n: number, bid: number, decl: Declaration): number {
    const column = pointsOf(bid) - LOWEST_BID;
    const name = classOf(decl);
    return expit(this.intercepts[name][column] + this.slopes[name][column] * logit((share * n + 0.5) / (n + 1)));
  }

  /** A table of perfect play as chances at a table. What the hand cannot lose has the chance 1, and
   * a higher bid is never made more often than a lower one. */
  apply(rules: Rules, table: MakeTable, hand: readonly Domino[]): MakeTable {
    const cells = table.cells.map((row, i) => {
      const decl = table.decls[i];
      const certain = certainPoints(rules, hand, decl);
      const least: Chance = { p: 1, low: 1, high: 1 };
      return row.map((cell, column) => {
        const bid = table.bids[column];
        for (const end of ["p", "low", "high"] as const) {
          const found = certain >= pointsOf(bid) ? 1 : this.chance(cell[end], table.n[i], bid, decl);
          least[end] = Math.min(least[end], found);
        }
        return { ...least };
      });
    });
    return new MakeTable(table.decls, table.bids, table.n, table.made, cells);
  }
}
