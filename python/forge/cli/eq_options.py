"""Options that the commands about E[Q] share, and what they stand for."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from forge.cli.values import table_bid
from forge.eq.settings import (
    AdaptiveConfig,
    EstimateConfig,
    ExplorationConfig,
    GameSettings,
    PosteriorConfig,
)
from forge.errors import ForgeError
from forge.game.contract import LOWEST_BID, VALID_BIDS
from forge.options import again, option

if TYPE_CHECKING:
    import torch

    from forge.eq.oracle import Oracle
    from forge.play.player import Player


@dataclass(frozen=True)
class EqOptions:
    """How games are played, as typed; defaults and bounds are those of `forge.eq.settings`."""

    checkpoint: Path | None = option(
        None,
        "Q-value network as the oracle: a file, or a name of `forge catalog`. "
        "Without it the exact solver answers.",
        metavar="PATH",
    )
    oracle: Literal["exact", "model"] | None = option(
        None, "Who values plays. Default: model with --checkpoint, else exact."
    )
    n_samples: int = again(EstimateConfig, "n_samples", "--n-samples", "--samples", metavar="N")
    sampler: Literal["uniform", "mrv"] = again(EstimateConfig, "sampler")
    enumerate: bool = again(EstimateConfig, "enumerate", "--enumerate")
    enum_threshold: int = again(EstimateConfig, "enum_threshold", metavar="N")
    objective: Literal["points", "make"] = option(
        "points", "Plays are chosen by E[Q], or by the chance of the contract --bid."
    )
    bid: int = option(
        LOWEST_BID.number,
        f"What team 0 has promised (objective make): {VALID_BIDS}.",
        metavar="BID",
    )
    player: str | None = option(
        None,
        "Who chooses the plays instead, as in `forge arena`; E[Q] is recorded anyway.",
        metavar="PLAYER",
    )
    posterior: bool = option(
        False, "Weigh worlds by how likely the last plays were in them.", "--posterior"
    )
    posterior_window: int = again(PosteriorConfig, "window", metavar="K")
    posterior_tau: float = again(PosteriorConfig, "tau")
    posterior_mix: float = again(PosteriorConfig, "mix")
    exploration: Literal["greedy", "epsilon_greedy", "boltzmann"] = again(
        ExplorationConfig, "policy"
    )
    epsilon: float = again(ExplorationConfig, "epsilon")
    temperature: float = again(ExplorationConfig, "temperature")
    blunder_rate: float = again(ExplorationConfig, "blunder_rate")
    max_blunder: float = again(ExplorationConfig, "max_blunder")
    adaptive: bool = option(False, "Sample each decision until E[Q] has converged.", "--adaptive")
    min_samples: int | None = again(
        AdaptiveConfig,
        "min_samples",
        default=None,
        help="Worlds before convergence is looked at. "
        f"Default: {AdaptiveConfig.min_samples}, or --max-samples if that is less.",
        metavar="N",
    )
    max_samples: int = again(AdaptiveConfig, "max_samples", metavar="N")
    adaptive_batch_size: int = again(AdaptiveConfig, "batch_size", metavar="N")
    sem_threshold: float = again(AdaptiveConfig, "sem_threshold")
    stop_when_certain: bool = again(AdaptiveConfig, "stop_when_certain", "--stop-when-certain")

    def open(self, device: torch.device) -> tuple[Oracle, GameSettings, Player | None]:
        """The oracle, the settings and the player that the options ask for.

        Raises:
            ForgeError: on a value out of range, a checkpoint that can't be an oracle, or a player
                there is none of.
        """
        from forge.arena.registry import parse_player
        from forge.models.catalog import resolve

        bid = table_bid("--bid", self.bid)
        posterior = adaptive = None
        if self.posterior:
            posterior = PosteriorConfig(
                self.posterior_window, self.posterior_tau, self.posterior_mix
            )
        if self.adaptive:
            least = self.min_samples
            adaptive = AdaptiveConfig(
                min_samples=min(AdaptiveConfig.min_samples, self.max_samples)
                if least is None
                else least,
                max_samples=self.max_samples,
                batch_size=self.adaptive_batch_size,
                sem_threshold=self.sem_threshold,
                stop_when_certain=self.stop_when_certain,
            )
        estimate = EstimateConfig(
            self.n_samples, self.sampler, self.enumerate, self.enum_threshold, posterior, adaptive
        )
        exploration = ExplorationConfig(
            self.exploration, self.epsilon, self.temperature, self.blunder_rate, self.max_blunder
        )
        spec = None if self.player is None else parse_player(self.player, resolve)
        oracle, sha256 = open_oracle(self.oracle, self.checkpoint, device)
        settings = GameSettings(
            estimate,
            exploration,
            oracle.name,
            sha256,
            self.objective,
            bid,
            None if spec is None else spec.text,
            None if spec is None else spec.sha256,
        )
        return oracle, settings, None if spec is None else spec.build(device, bid)


def open_oracle(
    kind: str | None, checkpoint: Path | None, device: torch.device
) -> tuple[Oracle, str | None]:
    """An oracle, and the SHA-256 of its checkpoint if it has one.

    Args:
        kind: `exact` or `model`; None is `model` if there is a checkpoint.
        checkpoint: a file, or a name of the catalogue.
        device: for a network.

    Raises:
        ForgeError: if the two do not fit together, or the checkpoint holds no Q-value network.
    """
    if checkpoint is None:
        if kind == "model":
            raise ForgeError(
                "--oracle model needs --checkpoint: a file, or a name of the catalogue"
            )
        from forge.eq.oracle import ExactOracle

        return ExactOracle(), None
    if kind == "exact":
        raise ForgeError("--oracle exact takes no --checkpoint: leave one of them out")
    from forge.ml.network_oracle import NetworkOracle
    from forge.models.catalog import resolve
    from forge.work.hashing import sha256_of

    path = resolve(checkpoint)
    return NetworkOracle.load(path, device), sha256_of(path)
