"""The kinds of players that come with forge."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final

from forge.arena.specs import Find, PlayerKind, PlayerSpec
from forge.eq.settings import SAMPLERS, EstimateConfig, PosteriorConfig
from forge.errors import ForgeError

if TYPE_CHECKING:
    import torch

    from forge.eq.oracle import Oracle
    from forge.game.contract import Bid
    from forge.play.player import Player


class Random(PlayerKind):
    """See `RandomPlayer`."""

    name = "random"
    help = "any legal play"

    def build(self, options: None, device: torch.device | str, bid: Bid) -> Player:
        """See `PlayerKind`."""
        from forge.arena.players.simple import RandomPlayer

        return RandomPlayer()


class GreedyPoints(PlayerKind):
    """See `GreedyPointsPlayer`."""

    name = "greedy-points"
    help = "looks at the trick alone"

    def build(self, options: None, device: torch.device | str, bid: Bid) -> Player:
        """See `PlayerKind`."""
        from forge.arena.players.simple import GreedyPointsPlayer

        return GreedyPointsPlayer()


class PerfectPlay(PlayerKind):
    """See `OraclePlayer`."""

    name = "oracle"
    help = "perfect play, sees all hands"
    sees_all_hands = True
    plays_perfectly = True

    def build(self, options: None, device: torch.device | str, bid: Bid) -> Player:
        """See `PlayerKind`."""
        from forge.arena.players.open_hands import OraclePlayer

        return OraclePlayer()


@dataclass(frozen=True)
class NetworkOptions:
    """Which network plays, and how.

    Args:
        checkpoint: its file.
        sample: draw moves by its probabilities.
    """

    checkpoint: Path
    sample: bool = False


class _Network(PlayerKind):
    """A network: its checkpoint follows the colon."""

    options = NetworkOptions

    @property
    def usage(self) -> str:
        """See `PlayerKind`."""
        return f"{self.name}:PATH"

    def parse(self, rest: str | None, find: Find) -> PlayerSpec:
        """See `PlayerKind`."""
        if not rest:
            raise ForgeError(f"a checkpoint must follow, as in {self.name}:PATH")
        return PlayerSpec(self, f"{self.name}:{rest}", self._read(rest, find))

    def _read(self, rest: str, find: Find) -> NetworkOptions:
        return NetworkOptions(find(rest))


class Stage1(_Network):
    """See `NetworkPlayer`."""

    name = "model"
    help = (
        "a Stage 1 network that sees all hands; with sample it draws the moves of a policy network"
    )
    sees_all_hands = True

    @property
    def usage(self) -> str:
        """See `PlayerKind`."""
        return f"{super().usage}[,sample]"

    def _read(self, rest: str, find: Find) -> NetworkOptions:
        name = rest.removesuffix(",sample")
        return NetworkOptions(find(name), sample=name != rest)

    def build(self, options: NetworkOptions, device: torch.device | str, bid: Bid) -> Player:
        """See `PlayerKind`."""
        from forge.arena.players.open_hands import NetworkPlayer
        from forge.learn.weights import load_weights
        from forge.ml.module import DominoLightningModule

        module = load_weights(options.checkpoint, DominoLightningModule)
        return NetworkPlayer(module, device, options.sample)


class Stage2(_Network):
    """See `TranscriptPlayer`."""

    name = "stage2"
    help = "a Stage 2 network that sees its own hand and the plays, no worlds"

    def build(self, options: NetworkOptions, device: torch.device | str, bid: Bid) -> Player:
        """See `PlayerKind`."""
        from forge.arena.players.transcripts import TranscriptPlayer
        from forge.learn.weights import load_weights
        from forge.stage2.module import EqLightningModule

        return TranscriptPlayer(load_weights(options.checkpoint, EqLightningModule), device)


@dataclass(frozen=True)
class SamplingOptions:
    """By which worlds a player judges; see `EstimateConfig` and `PosteriorConfig`.

    Args:
        oracle: checkpoint of a Stage 1 network that values plays instead of the exact search.

    Raises:
        ForgeError: on a value out of range.
    """

    n: int = field(default=EstimateConfig.n_samples, metadata={"always": True})
    sampler: str = field(default=EstimateConfig.sampler, metadata={"choices": SAMPLERS})
    enum_threshold: int = field(
        default=EstimateConfig.enum_threshold, metadata={"needs": "enumerate"}
    )
    enumerate: bool = False
    posterior: bool = False
    window: int = field(
        default=PosteriorConfig.window, metadata={"metavar": "K", "needs": "posterior"}
    )
    tau: float = field(
        default=PosteriorConfig.tau, metadata={"metavar": "POINTS", "needs": "posterior"}
    )
    mix: float = field(
        default=PosteriorConfig.mix, metadata={"metavar": "SHARE", "needs": "posterior"}
    )
    min_ess_share: float = field(
        default=PosteriorConfig.min_ess_share, metadata={"metavar": "SHARE", "needs": "posterior"}
    )
    oracle: Path | None = None

    def __post_init__(self) -> None:
        _ = self.config

    @property
    def config(self) -> EstimateConfig:
        """What `estimate` takes."""
        posterior = None
        if self.posterior:
            posterior = PosteriorConfig(self.window, self.tau, self.mix, self.min_ess_share)
        return EstimateConfig(self.n, self.sampler, self.enumerate, self.enum_threshold, posterior)


class _Sampling(PlayerKind):
    """See `SamplingPlayer`."""

    options = SamplingOptions
    for_contract: bool

    def build(self, options: SamplingOptions, device: torch.device | str, bid: Bid) -> Player:
        """See `PlayerKind`."""
        from forge.arena.players.sampling import SamplingPlayer

        oracle = _oracle(options.oracle, device)
        return SamplingPlayer(oracle, options.config, self.for_contract, bid)


class ForPoints(_Sampling):
    """Plays by E[Q]."""

    name = "eq"
    help = "sees its own hand, judges by sampled worlds, for points"
    for_contract = False


class ForContract(_Sampling):
    """Plays by the chance of the contract."""

    name = "make"
    help = "the same for the contract"
    for_contract = True


def _oracle(checkpoint: Path | None, device: torch.device | str) -> Oracle:
    if checkpoint is None:
        from forge.eq.oracle import ExactOracle

        return ExactOracle()
    from forge.ml.network_oracle import NetworkOracle

    return NetworkOracle.load(checkpoint, device)


_ORACLE: Final = PerfectPlay()
ORACLE: Final = PlayerSpec(_ORACLE, _ORACLE.name)
BUILTIN: Final[tuple[PlayerKind, ...]] = (
    Random(),
    GreedyPoints(),
    _ORACLE,
    Stage1(),
    Stage2(),
    ForPoints(),
    ForContract(),
)
