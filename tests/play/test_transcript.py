"""Stage 2 tokens against a slow account of the game, and back."""

import pytest
import torch

from forge.errors import ForgeError
from forge.play.transcript import MAX_TOKENS, read_transcript, transcript_tokens
from reference import packing
from reference.rules import Domino, domino_id
from support.lines import Line, random_lines, replayed, seat_to_act, slot_between

LINES = random_lines(20, seed=21)
COUNT_CLASS = {5: 1, 10: 2}


def face(domino: Domino) -> list[int]:
    """Features 0..3 of a domino."""
    high, low = max(domino), min(domino)
    points = sum(domino) if sum(domino) in (5, 10) else 0
    return [high, low, int(high == low), COUNT_CLASS.get(points, 0)]


def slow_tokens(line: Line, n_plays: int) -> list[list[int]]:
    """The rows of a transcript, by the table of the format."""
    me = seat_to_act(line.states[n_plays])
    rows = [[0, 0, 0, 0, 0, 0, line.decl, 0]]
    for slot in sorted(packing.unpack(line.states[n_plays]).hands[me]):
        rows.append([*face(line.deal[me][slot]), 0, 1, line.decl, 1])
    for before, after in zip(line.states[:n_plays], line.states[1:], strict=False):
        seat = seat_to_act(before)
        domino = line.deal[seat][slot_between(before, after)]
        rows.append([*face(domino), (seat - me) % 4, 0, line.decl, 2])
    return rows


@pytest.mark.parametrize("n_plays", [0, 1, 3, 4, 7, 10, 13, 18, 22, 25, 27])
def test_tokens_and_back(n_plays: int) -> None:
    tokens, lengths = transcript_tokens(replayed(LINES, n_plays))
    assert tokens.shape == (len(LINES), MAX_TOKENS, 8) and tokens.dtype == torch.int8
    for i, line in enumerate(LINES):
        rows = slow_tokens(line, n_plays)
        assert int(lengths[i]) == len(rows)
        assert tokens[i, : len(rows)].tolist() == rows
        assert not tokens[i, len(rows) :].any()
        transcript = read_transcript(tokens[i], len(rows))
        me = seat_to_act(line.states[n_plays])
        held = sorted(packing.unpack(line.states[n_plays]).hands[me])
        assert transcript.decl == line.decl
        assert transcript.hand == tuple(domino_id(line.deal[me][slot]) for slot in held)
        assert transcript.plays == tuple(
            ((seat_to_act(before) - me) % 4, domino_id(line.deal[seat_to_act(before)][slot]))
            for before, after in zip(line.states[:n_plays], line.states[1:], strict=False)
            for slot in (slot_between(before, after),)
        )


def test_what_is_no_transcript() -> None:
    tokens, lengths = transcript_tokens(replayed(LINES[:1], 6))
    good, length = tokens[0], int(lengths[0])
    with pytest.raises(ForgeError, match="a transcript is int8"):
        read_transcript(good[:20], length)
    for bad_length in (0, 37):
        with pytest.raises(ForgeError, match="length"):
            read_transcript(good, bad_length)
    for at, feature, value, words in (
        (0, 7, 1, "declaration token"),
        (1, 7, 2, "then the hand, then the plays"),
        (3, 7, 0, "declaration token"),
        (2, 0, 7, "is no domino"),
        (2, 1, -1, "is no domino"),
    ):
        bad = good.clone()
        bad[at, feature] = value
        with pytest.raises(ForgeError, match=words):
            read_transcript(bad, length)
    twice = good.clone()
    twice[2, :4] = twice[1, :4]
    with pytest.raises(ForgeError, match="twice"):
        read_transcript(twice, length)
