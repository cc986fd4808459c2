"""Options that the commands about E[Q] share, and what they stand for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal, NamedTuple

from forge.cli import values
from forge.eq.settings import (
    AdaptiveConfig,
    EstimateConfig,
    ExplorationConfig,
    GameSettings,
    PolicyPosterior,
    PosteriorConfig,
)
from forge.errors import ForgeError
from forge.game.bid_option import bid_option
from forge.game.contract import LOWEST_BID, VALID_BIDS, Bid
from forge.options import again, option

if TYPE_CHECKING:
    import torch

    from forge.arena.specs import PlayerSpec
    from forge.eq.oracle import Oracle
    from forge.eq.records import EqRecord
    from forge.play.player import Player


class HowToPlay(NamedTuple):
    """What `play_games` takes beside seeds: see there."""

    oracle: Oracle
    settings: GameSettings
    player: Player | None
    policy: torch.Tensor | None


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
    bid: int = bid_option(
        LOWEST_BID.number, f"What team 0 has promised (objective make): {VALID_BIDS}."
    )
    player: str | None = option(
        None,
        "Who chooses the plays instead, as in `forge arena`; E[Q] is recorded anyway.",
        metavar="PLAYER",
        reads=values.player,
    )
    posterior: Literal["oracle", "policy"] | None = option(
        None,
        "Weigh worlds by how likely the plays were in them: oracle (also without a word), the last "
        "plays of seats that see all hands; policy, all plays from what each seat sees.",
        bare="oracle",
    )
    posterior_policy: Path | None = option(
        None,
        "Policy of `forge train-policy` to weigh by (posterior policy). Default: the shipped one.",
        metavar="FILE",
    )
    posterior_pool: int = again(PolicyPosterior, "pool", metavar="N")
    posterior_window: int | None = again(
        PosteriorConfig,
        "window",
        default=None,
        help=f"How many plays back that looks. Default: {PosteriorConfig.window}, with a policy "
        f"all of them ({PolicyPosterior.window}).",
        metavar="K",
    )
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

    def __post_init__(self) -> None:
        check_oracle(self.oracle, self.checkpoint)
        if self.posterior_policy is not None and self.posterior != "policy":
            raise ForgeError("--posterior-policy says nothing without --posterior policy")
        self._settings("exact" if self.checkpoint is None else self.checkpoint.name, None)
        if self.checkpoint is not None:
            values.network("--checkpoint", self.checkpoint)

    def open(self, device: torch.device) -> HowToPlay:
        """What the options ask for.

        Raises:
            ForgeError: for a checkpoint that can't be an oracle, a player that can't be made, or a
                policy that can't be read or is not for the device.
        """
        oracle, sha256 = open_oracle(self.checkpoint, device)
        settings = self._settings(oracle.name, sha256)
        spec = self._spec
        player = None if spec is None else spec.build(device, settings.bid)
        return HowToPlay(oracle, settings, player, self._open_policy(device))

    def _open_policy(self, device: torch.device) -> torch.Tensor | None:
        """float32 [N]: numbers of the policy that worlds are weighed by, if one is."""
        if self.posterior != "policy":
            return None
        if device.type != "cpu":
            raise ForgeError("--posterior policy is for the CPU: add --device cpu")
        from forge.policy.numbers import load_policy

        return load_policy(self._policy_file).tensor

    @property
    def _policy_file(self) -> Path:
        from forge.policy import SHIPPED

        return self.posterior_policy or SHIPPED

    @property
    def _spec(self) -> PlayerSpec | None:
        return None if self.player is None else values.player("--player", self.player)

    def _settings(self, oracle: str, sha256: str | None) -> GameSettings:
        """How to play, with an oracle of that name."""
        spec = self._spec
        return GameSettings(
            EstimateConfig(
                self.n_samples,
                self.sampler,
                self.enumerate,
                self.enum_threshold,
                self._posterior,
                self._adaptive,
            ),
            ExplorationConfig(
                self.exploration,
                self.epsilon,
                self.temperature,
                self.blunder_rate,
                self.max_blunder,
            ),
            oracle,
            sha256,
            self.objective,
            Bid.of(self.bid),
            None if spec is None else spec.text,
            None if spec is None else spec.sha256,
        )

    @property
    def _posterior(self) -> PosteriorConfig | PolicyPosterior | None:
        if self.posterior is None:
            return None
        window = self.posterior_window
        if self.posterior == "oracle":
            window = PosteriorConfig.window if window is None else window
            return PosteriorConfig(window, self.posterior_tau, self.posterior_mix)
        from forge.work.hashing import sha256_of

        file = self._policy_file
        if not file.is_file():
            raise ForgeError(f"--posterior-policy: there is no file {file}")
        return PolicyPosterior(
            file.name,
            sha256_of(file),
            self.posterior_pool,
            window=PolicyPosterior.window if window is None else window,
        )

    @property
    def _adaptive(self) -> AdaptiveConfig | None:
        if not self.adaptive:
            return None
        least = self.min_samples
        if least is None:
            least = min(AdaptiveConfig.min_samples, self.max_samples)
        return AdaptiveConfig(
            least,
            self.max_samples,
            self.adaptive_batch_size,
            self.sem_threshold,
            self.stop_when_certain,
        )


class GamesElsewhere:
    """Plays the games of some seeds, wherever it is sent; opens what it needs once.

    Args:
        options: how games are played.
        device: `cpu` or `cuda`.

    Raises:
        ForgeError: for options that are not for the device.
    """

    def __init__(self, options: EqOptions, device: str) -> None:
        if device != "cpu" and options.posterior == "policy":
            raise ForgeError("--posterior policy is for the CPU: add --device cpu")
        self._options, self._device = options, device
        self._how: HowToPlay | None = None

    def __call__(self, seeds: Sequence[int]) -> EqRecord:
        """See `forge.eq.pipeline.play_games`."""
        import torch

        from forge.eq.pipeline import play_games

        on = torch.device(self._device)
        if self._how is None:
            self._how = self._options.open(on)
        how = self._how
        return play_games(seeds, how.oracle, how.settings, on, None, how.player, how.policy)


def check_oracle(kind: str | None, checkpoint: Path | None) -> None:
    """Raises ForgeError if `--oracle` and `--checkpoint` do not fit together."""
    if kind == "model" and checkpoint is None:
        raise ForgeError("--oracle model needs --checkpoint: a file, or a name of the catalogue")
    if kind == "exact" and checkpoint is not None:
        raise ForgeError("--oracle exact takes no --checkpoint: leave one of them out")


def open_oracle(checkpoint: Path | None, device: torch.device) -> tuple[Oracle, str | None]:
    """An oracle, and the SHA-256 of its checkpoint if it has one.

    Args:
        checkpoint: a file, or a name of the catalogue; None is the exact search.
        device: for a network.

    Raises:
        ForgeError: if the checkpoint holds no Q-value network.
    """
    if checkpoint is None:
        from forge.eq.oracle import ExactOracle

        return ExactOracle(), None
    from forge.ml.network_oracle import NetworkOracle
    from forge.models.catalog import resolve
    from forge.work.hashing import sha256_of

    path = resolve(checkpoint)
    return NetworkOracle.load(path, device), sha256_of(path)
