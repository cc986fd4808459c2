"""Breaks one line at a time and says which test turns red: `python tests/mutations.py`.

Run it in an installed-in-place checkout without changes of your own. Lines of `csrc` need
`--build COMMAND`, which brings the native module up to date; without it they are left out. Names
choose some of the table. Ends with 1 if a broken line turned no test red: then a test is missing.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
from pathlib import Path
from typing import Final, NamedTuple

ROOT: Final = Path(__file__).parents[1]


class Mutation(NamedTuple):
    """One line (or part of one) of a file, what takes its place, and the tests to ask."""

    name: str
    file: str
    old: str
    new: str
    tests: str


MUTATIONS: Final = (
    # Rules
    Mutation(
        "follow: the called suit follows its pips too",
        "csrc/game/declaration.h",
        "return !is_called(decl, domino) && shows(domino, suit);",
        "return shows(domino, suit);",
        "tests/game",
    ),
    Mutation(
        "trick: the lowest domino wins",
        "csrc/game/rank_order.h",
        "return highest(played & t.can_win[suit]);",
        "return lowest(played & t.can_win[suit]);",
        "tests/ops/test_play.py tests/game",
    ),
    Mutation(
        "count: 6-4 is worth nothing",
        "csrc/game/domino.h",
        "return sum == 5 || sum == 10 ? sum : 0;",
        "return sum == 5 || domino == 20 ? sum : 0;",
        "tests/game",
    ),
    Mutation(
        "state: the trick on the table may hold a slot twice",
        "csrc/game/state.h",
        "if (k < n_plays && (slot == NO_SLOT || (hand >> slot & 1)))",
        "if (k < n_plays && (slot == NO_SLOT))",
        "tests/game tests/ops/test_contract.py",
    ),
    # Search
    Mutation(
        "search: an upper bound at the target decides",
        "csrc/search/position.h",
        "  return *r < target;\n}",
        "  return *r <= target;\n}",
        "tests/ops/test_tablebase.py tests/ops/test_search.py",
    ),
    Mutation(
        "search: entries of other deals count",
        "csrc/search/position.h",
        "*found = entry.key() == key && entry.epoch() == table.epoch;",
        "*found = entry.key() == key;",
        "tests/ops/test_search.py tests/ops/test_search_games.py tests/oracle",
    ),
    Mutation(
        "search: the leader's partner is an opponent",
        "csrc/search/position.h",
        "const uint32_t partner = d.owner[q.leader + 2] & q.unplayed;\n"
        "  const uint32_t left = d.owner[q.leader + 1] & q.unplayed;",
        "const uint32_t partner = d.owner[q.leader + 1] & q.unplayed;\n"
        "  const uint32_t left = d.owner[q.leader + 2] & q.unplayed;",
        "tests/ops/test_tablebase.py tests/ops/test_search.py",
    ),
    Mutation(
        "search: the last seat stops at the target",
        "csrc/search/alpha_beta.h",
        "} while (value3 >= q.target && left3);",
        "} while (value3 > q.target && left3);",
        "tests/ops/test_tablebase.py tests/ops/test_search.py",
    ),
    # Hidden hands
    Mutation(
        "un-ranking: the last of each class falls to the next seat",
        "csrc/worlds/world_table.h",
        "in01 = 0u - (rest[k] < both);",
        "in01 = 0u - (rest[k] <= both);",
        "tests/ops/test_world_counts.py tests/ops/test_samplers.py",
    ),
    Mutation(
        "sampler: of two seats the first always takes",
        "csrc/worlds/sample.h",
        "take(choice & 1 ? high : low, domino);",
        "take(low, domino);",
        "tests/ops/test_samplers.py",
    ),
    Mutation(
        "sampler: row j does not depend on j",
        "csrc/worlds/sample.h",
        "RandomStream(key, j + k, static_cast<uint32_t>(Sampler::UNIFORM))",
        "RandomStream(key, k, static_cast<uint32_t>(Sampler::UNIFORM))",
        "tests/ops/test_samplers.py",
    ),
    # Claims and files
    Mutation(
        "claim: a held lock is no obstacle",
        "python/forge/work/locks.py",
        "        return False\n",
        "        return True\n",
        "tests/work",
    ),
    Mutation(
        "seat: no share of any legal play",
        "csrc/decide/by_policy.h",
        " + uniform / f.n_candidates;",
        " + 0 * uniform;",
        "tests/policy",
    ),
    Mutation(
        "seat: enumerated worlds race in their order",
        "csrc/decide/draw.h",
        "  if (plan.all && how.race) shuffle(worlds, n, key);\n",
        "  if (false) shuffle(worlds, n, key);\n",
        "tests/policy",
    ),
    Mutation(
        "seat: defenders want the contract made",
        "csrc/decide/values.h",
        "return of_defenders ? 1 - chance : chance;",
        "return chance + 0 * of_defenders;",
        "tests/policy",
    ),
    Mutation(
        "claim: a name that was replaced meanwhile is ours",
        "python/forge/work/atomic.py",
        "                if _is_open_file(temp, fd):\n",
        "                if _is_open_file(temp, fd) or True:\n",
        "tests/work",
    ),
    Mutation(
        "split: seed 950 is of val",
        "python/forge/work/seed_files.py",
        'return "val" if bucket < 950 else "test"',
        'return "val" if bucket <= 950 else "test"',
        "tests/oracle/shards tests/ml/test_tokenize.py",
    ),
    # Shards
    Mutation(
        "schema: rows picked come back in file order",
        "python/forge/oracle/shards/schema.py",
        "return Shard(metadata, states[back], values[back], q[back])",
        "return Shard(metadata, states, values, q)",
        "tests/oracle/shards tests/ml/test_tokenize.py",
    ),
    Mutation(
        "schema: a given deal need not agree",
        "python/forge/oracle/shards/schema.py",
        "deal.hands != metadata.deal().hands:",
        "deal.hands is None:",
        "tests/oracle/shards",
    ),
    # Losses and metrics
    Mutation(
        "loss: Q stays in the team-0 frame",
        "python/forge/ml/module.py",
        'error = q_pred.float() - acting_qvals(batch["qvals"], batch["teams"])',
        'error = q_pred.float() - batch["qvals"].float()',
        "tests/ml/test_module.py",
    ),
    Mutation(
        "loss of Stage 2: games held out are fitted",
        "python/forge/stage2/module.py",
        'fitted, unseen = batch["legal"] & ~held_out, batch["legal"] & held_out',
        'fitted, unseen = batch["legal"], batch["legal"] & held_out',
        "tests/stage2/test_module.py",
    ),
    Mutation(
        "metric: ten points are a blunder",
        "python/forge/ml/metrics.py",
        "(regret(scores, qvals, legal, teams) > BLUNDER_POINTS)",
        "(regret(scores, qvals, legal, teams) >= BLUNDER_POINTS)",
        "tests/ml/test_metrics.py",
    ),
    # Contract, posterior, transcripts
    Mutation(
        "contract: what is won does not move the target",
        "python/forge/game/contract.py",
        "return 2 * self.points - HAND_POINTS - (won - lost)",
        "return 2 * self.points - HAND_POINTS",
        "tests/game/test_contract.py tests/eq/test_objective.py",
    ),
    Mutation(
        "contract: one point less sets it",
        "python/forge/game/contract.py",
        "return self.points if team == 0 else HAND_POINTS + 1 - self.points",
        "return self.points if team == 0 else HAND_POINTS - self.points",
        "tests/game/test_contract.py",
    ),
    Mutation(
        "posterior: opponents play to our liking",
        "python/forge/eq/posterior.py",
        "sign = 1 - 2 * (games.seats[others, n_plays].long() & 1)",
        "sign = 2 * (games.seats[others, n_plays].long() & 1) - 1",
        "tests/eq/test_posterior.py",
    ),
    Mutation(
        "estimate: opponents play to our liking",
        "csrc/decide/estimate_row.cpp",
        "points[slot] = p.seat() & 1 ? -q[slot] : q[slot];",
        "points[slot] = p.seat() & 1 ? q[slot] : -q[slot];",
        "tests/eq/test_exact.py",
    ),
    Mutation(
        "estimate: a contract that is just made is set",
        "csrc/decide/estimate_row.cpp",
        "defends(seen_) ? 1 - target_of(seen_) : target_of(seen_)",
        "defends(seen_) ? -target_of(seen_) : target_of(seen_)",
        "tests/eq/test_exact.py tests/ops/test_estimate.py",
    ),
    Mutation(
        "estimate: batches have one key",
        "csrc/decide/estimate_row.cpp",
        "batch_key_ = combine_keys(key_, n_batches_);",
        "batch_key_ = key_;",
        "tests/eq/test_exact.py",
    ),
    Mutation(
        "sums: old squares are scaled once",
        "csrc/decide/sums.h",
        "squares_ *= old * old;",
        "squares_ *= old;",
        "tests/eq/test_exact.py",
    ),
    Mutation(
        "hidden dominoes: nothing is told",
        "csrc/decide/hidden_cpu.cpp",
        "add_world(seen, world, world.weight, after);",
        "add_world(seen, world, 1, after);",
        "tests/policy/test_hidden_dominoes.py",
    ),
    Mutation(
        "own play: defenders want the contract made",
        "python/forge/policy/own_play.py",
        "torch.where(defends, 1 - made, made)",
        "torch.where(defends, made, made)",
        "tests/policy/test_play_out.py",
    ),
    Mutation(
        "transcript: seats are absolute",
        "python/forge/play/transcript.py",
        "((games.seats.long() - players[:, None]) % N_SEATS)",
        "(games.seats.long() % N_SEATS)",
        "tests/play/test_transcript.py",
    ),
    # Bidding
    Mutation(
        "certain: a trump too few draws them all",
        "python/forge/bidding/certain.py",
        "return len(tops) >= len(followers)",
        "return len(tops) + 1 >= len(followers)",
        "tests/bidding/test_certain.py",
    ),
    Mutation(
        "certain: three others hold three dominoes of what is left",
        "python/forge/bidding/certain.py",
        "counts[: (N_SEATS - 1) * len(rest)]",
        "counts[: len(rest)]",
        "tests/bidding/test_certain.py",
    ),
    # The house
    Mutation(
        "door: leads to another room",
        "python/forge/oracle/rng.py",
        "from forge.game.rng import *",
        "from forge.game.tables import *",
        "tests/test_doors.py",
    ),
    Mutation(
        "layers: an import upwards",
        "python/forge/game/rng.py",
        "import ",
        "import forge.work.atomic\nimport ",
        "tests/test_layering.py",
    ),
    Mutation(
        "options: a bound that may not be reached may",
        "python/forge/options.py",
        "(self.above is None or number > self.above)",
        "(self.above is None or number >= self.above)",
        "tests/cli/test_options.py",
    ),
    Mutation(
        "registry: options after the colon are lost",
        "python/forge/arena/registry.py",
        "return KINDS[name].parse(rest if colon else None, find)",
        "return KINDS[name].parse(None, find)",
        "tests/arena/test_registry.py",
    ),
)


def verdict(mutation: Mutation, build: str | None) -> str:
    """The first test that turns red, or a word in capitals; the file is put back."""
    path = ROOT / mutation.file
    text = path.read_text()
    if mutation.old not in text:
        return "NOT FOUND"
    path.write_text(text.replace(mutation.old, mutation.new, 1))
    try:
        if build and mutation.file.startswith("csrc"):
            subprocess.run(build, shell=True, cwd=ROOT, check=True, capture_output=True)
        pytest = [sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider"]
        done = subprocess.run(
            [*pytest, *mutation.tests.split()], cwd=ROOT, capture_output=True, text=True
        )
    finally:
        path.write_text(text)
    red = re.search(r"^(?:FAILED|ERROR) (.+?)(?: - .*)?$", done.stdout, re.MULTILINE)
    return red[1] if red else "SURVIVED" if done.returncode == 0 else "NO TEST RAN"


def main() -> None:
    """Go through the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", help="parts of names; none: the whole table")
    parser.add_argument("--build", help="shell command that builds the native module")
    arguments = parser.parse_args()
    n_missed = 0
    for mutation in MUTATIONS:
        wanted = not arguments.names or any(part in mutation.name for part in arguments.names)
        if not wanted or (mutation.file.startswith("csrc") and not arguments.build):
            continue
        found = verdict(mutation, arguments.build)
        n_missed += found.isupper()
        print(f"{mutation.name} ({mutation.file}): {found}", flush=True)
    if arguments.build:
        subprocess.run(arguments.build, shell=True, cwd=ROOT, check=True, capture_output=True)
    sys.exit(n_missed > 0)


if __name__ == "__main__":
    main()
