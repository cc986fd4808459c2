"""Decisions to measure Stage 2 networks on, with the game of each."""

from collections.abc import Sequence
from pathlib import Path

import torch

from forge.eq.records import read_record
from forge.errors import ForgeError
from forge.game.constants import N_PLAYS
from forge.game.deal import Deal
from forge.learn.batches import Batch
from forge.play.games import Games
from forge.play.keys import decision_keys
from forge.play.random_play import random_slots
from forge.play.transcript import transcript_tokens
from forge.stage2.data import DecisionSplit, decision_rows
from forge.work.wording import counted

# Games are made of that many decisions with a choice, or of more: 17 on average.
_LEAST_CHOICES = 14
_PURPOSE = 0


class JudgedDecisions(DecisionSplit):
    """The decisions of a split with the game of each: a column `games`, int64, numbers from 0.

    Args:
        folder: of `seed_*.pt` files.

    Raises:
        ForgeError: as `DecisionSplit`, or if a game is there twice.
    """

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        seeds: list[int] = []
        n_rows: list[int] = []
        worlds: set[int] = set()
        for path in sorted(folder.glob("seed_*.pt")):
            record = read_record(path)
            seeds += record.seeds
            for game in map(record.game, range(record.n_games)):
                n_rows.append(len(decision_rows(game)["targets"]))
            worlds.update(record["n_samples"][record["train_mask"]].tolist())
        if len(set(seeds)) < len(seeds):
            raise ForgeError(f"{folder}: a game is there twice: intervals would be too narrow")
        self.seeds = tuple(sorted(seeds))
        self.n_worlds = (min(worlds), max(worlds)) if worlds else (0, 0)
        self.columns["games"] = torch.arange(len(seeds)).repeat_interleave(torch.tensor(n_rows))

    @property
    def source(self) -> str:
        """What the decisions are, in words."""
        first, last = self.seeds[0], self.seeds[-1]
        seeds = f"seeds {first}-{last}" if last - first == len(self.seeds) - 1 else "several seeds"
        if first == last:
            seeds = f"seed {first}"
        few, many = self.n_worlds
        worlds = counted(many, "world") if few == many else f"{few:,} to {many:,} worlds"
        oracle = self.settings.get("oracle") or "an unknown oracle"
        return f"{counted(len(self.seeds), 'game')}, {seeds}; E[Q] over {worlds}, oracle {oracle}"


class PlayedDecisions:
    """Decisions with a choice in games of random play: `tokens` and `legal`, no labels.

    Args:
        n: how many are wanted; there are a few more, or fewer.
    """

    def __init__(self, n: int) -> None:
        seeds = torch.arange(-(-n // _LEAST_CHOICES))
        games = Games.start(
            [Deal.from_seed(seed) for seed in seeds.tolist()], (seeds % 10).tolist()
        )
        parts = []
        for n_plays in range(N_PLAYS):
            rows = games.legal.sum(dim=1) > 1
            tokens, _ = transcript_tokens(games)
            parts.append((tokens[rows], games.legal[rows]))
            games = games.play(random_slots(games, decision_keys(seeds, n_plays, _PURPOSE)))
        tokens, legal = (torch.cat(each) for each in zip(*parts, strict=True))
        self.columns: Batch = {"tokens": tokens, "legal": legal}
        self.source = f"games of random play, seeds 0-{len(seeds) - 1}, without labels"

    def __len__(self) -> int:
        return len(self.columns["tokens"])

    def __getitems__(self, indices: Sequence[int]) -> Batch:
        rows = torch.as_tensor(indices)
        return {name: column[rows] for name, column in self.columns.items()}
