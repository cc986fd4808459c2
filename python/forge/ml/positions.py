"""Which positions a stream draws, and how: the documented distributions.

`uniform`: all non-terminal states that can be reached in a deal are equally likely, as in a shard.
Most of them lie in the middle of a hand and few would ever be seen in play.

`played`: the 28 decisions of hands that are played out. Each seat of a hand draws a noise rate
from `NOISE_RATES`; at each decision, with that probability, its move is drawn from softmax(Q /
`NOISE_POINTS`) in the **acting-team frame**, else it is a best move (ties drawn evenly). So exact
play, slips of a strong player and beginners all meet, and every trick is seen equally often.

Deals come from seeds of the train split alone, declaration `seed % 10`, counted up from a start
that depends on the stream's seed. Everything drawn depends on (seed of the stream, number of the
unit) and nothing else, as long as the memory is large enough for every deal. No Lightning here:
worker processes import this module.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from forge import ops
from forge.errors import ForgeError
from forge.game.constants import ILLEGAL, INITIAL_STATE, N_PLAYS
from forge.game.deal import Deal
from forge.game.state import seats_to_act
from forge.learn.batches import Batch
from forge.learn.settings import RowsSettings
from forge.ml.rows import make_rows
from forge.ml.settings import StreamSettings
from forge.oracle.deal_memory import too_large
from forge.work.room import MAX_MEMORY, Room

DISTRIBUTIONS: Final = ("uniform", "played")
NOISE_RATES: Final = (0.0, 0.1, 0.3, 1.0)
NOISE_POINTS: Final = 4.0

# A deal has at most one terminal state for each seat that may win the last trick.
_MAX_TERMINAL: Final = 4
_TRAIN_SEEDS_PER_1000: Final = 900
# Streams of different seeds share no deal before this many; the second half is for `played`.
_DEALS_PER_STREAM: Final = 10_000_000
_FIRST_PLAYED_DEAL: Final = _DEALS_PER_STREAM // 2
# Of a unit, which take the place of its own where that is too large for the memory.
_SPARE_DEALS: Final = 100


@dataclass(frozen=True)
class Positions:
    """Solved positions, none of them terminal; values in the **team-0 frame**, points."""

    deals: Tensor  # int8 [N or 1, 4, 7]
    decls: Tensor  # int8 [N or 1]
    states: Tensor  # int64 [N]
    values: Tensor  # int8 [N]
    qvals: Tensor  # int8 [N, 7], -128 illegal

    def rows(self) -> Batch:
        """The training rows, in the same order."""
        return make_rows(self.deals, self.decls, self.states, self.values, self.qvals)


@dataclass(frozen=True)
class StreamOptions:
    """What a stream of positions consists of.

    Args:
        seed: of the stream, 0 or more.
        mixture: share of each of `DISTRIBUTIONS`; normalised, absent is 0.
        per_deal: rows of a unit: what one deal gives (and, in the share of `played`, about
            `per_deal` / 28 hands).
        mix_deals: units from which every batch is drawn, at most `per_deal`.
        max_memory: bytes that a deal may need beside what a process has, or another takes its
            place; None: four fifths of what is free then.

    Raises:
        ForgeError: on a value that makes no sense.
    """

    seed: int = RowsSettings.seed
    mixture: Mapping[str, float] = field(default_factory=lambda: {"uniform": 1.0})
    per_deal: int = StreamSettings.per_deal
    mix_deals: int = StreamSettings.mix_deals
    max_memory: int | None = None

    def __post_init__(self) -> None:
        for name, value, least in (
            ("seed", self.seed, 0),
            ("per_deal", self.per_deal, 1),
            ("mix_deals", self.mix_deals, 1),
        ):
            if value < least:
                raise ForgeError(f"{name} must be at least {least}, got {value}")
        if self.mix_deals > self.per_deal:
            raise ForgeError(
                f"per_deal must be at least mix_deals ({self.mix_deals}), got {self.per_deal}"
            )
        _check_mixture(self.mixture)

    @property
    def n_played(self) -> int:
        """Rows of a unit that come from hands played out; the others are `uniform`."""
        share = self.mixture.get("played", 0.0) / sum(self.mixture.values())
        return round(self.per_deal * share)

    @property
    def description(self) -> dict[str, object]:
        """Plain values that fix every row of the stream, for the record of a run."""
        return {
            "seed": self.seed,
            "mixture": dict(self.mixture),
            "per_deal": self.per_deal,
            "mix_deals": self.mix_deals,
            "noise_rates": list(NOISE_RATES),
            "noise_points": NOISE_POINTS,
            **({} if self.max_memory is None else {"max_memory": self.max_memory}),
        }


def parse_mixture(text: str) -> dict[str, float]:
    """`uniform:0.8,played:0.2` -> shares by distribution; a name alone has share 1.

    Raises:
        ForgeError: if it cannot be read, in one line that says what is valid.
    """
    mixture: dict[str, float] = {}
    for part in text.split(","):
        name, colon, share = part.strip().partition(":")
        try:
            weight = float(share) if colon else 1.0
        except ValueError:
            raise ForgeError(
                f"mixture {text!r}: {share!r} is not a number; write uniform:0.8,played:0.2"
            ) from None
        if name in mixture:
            raise ForgeError(f"mixture {text!r} names {name} twice")
        mixture[name] = weight
    _check_mixture(mixture)
    return mixture


def _check_mixture(mixture: Mapping[str, float]) -> None:
    for name, share in mixture.items():
        if name not in DISTRIBUTIONS:
            raise ForgeError(f"mixture: no distribution {name!r}; valid are uniform and played")
        if not (np.isfinite(share) and share >= 0.0):
            raise ForgeError(f"mixture: the share of {name} must be 0 or more, got {share}")
    if not sum(mixture.values()) > 0.0:
        raise ForgeError("mixture: at least one share must be above 0")


def train_seed(n: int) -> int:
    """The n-th seed (from 0) whose deal belongs to the train split."""
    return n // _TRAIN_SEEDS_PER_1000 * 1000 + n % _TRAIN_SEEDS_PER_1000


def unit_rows(
    options: StreamOptions, unit: int, left_out: Callable[[str], None] = lambda line: None
) -> Batch:
    """The rows of one unit of a stream, shuffled.

    Args:
        options: of the stream.
        unit: its number, 0 or more; one deal, and some hands of other deals.
        left_out: hears of deals that need more memory than there is, `NAME: REASON`.

    Returns:
        exactly `options.per_deal` rows, see `make_rows`.

    Raises:
        ForgeError: where the memory is too small for any deal.
    """
    rng = np.random.default_rng((options.seed, unit))
    first = options.seed * _DEALS_PER_STREAM
    n_played = options.n_played
    parts: list[Batch] = []
    if n_played < options.per_deal:
        seed = _seed_that_fits(options, unit, left_out)
        drawn = uniform_positions(seed, seed % 10, options.per_deal - n_played, rng)
        parts.append(drawn.rows())
    if n_played:
        n_hands = -(-n_played // N_PLAYS)
        first += _FIRST_PLAYED_DEAL + unit * n_hands
        parts.append(played_positions(range(first, first + n_hands), n_played, rng).rows())
    order = torch.from_numpy(rng.permutation(options.per_deal))
    return {name: torch.cat([part[name] for part in parts])[order] for name in parts[0]}


def _seed_that_fits(options: StreamOptions, unit: int, left_out: Callable[[str], None]) -> int:
    """The seed of the deal of a unit: the unit's own, or where the memory is too small for that one
    of its spare deals, which are counted down from the end and so nobody's own for long."""
    first, room = options.seed * _DEALS_PER_STREAM, Room(options.max_memory)
    for attempt in range(1 + _SPARE_DEALS):
        spare = _FIRST_PLAYED_DEAL - _SPARE_DEALS * unit - attempt
        seed = train_seed(first + (spare % _FIRST_PLAYED_DEAL if attempt else unit))
        refused = too_large(Deal.from_seed(seed), seed % 10, room)
        if refused is None:
            return seed
        left_out(f"seed {seed}, declaration {seed % 10}: {refused[1]}")
    raise ForgeError(
        f"{1 + _SPARE_DEALS} deals in a row need more memory than may be taken ({MAX_MEMORY})"
    )


def uniform_positions(seed: int, decl: int, n: int, rng: np.random.Generator) -> Positions:
    """`n` non-terminal states of a deal, all equally likely, without repeats.

    A deal with fewer than `n` gives all of them, over and over up to `n`.

    Args:
        seed: of the deal.
        decl: declaration id 0..9.
        n: how many, at least 1.
        rng: what to draw with.
    """
    deal = Deal.from_seed(seed).tensor
    states, values, qvals = ops.solve(deal, decl)
    n_drawn = min(n + _MAX_TERMINAL, len(states))
    drawn = torch.from_numpy(rng.choice(len(states), size=n_drawn, replace=False))
    drawn = drawn[(qvals[drawn] != ILLEGAL).any(dim=1)]
    drawn = torch.from_numpy(np.resize(drawn.numpy(), n))
    return Positions(
        deal[None],
        torch.tensor([decl], dtype=torch.int8),
        states[drawn],
        values[drawn],
        qvals[drawn],
    )


def played_positions(numbers: range, n: int, rng: np.random.Generator) -> Positions:
    """Decisions of hands that are played out in lockstep, strong and noisy play mixed.

    Args:
        numbers: of the train seeds, one hand each, declaration `seed % 10`.
        n: how many of the 28 decisions a hand to keep, drawn evenly.
        rng: what to draw with.
    """
    seeds = [train_seed(number) for number in numbers]
    deals = torch.stack([Deal.from_seed(seed).tensor for seed in seeds])  # [H, 4, 7]
    decls = torch.tensor([seed % 10 for seed in seeds], dtype=torch.int8)
    noise = rng.choice(NOISE_RATES, size=(len(seeds), 4))
    states = torch.full((len(seeds),), INITIAL_STATE)
    seen_states, seen_qvals = [], []
    for _ in range(N_PLAYS):
        qvals = ops.search(deals, decls, states)
        seen_states.append(states)
        seen_qvals.append(qvals)
        slots = torch.from_numpy(_choose(states, qvals, noise, rng)).to(torch.int8)
        states = ops.play(deals, decls, states, slots)[0]
    # [28, H] -> the decisions kept, each with the number of its hand.
    kept = torch.from_numpy(rng.permutation(len(seeds) * N_PLAYS)[:n])
    states, qvals = torch.cat(seen_states)[kept], torch.cat(seen_qvals)[kept]
    hands = kept % len(seeds)
    return Positions(deals[hands], decls[hands], states, _values(states, qvals), qvals)


def _choose(
    states: Tensor, qvals: Tensor, noise: npt.NDArray[np.float64], rng: np.random.Generator
) -> npt.NDArray[np.int64]:
    """One slot a hand, int64 [H]: noise decides per hand between softmax and best play."""
    seats = seats_to_act(states).numpy()
    acting = np.where(seats % 2 == 1, -1.0, 1.0)[:, None] * qvals.numpy()
    acting[qvals.numpy() == ILLEGAL] = -np.inf
    slips = rng.random(len(seats)) < noise[np.arange(len(seats)), seats]
    # Gumbel noise: its argmax is a draw from the softmax. Best moves tie but for the noise.
    gumbel = rng.gumbel(size=acting.shape)
    best = acting == acting.max(axis=1, keepdims=True)
    scores = np.where(slips[:, None], acting / NOISE_POINTS, np.where(best, 0.0, -np.inf))
    slots: npt.NDArray[np.int64] = (scores + gumbel).argmax(axis=1)
    return slots


def _values(states: Tensor, qvals: Tensor) -> Tensor:
    """V of states with their Q, int8 [N], **team-0 frame**: team 0 takes the most, team 1 least."""
    legal = qvals != ILLEGAL
    most = qvals.amax(dim=1)  # an illegal slot is below every value
    least = qvals.masked_fill(~legal, 127).amin(dim=1)
    return torch.where(seats_to_act(states) % 2 == 1, least, most)
