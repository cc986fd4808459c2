"""What to play now, from what the player may know."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import Any, Final

from torch import Tensor

from forge import ops
from forge.advice.contrast import Contrast, contrast_of
from forge.advice.judge import judge_of
from forge.advice.seat_view import DEFAULT_PLAYER, SeatView
from forge.eq.collate import game_of_transcript
from forge.eq.estimate import possible_worlds
from forge.eq.objective import contract_chances, make_targets
from forge.eq.oracle import ExactOracle
from forge.eq.settings import EstimateConfig
from forge.game.constants import N_SLOTS
from forge.game.tables import domino_name
from forge.play.games import Games
from forge.play.keys import decision_keys, seed_tensor
from forge.play.seen import needed_by, seen_by
from forge.play.transcript import Transcript
from forge.work.wording import counted, listed

# What keys are for, beside those of other rooms.
_ADVICE: Final = 50


@dataclass(frozen=True)
class PlayAdvice:
    """One legal play.

    Args:
        domino: its id.
        chance: that the **acting side** gets what it wants of the bid; None: this player does not
            judge by it.
        error: standard error of the chance from the number of worlds; 0 where all were judged.
        points: E[Q] in the **acting-team frame**, where the player judges by it.
    """

    domino: int
    chance: float | None
    error: float | None
    points: float | None

    @property
    def name(self) -> str:
        """`6-4`."""
        return domino_name(self.domino)

    def __str__(self) -> str:
        if self.chance is None:
            return f"{self.name}  {self.points:+.2f} points"
        give_or_take = f" +- {100 * self.error:.1f}" if self.error else ""
        return f"{self.name}  {100 * self.chance:5.1f} %{give_or_take}"

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return {
            "domino": self.name,
            "chance": self.chance,
            "error": self.error,
            "points": self.points,
        }


@dataclass(frozen=True)
class Advice:
    """What a player would do, and why.

    Args:
        view: the decision.
        player: who judged, as it is written.
        plays: the legal ones, best first.
        n_worlds: judged by.
        n_possible: hidden hands that fit.
        contrast: of the best two plays; None where there is one, or nothing between their chances.
    """

    view: SeatView
    player: str
    plays: tuple[PlayAdvice, ...]
    n_worlds: int
    n_possible: int
    contrast: Contrast | None

    @property
    def best(self) -> PlayAdvice:
        """The play to make."""
        return self.plays[0]

    @property
    def is_close(self) -> bool:
        """Whether the second play may be as good: within two standard errors."""
        if len(self.plays) < 2:
            return False
        first, second = self.plays[:2]
        if first.chance is None or second.chance is None:
            return False
        assert first.error is not None and second.error is not None
        return first.chance - second.chance <= 2 * math.hypot(first.error, second.error)

    @property
    def sentence(self) -> str:
        """What to play and why, in words."""
        parts = [self.what]
        if self.contrast is not None:
            parts.append(self.contrast.sentence)
        return " ".join(parts)

    @property
    def what(self) -> str:
        """What to play, in words."""
        best, view = self.best, self.view
        if len(self.plays) == 1:
            return f"{best.name} is the only legal play."
        left = view.points_left
        bid = view.bid.text
        if view.standing != "open":
            return f"The bid of {bid} is {view.standing} already: {best.name} brings most points."
        need = f"Your side needs {counted(left, 'more point')}"
        goal = f"to {view.wanted} the bid of {bid}"
        if best.chance is None:
            alike = [play.name for play in self.plays[1:] if play.points == best.points]
            same = f", {listed(alike)} as many" if alike else ""
            return f"{need} {goal}. {best.name} brings most points on average{same}."
        if best.chance == 0.0:
            return f"{need} {goal}, and no play brings them in any deal that was looked at."
        alike = [play.name for play in self.plays[1:] if play.chance == best.chance]
        told = f"{need} {goal}. {best.name} does it {_times(best)}"
        if len(alike) == len(self.plays) - 1:
            return f"{told}, and so does any other play."
        if alike:
            return f"{told}, and as often {listed(alike)}."
        second = self.plays[1]
        if self.is_close:
            return f"{told}; {second.name} may do as well."
        assert second.chance is not None
        return f"{told}, {second.name} {100 * second.chance:.0f}."

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return {
            "player": self.player,
            "wanted": self.view.wanted,
            "bid": self.view.bid.number,
            "points_left": self.view.points_left,
            "plays": [play.to_json() for play in self.plays],
            "n_worlds": self.n_worlds,
            "n_possible": self.n_possible,
            "sentence": self.sentence,
            "contrast": None if self.contrast is None else self.contrast.to_json(),
        }

    def __str__(self) -> str:
        return "\n".join([self.sentence, *map(str, self.plays)])

    def _repr_html_(self) -> str:
        rows = "".join(
            f"<tr><td>{play.name}</td><td>{_percent(play.chance)}</td>"
            f"<td>{'' if not play.error else f'&plusmn; {100 * play.error:.1f}'}</td></tr>"
            for play in self.plays
        )
        head = f"<tr><th>play</th><th>{self.view.wanted}s</th><th></th></tr>"
        return f"<p>{escape(self.sentence)}</p><table>{head}{rows}</table>"


def _times(play: PlayAdvice) -> str:
    """`84 times in 100`; all or none only where every deal was looked at."""
    assert play.chance is not None
    if play.error and play.chance > 0.995:
        return "in all or nearly all deals"
    return f"{100 * play.chance:.0f} times in 100"


def _percent(chance: float | None) -> str:
    return "" if chance is None else f"{100 * chance:.1f} %"


def advise_play(view: SeatView, player: str = DEFAULT_PLAYER, seed: int = 0) -> Advice:
    """What to play.

    Args:
        view: the decision.
        player: who judges: `seat`, `make` or `eq` by worlds that are drawn alike, with options.
        seed: of the worlds.

    Raises:
        ForgeError: for another player, or if no hidden hands fit what was played.
    """
    games = games_of(view)
    judge = judge_of(player, view.bid)
    keys = decision_keys(seed_tensor(seed), len(view.plays), _ADVICE)
    n_possible = int(possible_worlds(games)[0])
    if len(view.legal) == 1:
        n = min(judge.how.n_worlds, n_possible)
        only = _of_one(view, games, keys, n, n == n_possible)
        return Advice(view, player, (only,), n, n_possible, None)
    seen = seen_by(games, needed_by(view.bid, 1))
    found = ops.decide(*seen, keys, judge.weights, **vars(judge.how))
    n_worlds = int(found.n_worlds[0])
    is_decided = view.standing != "open"
    is_exact = is_decided or (judge.weights is None and n_worlds == n_possible)
    effective = math.inf if is_exact else float(found.effective[0])
    plays = _ranked(view, found.chances[0], found.points[0], effective, int(found.slots[0]))
    contrast = None
    first, second = plays[:2]
    if not is_decided and first.chance is not None and first.chance != second.chance:
        dominoes = (first.domino, second.domino)
        contrast = contrast_of(view, games, dominoes, keys)
    return Advice(view, player, plays, n_worlds, n_possible, contrast)


def games_of(view: SeatView) -> Games:
    """The hand as one of the ways it may be; what its seat to act knows is what the view says.

    Raises:
        ForgeError: if no hidden hands fit what was played.
    """
    plays = tuple(zip(view.seats, view.plays, strict=True))
    return game_of_transcript(Transcript(view.decl, view.held, plays))


def _of_one(view: SeatView, games: Games, keys: Tensor, n: int, is_exact: bool) -> PlayAdvice:
    """The only play there is: no decision, but its chance by plain worlds is asked for anyway."""
    config = EstimateConfig(n, enumerate=True, enum_threshold=n)
    targets = make_targets(games, view.bid)
    chances = contract_chances(games, keys, ExactOracle(), config, targets)
    slot = view.hand.index(view.legal[0])
    chance = float(chances[0, slot])
    return PlayAdvice(view.legal[0], chance, _error(chance, n, is_exact), None)


def _ranked(
    view: SeatView, chances: Tensor, points: Tensor, effective: float, chosen: int
) -> tuple[PlayAdvice, ...]:
    plays = []
    for slot in range(N_SLOTS):
        if view.hand[slot] not in view.legal:
            continue
        chance = None if chances[slot].isnan() else float(chances[slot])
        value = None if points[slot].isnan() else float(points[slot])
        error = None if chance is None else _error(chance, effective, math.isinf(effective))
        plays.append((slot != chosen, PlayAdvice(view.hand[slot], chance, error, value)))
    return tuple(play for _, play in sorted(plays, key=lambda each: (each[0], *_worse(each[1]))))


def _worse(play: PlayAdvice) -> Sequence[float]:
    return (-(play.chance or 0.0), -(play.points or 0.0))


def _error(chance: float, n: float, is_exact: bool) -> float:
    """Standard error of a share; of 0 or 1 that of half a world, not nothing."""
    if is_exact:
        return 0.0
    share = (chance * n + 0.5) / (n + 1.0)
    return math.sqrt(share * (1.0 - share) / n)
