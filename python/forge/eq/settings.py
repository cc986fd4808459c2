"""What the numbers of a game depend on besides its seed, as files record it.

Options and their bounds stand here alone; nothing of it needs torch.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Final

from forge import __version__
from forge.errors import ForgeError
from forge.game.contract import LOWEST_BID, Bid

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

    window: int = 4
    tau: float = 0.1
    mix: float = 0.1
    min_ess_share: float = 0.02

    def __post_init__(self) -> None:
        if not 1 <= self.window <= 28:
            raise ForgeError(f"posterior window must lie in 1..28, got {self.window}")
        if not self.tau > 0.0:
            raise ForgeError(f"posterior tau must be above 0, got {self.tau}")
        for name, value in (("mix", self.mix), ("min_ess_share", self.min_ess_share)):
            if not 0.0 <= value <= 1.0:
                raise ForgeError(f"posterior {name} must lie in 0..1, got {value}")


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

    min_samples: int = 5000
    max_samples: int = 2_000_000
    batch_size: int = 1000
    sem_threshold: float = 0.1
    stop_when_certain: bool = False

    def __post_init__(self) -> None:
        for name in ("min_samples", "max_samples", "batch_size"):
            if getattr(self, name) < 1:
                raise ForgeError(f"{name} must be at least 1, got {getattr(self, name)}")
        if self.max_samples < self.min_samples:
            raise ForgeError(
                f"max_samples must be at least min_samples ({self.min_samples}), "
                f"got {self.max_samples}"
            )
        if not self.sem_threshold > 0.0:
            raise ForgeError(f"sem_threshold must be above 0, got {self.sem_threshold}")


@dataclass(frozen=True)
class EstimateConfig:
    """How E[Q] is estimated.

    Args:
        n_samples: worlds of a decision; one with at most as many worlds gets each once.
        sampler: `uniform` or `mrv`.
        enumerate: take all worlds also where they are up to `enum_threshold`.
        enum_threshold: see `enumerate`.
        posterior: weigh worlds by the plays seen; None weighs them alike.
        adaptive: go on sampling until the error is small; None takes `n_samples`.

    Raises:
        ForgeError: on a value out of range.
    """

    n_samples: int = 50
    sampler: str = "uniform"
    enumerate: bool = False
    enum_threshold: int = 100_000
    posterior: PosteriorConfig | None = None
    adaptive: AdaptiveConfig | None = None

    def __post_init__(self) -> None:
        for name in ("n_samples", "enum_threshold"):
            if getattr(self, name) < 1:
                raise ForgeError(f"{name} must be at least 1, got {getattr(self, name)}")
        if self.sampler not in SAMPLERS:
            raise ForgeError(f"sampler must be {' or '.join(SAMPLERS)}, got {self.sampler!r}")

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

    policy: str = "greedy"
    epsilon: float = 0.1
    temperature: float = 2.0
    blunder_rate: float = 0.0
    max_blunder: float = 5.0

    def __post_init__(self) -> None:
        if self.policy not in POLICIES:
            raise ForgeError(f"exploration must be {', '.join(POLICIES)}, got {self.policy!r}")
        for name, value in (("epsilon", self.epsilon), ("blunder_rate", self.blunder_rate)):
            if not 0.0 <= value <= 1.0:
                raise ForgeError(f"{name} must lie in 0..1, got {value}")
        for name, value in (("temperature", self.temperature), ("max_blunder", self.max_blunder)):
            if not value > 0.0:
                raise ForgeError(f"{name} must be above 0, got {value}")


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
            parts = {"posterior": PosteriorConfig, "adaptive": AdaptiveConfig}
            for name, kind in parts.items():
                if estimate[name] is not None:
                    estimate[name] = kind(**estimate[name])
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
