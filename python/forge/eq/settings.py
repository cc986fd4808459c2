"""What the numbers of a game depend on besides its seed, as files record it.

Options and their bounds stand here alone; nothing of it needs torch.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Final

from forge import __version__
from forge.errors import ForgeError
from forge.game.constants import N_PLAYS
from forge.game.contract import LOWEST_BID, Bid
from forge.options import (
    LEAST_POINTS,
    MAX_WORLDS,
    MOST_PIECES,
    MOST_POINTS,
    OptionError,
    check,
    option,
)

SAMPLERS: Final = ("uniform", "mrv")
POLICIES: Final = ("greedy", "epsilon_greedy", "boltzmann")
# What a play is chosen for: E[Q], or the chance that the contract is made (or set).
OBJECTIVES: Final = ("points", "make")


@dataclass(frozen=True)
class PosteriorConfig:
    """Weights from the last plays.

    A world is weighed by the likelihood of the plays that the other seats made in the last `window`
    plays, each taken from a softmax of the oracle's Q in that world at that decision, mixed with a
    uniform choice.

    Args:
        window: how many plays back, 1..28; the own ones among them say nothing.
        tau: temperature of the softmax in points.
        mix: share of the uniform choice, 0..1; above 0 no world is ruled out by one odd play.
        min_ess_share: where the effective sample size falls below this share of the worlds, the
            weights are tempered (raised to a power below 1) just so far that it does not. 0 never.

    Raises:
        ForgeError: on a value out of range.
    """

    window: int = option(4, "How many plays back that looks.", least=1, most=N_PLAYS)
    tau: float = option(
        0.1, "Temperature of the plays of others, points.", least=LEAST_POINTS, most=MOST_POINTS
    )
    mix: float = option(0.1, "Share of random plays of others.", least=0, most=1)
    min_ess_share: float = option(
        0.02, "Least effective share of the worlds, by tempering.", least=0, most=1
    )

    def __post_init__(self) -> None:
        check(self, "posterior ")


@dataclass(frozen=True)
class PolicyPosterior:
    """Weights from all plays of the others, as a policy would make them.

    For each world that is valued, `pool` are drawn and weighed by how well the policy explains what
    hidden seats played, from what each could see; the valued ones are drawn from these. Where all
    worlds are counted, each is weighed.

    Args:
        policy: name of the policy's file.
        sha256: of that file.
        pool: worlds weighed for each that is valued.
        uniform: share of any legal play in what a seat is taken to do.
        window: how many plays of the hand back.

    Raises:
        ForgeError: on a value out of range.
    """

    policy: str
    sha256: str
    pool: int = option(8, "Worlds weighed by a policy for each that counts.", least=1, most=1024)
    uniform: float = option(0.02, "Share of random plays of others.", above=0, most=1)
    window: int = option(N_PLAYS, "How many plays back that looks.", least=1, most=N_PLAYS)

    def __post_init__(self) -> None:
        check(self, "posterior ")


@dataclass(frozen=True)
class AdaptiveConfig:
    """Sample until every legal play is known to a standard error.

    Args:
        min_samples: before convergence is looked at.
        max_samples: at most so many.
        batch_size: worlds from one look to the next.
        sem_threshold: points; converged when the standard error of every legal play is below.
        stop_when_certain: end a decision too when its best play is ahead of every other one by four
            standard errors of the difference, although single errors are above the threshold.

    Raises:
        ForgeError: on a value out of range.
    """

    min_samples: int = option(
        5000, "Worlds before convergence is looked at.", least=1, most=MAX_WORLDS
    )
    max_samples: int = option(2_000_000, "Most worlds per decision.", least=1, most=MOST_PIECES)
    batch_size: int = option(1000, "Worlds from one look to the next.", least=1, most=MAX_WORLDS)
    sem_threshold: float = option(
        0.1,
        "Converged when the standard error of every legal play is below, points.",
        above=0,
        most=MOST_POINTS,
    )
    stop_when_certain: bool = option(
        False, "Stop too when the best play is ahead of all others by four standard errors."
    )

    def __post_init__(self) -> None:
        check(self)
        if self.max_samples < self.min_samples:
            raise OptionError(
                "max_samples",
                f"must be at least the least number of worlds ({self.min_samples}), "
                f"got {self.max_samples}",
            )


@dataclass(frozen=True)
class EstimateConfig:
    """How E[Q] is estimated.

    Args:
        n_samples: worlds of a decision; one with at most as many worlds gets each once.
        sampler: `uniform` or `mrv`.
        enumerate: take all worlds also where they are up to `enum_threshold`.
        enum_threshold: see `enumerate`.
        posterior: weigh worlds by the plays seen, as an oracle or a policy explains them; None
            weighs them alike.
        adaptive: go on sampling until the error is small; None takes `n_samples`.

    Raises:
        ForgeError: on a value out of range.
    """

    n_samples: int = option(50, "Worlds sampled per decision.", least=1, most=MAX_WORLDS)
    sampler: str = option(
        "uniform", "uniform: all worlds alike; mrv: the most constrained first, with a bias."
    )
    enumerate: bool = option(False, "Exact E[Q] where there are at most --enum-threshold worlds.")
    enum_threshold: int = option(100_000, "Most worlds to enumerate.", least=1, most=MOST_PIECES)
    posterior: PosteriorConfig | PolicyPosterior | None = None
    adaptive: AdaptiveConfig | None = None

    def __post_init__(self) -> None:
        check(self)
        if self.sampler not in SAMPLERS:
            raise ForgeError(f"sampler must be {' or '.join(SAMPLERS)}, got {self.sampler!r}")
        if isinstance(self.posterior, PolicyPosterior) and self.sampler != "uniform":
            raise ForgeError(f"posterior policy weighs worlds of sampler uniform: {self.sampler}")

    @property
    def all_up_to(self) -> int:
        """Decisions with at most so many worlds get all of them."""
        most = self.adaptive.min_samples if self.adaptive else self.n_samples
        return max(most, self.enum_threshold) if self.enumerate else most


@dataclass(frozen=True)
class ExplorationConfig:
    """How plays are chosen.

    Args:
        policy: `greedy`: the best E[Q], lowest slot of equals. `epsilon_greedy`: greedy, but with
            probability `epsilon` any legal play. `boltzmann`: softmax of E[Q] / `temperature`.
        epsilon: 0..1.
        temperature: points.
        blunder_rate: probability of a blunder instead, under any policy: a play that is worse than
            the best one, but by at most `max_blunder` points, each such play equally likely. Where
            there is none the policy decides.
        max_blunder: points.

    Raises:
        ForgeError: on a value out of range.
    """

    policy: str = option("greedy", "How a play is chosen by E[Q].")
    epsilon: float = option(0.1, "Chance of a random play (epsilon_greedy).", least=0, most=1)
    temperature: float = option(
        2.0, "Of the softmax over E[Q], points (boltzmann).", least=LEAST_POINTS, most=MOST_POINTS
    )
    blunder_rate: float = option(
        0.0, "Chance of a play known to be worse, under any policy.", least=0, most=1
    )
    max_blunder: float = option(
        5.0, "Most E[Q] that a blunder gives away, points.", above=0, most=MOST_POINTS
    )

    def __post_init__(self) -> None:
        check(self)
        if self.policy not in POLICIES:
            raise ForgeError(f"exploration must be {', '.join(POLICIES)}, got {self.policy!r}")


@dataclass(frozen=True)
class GameSettings:
    """How games are played. What changes no number (device, batch size) is not part of it.

    Args:
        estimate: of E[Q].
        exploration: how plays are chosen.
        oracle: name of the oracle, `exact` or the file of a network.
        checkpoint_sha256: of that file.
        objective: what plays are chosen for; E[Q] is recorded either way.
        bid: what team 0 has contracted for; `make` and some players ask.
        player: who chooses the plays instead of the objective, as it is written; None: nobody.
        player_sha256: of the file that decides how it plays, if there is one.

    Raises:
        ForgeError: on a value out of range, or an exploration in points where plays are chosen by
            something else.
    """

    estimate: EstimateConfig = field(default_factory=EstimateConfig)
    exploration: ExplorationConfig = field(default_factory=ExplorationConfig)
    oracle: str = "exact"
    checkpoint_sha256: str | None = None
    objective: str = "points"
    bid: Bid = LOWEST_BID
    player: str | None = None
    player_sha256: str | None = None

    def __post_init__(self) -> None:
        if self.objective not in OBJECTIVES:
            raise ForgeError(f"objective must be {' or '.join(OBJECTIVES)}, got {self.objective!r}")
        if isinstance(self.estimate.posterior, PolicyPosterior) and self.oracle != "exact":
            raise ForgeError("posterior policy weighs worlds for the exact oracle: no checkpoint")
        if self.player is not None:
            if self.objective != "points":
                raise ForgeError(f"player {self.player} chooses the plays: no other objective")
            self._refuse_points(f"player {self.player}")
        if self.objective == "points":
            return
        self._refuse_points(f"objective {self.objective}")
        if self.estimate.adaptive is not None:
            raise ForgeError(f"objective {self.objective} takes a number of worlds: not adaptive")

    def _refuse_points(self, who: str) -> None:
        if self.exploration.policy == "boltzmann" or self.exploration.blunder_rate > 0.0:
            raise ForgeError(
                f"{who} explores greedy or epsilon_greedy, without blunders: "
                "boltzmann and blunders weigh plays by points"
            )

    def as_dict(self) -> dict[str, Any]:
        """Plain values, with the version of the package; a player only where there is one."""
        values = asdict(self) | {"bid": self.bid.number, "forge_version": __version__}
        if self.player is None:
            del values["player"], values["player_sha256"]
        return values

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> "GameSettings":
        """The inverse of `as_dict`; the version is left out.

        Raises:
            ForgeError: if the values are no settings, or not in range.
        """
        try:
            estimate = dict(values["estimate"])
            posterior = estimate["posterior"]
            if posterior is not None:
                by_policy = "policy" in posterior
                kind = PolicyPosterior if by_policy else PosteriorConfig
                estimate["posterior"] = kind(**posterior)
            if estimate["adaptive"] is not None:
                estimate["adaptive"] = AdaptiveConfig(**estimate["adaptive"])
            return cls(
                EstimateConfig(**estimate),
                ExplorationConfig(**values["exploration"]),
                values["oracle"],
                values["checkpoint_sha256"],
                # Older files have none: they were played for points.
                values.get("objective", "points"),
                Bid.recorded(values.get("bid", LOWEST_BID.number)),
                values.get("player"),
                values.get("player_sha256"),
            )
        except (KeyError, TypeError, ValueError) as error:
            raise ForgeError(
                f"not the settings of E[Q] games as forge records them ({error})"
            ) from error


def weighing_of(settings: Mapping[str, Any]) -> str:
    """What the worlds of recorded games were weighed by, in words; empty where all counted alike,
    or the settings are of others."""
    estimate = settings.get("estimate")
    posterior = estimate.get("posterior") if isinstance(estimate, Mapping) else None
    if not isinstance(posterior, Mapping):
        return ""
    who = f"policy {posterior['policy']}" if "policy" in posterior else "oracle"
    return f"posterior {who}"
