"""What the numbers of a game depend on besides its seed, as files record it."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from forge import __version__
from forge.eq.estimate import AdaptiveConfig, EstimateConfig
from forge.eq.explore import ExplorationConfig
from forge.eq.posterior import PosteriorConfig
from forge.errors import ForgeError


@dataclass(frozen=True)
class GameSettings:
    """How games are played. What changes no number (device, batch size) is not part of it.

    Args:
        estimate: of E[Q].
        exploration: how plays are chosen.
        oracle: name of the oracle, `exact` or the file of a network.
        checkpoint_sha256: of that file.
    """

    estimate: EstimateConfig = field(default_factory=EstimateConfig)
    exploration: ExplorationConfig = field(default_factory=ExplorationConfig)
    oracle: str = "exact"
    checkpoint_sha256: str | None = None

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
            )
        except (KeyError, TypeError, ValueError) as error:
            raise ForgeError(
                f"not the settings of E[Q] games as forge records them ({error})"
            ) from error
