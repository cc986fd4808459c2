// Who sits there: the level of each of the other three.

import type { Level } from "../../engine/types.ts";
import { engine, levelInfo, prepare, readiness } from "../engine.ts";
import { change, settings } from "../settings.ts";
import { SEAT_NAMES } from "../words.ts";
import { List } from "./choices.tsx";

export function LevelChoices() {
  const { levels } = settings.value;
  const options = engine().levels().map((each) => [each.level, each.name] as const);
  const used = engine().levels().filter((each) => levels.includes(each.level));

  function choose(place: number, level: Level): void {
    const next = [...levels] as typeof levels;
    next[place] = level;
    change({ levels: next });
    prepare([level]);
  }

  return (
    <div class="levels">
      <div class="level-seats">
        {levels.map((level, place) => (
          <List
            key={place}
            label={SEAT_NAMES[place + 1]}
            value={level}
            options={options}
            describedBy="levels-say"
            onChange={(value) => choose(place, value)}
          />
        ))}
      </div>
      <ul class="levels-say" id="levels-say">
        {used.map((each) => (
          <li key={each.level} class="small muted"><b>{each.name}</b>: {each.says} <Ready level={each.level} /></li>
        ))}
      </ul>
    </div>
  );
}

/** What of a level's files is there yet, and what went wrong. */
function Ready({ level }: { level: Level }) {
  const now = readiness.value[level];
  const { download } = levelInfo(level);
  if (typeof now === "object") {
    return <span class="failed" role="status">It cannot be used: {now.failed}. The other levels play on.</span>;
  }
  if (now === "ready" || download === 0) return null;
  const size = `${(download / 1e6).toFixed(1)} MB`;
  if (now === undefined) return <span>Fetches {size} when first used.</span>;
  return <span role="status">Fetching {size}: {Math.round(100 * now)} %</span>;
}
