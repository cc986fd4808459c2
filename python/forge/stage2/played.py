"""Plays to imitate: of E[Q] games that a player played, and of hands of `forge play-hands`."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import torch
from torch import Tensor

from forge.eq.records import EqRecord
from forge.errors import ForgeError
from forge.game.constants import N_SEATS, N_SLOTS
from forge.game.contract import LOWEST_BID
from forge.learn.batches import Batch
from forge.play.transcript import transcript_tokens
from forge.policy.choices import choices_of
from forge.policy.folders import hand_files
from forge.policy.played_hands import load_hands
from forge.policy.self_play import PlayedHands

# Of each hundred hands the last so many are for validation.
_HELD_OUT: Final = 5
_NOT_PLAYED: Final = -1


def choice_rows(record: EqRecord) -> Tensor:
    """Bool [N]: the decisions of a record that are to be learnt from and were a choice."""
    return record["train_mask"] & (record["legal_mask"].sum(dim=1) > 1)


def played_by(record: EqRecord) -> Batch:
    """What was played in the decisions of a record that were a choice, to imitate.

    Returns:
        By name, [K, ...]: `valued` bool, true: there is an E[Q]; `slots` int64, the slot that the
        player chose, -1 where no player was named or chance made another play; `chances` float32
        [7], NaN: nobody told them.
    """
    rows = choice_rows(record)
    n = int(rows.sum())
    slots = torch.full((n,), _NOT_PLAYED)
    if record.settings.get("player"):
        wanted = record["exploration_mode"][rows] == 0
        slots = torch.where(wanted, record["action_taken"][rows].long(), slots)
    return {
        "valued": torch.ones(n, dtype=torch.bool),
        "slots": slots,
        "chances": torch.full((n, N_SLOTS), torch.nan),
    }


def hand_rows(folders: str, held_out: bool) -> Batch:
    """Decisions of played hands for the lowest bid, which is the one that transcripts are about.

    Args:
        folders: of forge play-hands, separated by commas.
        held_out: those for validation, or the others.

    Returns:
        as `decision_rows` and `played_by`; `valued` is false, and what is about E[Q] is 0.

    Raises:
        ForgeError: for a folder without files, a damaged file, or no hand of that bid.
    """
    parts = [
        part for path in hand_files(folders) for part in _rows_of(load_hands(path), path, held_out)
    ]
    if not parts:
        raise ForgeError(
            f"{folders}: no hands were played for {LOWEST_BID}: forge play-hands makes them"
        )
    return {name: torch.cat([part[name] for part in parts]) for name in parts[0]}


def _rows_of(hands: PlayedHands, path: Path, held_out: bool) -> list[Batch]:
    number = torch.arange(len(hands))
    wanted = hands.bids == LOWEST_BID.number
    wanted &= (number % 100 >= 100 - _HELD_OUT) == held_out
    some = PlayedHands(**{name: column[wanted] for name, column in vars(hands).items()})
    parts: list[Batch] = []
    try:
        for choices in choices_of(some):
            tokens, _ = transcript_tokens(choices.games)
            n = len(choices.slots)
            zeros = torch.zeros(n, N_SLOTS)
            parts.append(
                {
                    "tokens": tokens.to(torch.int8),
                    "legal": choices.games.legal,
                    **dict.fromkeys(("mean", "noise", "spread"), zeros),
                    "targets": choices.slots,
                    "tricks": torch.full((n,), choices.games.n_plays // N_SEATS),
                    "held_out": torch.zeros(n, dtype=torch.bool),
                    "valued": torch.zeros(n, dtype=torch.bool),
                    "slots": choices.slots,
                    "chances": choices.chances,
                }
            )
    except ForgeError as error:
        raise ForgeError(f"{path}: {error}") from error
    return parts
