"""Commands that print paths, with what they need, in a folder of a name that is hard to print."""

from __future__ import annotations

from pathlib import Path

from forge.game.deal import Deal

# Styles and emoji of rich, a percent sign, and a link: none of it is more than a name.
ODD = "[red]x[/y] :boom: %s [link=z]"
HAND = "6-4,5-5,4-2,3-1,2-0,1-1,0-0"
SMALL = "--embed-dim 12 --n-heads 2 --n-layers 1 --ff-dim 8 --batch-size 5 --epochs 1"
# In order: later ones read what earlier ones wrote. `@` is the folder. Words that must be printed
# as they stand follow the bar; an indented line goes on with the one before.
LINES = (
    """
generate-eq --output @/e.pt --n-samples 3 | @/e.pt: 1 game,
generate-eq-continuous --output-dir @/eq --limit 1 --n-samples 3 | 1 game: 28 decisions,
generate-eq-continuous --output-dir @/eq --limit 1 --n-samples 3 --start-seed 900 | 1 game: 28
generate-eq-continuous --output-dir @/eq --dry-run | @/eq: 2 games
render-eq --dataset @/e.pt --overload --output-dir @/r | @/r/game_00000000_decision_00.png
view @/e.pt --decision 3 | e.pt
analyze-eq --data @/e.pt --worlds 2,3 --output @/an --decisions-per-trick 1 --repeats 2
    --enum-limit 100 --no-plots
    | wrote @/an: analysis.json
arena random random --games 1 --workers 1 --out @/a.jsonl | 1 deal, each played twice
arena random random --games 2 --workers 1 --out @/a.jsonl | going on with @/a.jsonl: 1 deal of 2
tournament random greedy-points --games 1 --workers 1 --plot @/t.png | 2 players, 1
bid-parallel --seeds 0:1 --samples 2 --workers 1 --output @/h.jsonl
    | @/h.jsonl: 1 hand, 1 of them now
bid-continuous --limit 1 --samples 2 --output @/bid | 1 hand in
bid-continuous --dry-run --output @/bid | @/bid: 1 hand
bid-convergence --samples 10 --resamples 10 --sizes 2 --plot @/c.png | drawn: @/c.png
bid-poster --hand HAND --samples 2 --output @/p.pdf | @/p.pdf: written
bid-calibrate play --out @/cal --hands 1 --player random --deals 2 --workers 1
    | @/cal: 1 hand, 1 of them now
train-eq --data @/eq --run-dir @/runs SMALL | run: @/runs/eq/version_0
train --data @/tok --run-dir @/runs SMALL | run: @/runs/domino/version_0
eval --checkpoint @/runs/domino/version_0/checkpoints/last.ckpt --data @/tok --no-plots --out @/ev
    | wrote @/ev: evaluation.json
eval --checkpoint @/runs/eq/version_0/checkpoints/last.ckpt --data @/eq --out @/ev
    | wrote @/ev: evaluation.json
promote --checkpoint @/runs/domino/version_0/checkpoints/last.ckpt --to @/models --data @/tok
    | @/models/domino-
catalog --dir @/models | domino-
generate-continuous --dry-run --output-dir @/shards | @/shards: 5 shards
tokenize --input @/shards --output @/t --max-samples-per-shard 10 | @/t holds train 30
tokenize --input @/shards --output @/t --max-samples-per-shard 10 --dry-run | @/t: nothing to do
verify @/shards/train/none.parquet | there is no file @/shards/train/none.parquet
play-hands --output @/hands --worlds 1 --pool 1 | 1,000 hands in @/hands
play-hands --output @/hands --worlds 1 --pool 1 | going on with @/hands: 1,000 hands of 1,000
train-policy --data @/hands --output @/s.policy --epochs 1 | @/s.policy written
refine-policy --output @/own --rounds 1 --hands 100 --data @/hands
    | 1 of 1 round; the policy is @/own/refined.policy
refine-policy --output @/own --rounds 1 --hands 100 --data @/hands
    | going on with @/own: 1 of 1 round
eval-policy --policy @/s.policy --data @/hands | nats
policy-curve --data @/hands --hands 100 --epochs 1 --out @/curve | @/curve.json and .png written
export --checkpoint @/runs/domino/version_0/checkpoints/last.ckpt --onnx @/x.onnx
    --variants fp32 --positions 20 --data @/tok
    | card: @/x.md
auction --hand HAND --samples 1 | 1 deal around your hand
bid-evaluate --hand HAND --samples 1 --player random --workers 1 | 1 deal a trump
bid-investigate --hand HAND --trump 3 --samples 1 | of 1 deal (seed 0)
solve --deal DEAL --decl 3 | seat 0 to act
catalog | policy of seats
info | devices
""".strip()
    .replace("\n    ", " ")
    .splitlines()
)


def words_of(line: str, folder: Path | str) -> tuple[list[str], str]:
    """A line as words, and what must be printed."""
    typed, _, printed = line.partition(" | ")
    words = []
    for word in typed.replace("SMALL", SMALL).split():
        word = {"HAND": HAND, "DEAL": Deal.from_seed(0).text}.get(word, word)
        words.append(word.replace("@", str(folder)))
    return words, printed.replace("@", str(folder))
