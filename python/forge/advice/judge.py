"""Who judges plays as a seat sees them: a player that goes by worlds drawn alike."""

from __future__ import annotations

from dataclasses import replace

from forge.arena.players.seats import SeatPlayer
from forge.arena.registry import parse_player
from forge.errors import ForgeError
from forge.game.contract import Bid


def judge_of(player: str, bid: Bid, by_chance: bool = False) -> SeatPlayer:
    """The player, without a race: it would not look at bad plays long enough to tell how bad.

    Args:
        player: as it is written: `seat`, `make` or `eq`, with options.
        bid: what team 0 has promised.
        by_chance: whether it has to judge by the chance of the bid, as `eq` does not.

    Raises:
        ForgeError: for another player.
    """
    built = parse_player(player).build("cpu", bid)
    if isinstance(built, SeatPlayer) and not (by_chance and built.how.for_points):
        built.how = replace(built.how, race=False, prior=0.0)
        return built
    by, valid = "worlds that are drawn alike", "seat, make and eq,"
    if by_chance:
        by, valid = "the chance of the bid", "seat and make,"
    raise ForgeError(
        f"player {player!r} does not judge plays by {by}: valid are {valid} with n and what else "
        "they take, as in make:n=200"
    )
