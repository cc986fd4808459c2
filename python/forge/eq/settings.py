"""What the numbers of a game depend on besides its seed, as files record it."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Final

from forge import __version__
from forge.eq.estimate import AdaptiveConfig, EstimateConfig
from forge.eq.exploration import ExplorationConfig
from forge.eq.posterior import PosteriorConfig
from forge.errors import ForgeError
from forge.game.constants import HAND_POINTS
from forge.game.contract import BID

# What a play is chosen for: E[Q], or the chance that the contract is made (or set).
OBJECTIVES: Final = ("points", "make")


@dataclass(frozen=True)
class GameSettings:
    """How games are played. What changes no number (device, batch size) is not part of it.

    Args:
        estimate: of E[Q].
        exploration: how plays are chosen.
        oracle: name of the oracle, `exact` or the file of a network.
        checkpoint_sha256: of that file.
        objective: what plays are chosen for; E[Q] is recorded either way.
        bid: points of 42 that team 0 has contracted for; `make` alone asks.

    Raises:
        ForgeError: on a value out of range, or an exploration in points with another objective.
    """

    estimate: EstimateConfig = field(default_factory=EstimateConfig)
    exploration: ExplorationConfig = field(default_factory=ExplorationConfig)
    oracle: str = "exact"
    checkpoint_sha256: str | None = None
    objective: str = "points"
    bid: int = BID

    def __post_init__(self) -> None:
        if self.objective not in OBJECTIVES:
            raise ForgeError(f"objective must be {' or '.join(OBJECTIVES)}, got {self.objective!r}")
        if not 1 <= self.bid <= HAND_POINTS:
            raise ForgeError(f"bid must lie in 1..{HAND_POINTS}, got {self.bid}")
        if self.objective == "points":
            return
        if self.exploration.policy == "boltzmann" or self.exploration.blunder_rate > 0.0:
            raise ForgeError(
                f"objective {self.objective} explores greedy or epsilon_greedy, without blunders: "
                "boltzmann and blunders weigh plays by points"
            )
        if self.estimate.adaptive is not None:
            raise ForgeError(f"objective {self.objective} takes a number of worlds: not adaptive")

    def as_dict(self) -> dict[str, Any]:
        """Plain values, with the version of the package."""
        return asdict(self) | {"forge_version": __version__}

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
                values.get("bid", BID),
            )
        except (KeyError, TypeError, ValueError) as error:
            raise ForgeError(
                f"not the settings of E[Q] games as forge records them ({error})"
            ) from error
