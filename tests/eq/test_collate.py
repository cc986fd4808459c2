"""Decisions from records alone, and games from transcripts alone."""

from dataclasses import replace

import pytest
import torch
from torch import Tensor

from forge.eq.collate import (
    check_record,
    estimate_again,
    game_before,
    game_of_transcript,
    replays,
)
from forge.eq.oracle import ExactOracle
from forge.eq.records import EqRecord
from forge.eq.settings import AdaptiveConfig, GameSettings, PosteriorConfig
from forge.errors import ForgeError
from forge.play.transcript import Transcript, read_transcript, transcript_tokens
from support.lines import random_lines, replayed
from support.records import SEEDS, few_worlds, played, small_record

ADAPTIVE = AdaptiveConfig(min_samples=4, max_samples=9, batch_size=3, sem_threshold=4.0)


def changed(record: EqRecord, name: str, row: int, value: Tensor | float) -> EqRecord:
    """The record with one row of a field set."""
    column = record[name].clone()
    column[row] = value
    return replace(record, decisions={**record.decisions, name: column})


def test_replayed_games_are_the_recorded_ones() -> None:
    record = small_record()
    for k, games in enumerate(replays(record)):
        rows = torch.arange(record.n_games) * 28 + k
        assert torch.equal(games.players, record["player"][rows])
        assert torch.equal(games.legal, record["legal_mask"][rows])
        assert torch.equal(transcript_tokens(games)[0], record["transcript_tokens"][rows])
        alone = game_before(record, 28 + k)
        assert torch.equal(alone.states, games.states[1:2])
        assert torch.equal(alone.excluded, games.excluded[1:2])
    check_record(record)


@pytest.mark.parametrize(
    "settings",
    [
        few_worlds(),
        few_worlds(6, policy="boltzmann", posterior=PosteriorConfig()),
        few_worlds(adaptive=ADAPTIVE, sampler="mrv"),
        few_worlds(enumerate=True, enum_threshold=50),
    ],
    ids=["greedy", "posterior", "adaptive", "enumerate"],
)
def test_a_decision_made_again_gives_the_same_numbers(settings: GameSettings) -> None:
    record = played(SEEDS[:2], settings)
    for row in (0, 9, 22, 28, 41, 52, 55):
        again = estimate_again(record, row, ExactOracle())
        assert torch.equal(again.mean.nan_to_num(0.0).float()[0], record["e_q_mean"][row])
        assert torch.equal(again.summary.var.nan_to_num(0.0).float()[0], record["e_q_var"][row])
        assert torch.equal(again.summary.pdf.float()[0], record["e_q_pdf"][row])
        assert torch.equal(again.summary.ess.float()[0], record["ess"][row])
        assert int(again.summary.n_worlds[0]) == int(record["n_samples"][row])
        assert bool(again.complete[0]) == bool(record["complete"][row])


def test_made_again_by_the_same_oracle_with_settings_only() -> None:
    record = small_record()
    with pytest.raises(ForgeError, match="not the settings"):
        estimate_again(replace(record, settings={}), 0, ExactOracle())
    theirs = replace(record, settings={**record.settings, "oracle": "net.ckpt"})
    with pytest.raises(ForgeError, match=r"made with oracle net\.ckpt, not exact"):
        estimate_again(theirs, 0, ExactOracle())
    with pytest.raises(ForgeError, match="there are 84"):
        game_before(record, 84)


def test_a_record_that_breaks_the_rules() -> None:
    record = small_record()
    legal = record["legal_mask"]
    row = int((~legal).any(dim=1).nonzero()[0])
    illegal = int((~legal[row]).nonzero()[0])
    with pytest.raises(ForgeError, match=rf"decision {row % 28} breaks the rules"):
        check_record(changed(record, "action_taken", row, illegal))
    # A legal play that was not made: what comes after does not follow from it.
    row = int((legal.sum(dim=1) > 1).nonzero()[0])
    other = next(
        slot for slot in range(7) if legal[row, slot] and slot != int(record["action_taken"][row])
    )
    with pytest.raises(ForgeError, match=r"does not follow from the plays|breaks the rules"):
        check_record(changed(record, "action_taken", row, other))
    for name, value in (
        ("player", 2),
        ("legal_mask", False),
        ("transcript_tokens", 0),
        ("transcript_lengths", 9),
    ):
        with pytest.raises(ForgeError, match=rf"seed 7, decision 0: {name} does not follow"):
            check_record(changed(record, name, 0, value))


@pytest.mark.parametrize("n_plays", [0, 1, 2, 3, 4, 9, 14, 19, 24, 27])
def test_a_game_of_a_transcript_is_the_same_to_its_seat(n_plays: int) -> None:
    lines = random_lines(12, seed=31)
    games = replayed(lines, n_plays)
    tokens, lengths = transcript_tokens(games)
    for i in range(len(lines)):
        found = game_of_transcript(read_transcript(tokens[i], int(lengths[i])))
        assert torch.equal(transcript_tokens(found)[0][0], tokens[i])
        assert torch.equal(found.players, games.players[i : i + 1])
        assert torch.equal(found.plays, games.plays[i : i + 1])
        assert torch.equal(found.legal, games.legal[i : i + 1])
        for mine, true in zip(found.hidden(), games.take(torch.tensor([i])).hidden(), strict=True):
            assert torch.equal(mine, true)


def ids(*names: str) -> tuple[int, ...]:
    """Domino ids of names such as 6-4."""
    pips = [tuple(map(int, name.split("-"))) for name in names]
    return tuple(high * (high + 1) // 2 + low for high, low in pips)


SIXES = 6
HAND = ids("6-6", "6-5", "5-5", "4-4", "3-3", "2-2", "1-1")
LOW_HAND = ids("0-0", "1-0", "1-1", "2-0", "2-1", "2-2", "3-0")


def line(*plays: tuple[int, str]) -> tuple[tuple[int, int], ...]:
    """Plays of relative seats."""
    return tuple((seat, ids(name)[0]) for seat, name in plays)


@pytest.mark.parametrize(
    ("transcript", "words"),
    [
        (Transcript(10, HAND, ()), r"declarations are 0\.\.9"),
        (Transcript(SIXES, HAND[1:], ()), "shown are 6, 0, 0, 0"),
        (Transcript(SIXES, HAND, line((0, "6-0"))), "shown are 8, 0, 0, 0"),
        (Transcript(SIXES, HAND, line((4, "6-4"))), r"relative seats are 0\.\.3"),
        (
            Transcript(SIXES, HAND, line((3, "6-4"), (2, "5-4"))),
            "play 1, 5-4, was made out of turn",
        ),
        (Transcript(SIXES, HAND, line((1, "5-4"), (2, "5-1"))), "not the turn of the seat"),
        (
            # The own 4-4 on a five, with the 5-5 in hand.
            Transcript(
                SIXES,
                tuple(domino for domino in HAND if domino != ids("4-4")[0]),
                line((3, "5-4"), (0, "4-4"), (1, "5-1"), (2, "5-2")),
            ),
            "play 1, 4-4, does not follow the lead",
        ),
        (
            # Another seat throws the 4-4 on a five and plays a five later.
            Transcript(
                SIXES,
                LOW_HAND[:-1],
                line((1, "5-4"), (2, "4-4"), (3, "5-2"), (0, "3-0"))
                + line((1, "5-3"), (2, "5-1"), (3, "5-0")),
            ),
            "play 1, 4-4, does not follow the lead",
        ),
        (
            # Nobody follows a five and nobody follows a four: all of them must be with the leader,
            # who does not hold so many.
            Transcript(
                SIXES,
                LOW_HAND[:-1],
                line((1, "5-4"), (2, "4-4"), (3, "4-3"), (0, "3-0"))
                + line((1, "4-2"), (2, "3-3"), (3, "3-2")),
            ),
            "no hidden hands fit what was played",
        ),
    ],
)
def test_a_transcript_that_breaks_the_rules(transcript: Transcript, words: str) -> None:
    with pytest.raises(ForgeError, match=words) as told:
        game_of_transcript(transcript)
    assert "\n" not in str(told.value)
