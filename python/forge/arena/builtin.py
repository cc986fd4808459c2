"""The kinds of players that come with forge."""

from __future__ import annotations

import math
import re
import shlex
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal

from forge.arena.specs import Find, PlayerKind, PlayerSpec
from forge.arena.written_options import written
from forge.eq.settings import EstimateConfig, PosteriorConfig
from forge.errors import ForgeError
from forge.game.constants import N_PLAYS
from forge.options import MAX_WORLDS, again, option
from forge.policy.settings import default_pool

if TYPE_CHECKING:
    import torch

    from forge.eq.oracle import Oracle
    from forge.game.contract import Bid
    from forge.play.player import Player


# Seconds that a program may think about a play.
_DEFAULT_LIMIT_S: Final = 10.0
_LEAST_LIMIT_S: Final = 0.01
_MOST_LIMIT_S: Final = 3600.0


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


class OracleNetwork(_Network):
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


class TranscriptNetwork(_Network):
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
        race: stop asking about plays that are clearly behind; only the exact search over uniform
            worlds, alike and sampled, does so.

    Raises:
        ForgeError: on a value out of range.
    """

    n: int = written(again(EstimateConfig, "n_samples", metavar="N"), always=True)
    sampler: Literal["uniform", "mrv"] = again(EstimateConfig, "sampler")
    enum_threshold: int = written(again(EstimateConfig, "enum_threshold"), needs="enumerate")
    enumerate: bool = again(EstimateConfig, "enumerate")
    posterior: bool = False
    window: int = written(again(PosteriorConfig, "window", metavar="K"), needs="posterior")
    tau: float = written(again(PosteriorConfig, "tau", metavar="POINTS"), needs="posterior")
    mix: float = written(again(PosteriorConfig, "mix", metavar="SHARE"), needs="posterior")
    min_ess_share: float = written(
        again(PosteriorConfig, "min_ess_share", metavar="SHARE"), needs="posterior"
    )
    oracle: Path | None = None
    race: bool = True

    def __post_init__(self) -> None:
        _ = self.config

    @property
    def may_race(self) -> bool:
        """Whether plays that are clearly behind are dropped: the exact search over plain worlds."""
        plain = self.sampler == "uniform" and not self.enumerate and not self.posterior
        return self.race and plain and self.oracle is None and self.n <= MAX_WORLDS

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

    def races(self, options: SamplingOptions) -> bool:
        """See `PlayerKind`."""
        return options.may_race

    def build(self, options: SamplingOptions, device: torch.device | str, bid: Bid) -> Player:
        """See `PlayerKind`."""
        if options.may_race:
            from forge.arena.players.seats import Judgement, SeatPlayer

            n = options.n
            how = Judgement(n, n, 0.0, 1.0, weigh=False, for_points=not self.for_contract)
            return SeatPlayer(None, how, bid)
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


def _policy_file(path: str) -> Path:
    """Raises ForgeError where there is none."""
    if not path or not Path(path).is_file():
        raise ForgeError(
            f"no file {path!r}: forge train-policy makes them; without one it is the shipped policy"
        )
    return Path(path)


class _ByPolicy(PlayerKind):
    """Goes by a policy: its options have the file, or None for the one that comes with forge."""

    def parse(self, rest: str | None, find: Find) -> PlayerSpec:
        """See `PlayerKind`; policies are files, not checkpoints."""
        return super().parse(rest, _policy_file)

    def file(self, options: PolicyOptions | SeatOptions) -> Path:
        """See `PlayerKind`."""
        if options.policy is not None:
            return options.policy
        from forge.policy import SHIPPED

        return SHIPPED

    def checkpoint(self, options: PolicyOptions | SeatOptions) -> Path | None:
        """See `PlayerKind`: no network of a stage."""
        return None


@dataclass(frozen=True)
class PolicyOptions:
    """Which policy plays.

    Args:
        policy: its file, of `forge train-policy`; None: the one that comes with forge.
    """

    policy: Path | None = None


class PolicyAlone(_ByPolicy):
    """See `PolicyPlayer`."""

    name = "policy"
    help = "a small network that sees its own hand and the plays, a microsecond a play"
    options = PolicyOptions

    @property
    def usage(self) -> str:
        """See `PlayerKind`."""
        return "policy[:PATH]"

    def parse(self, rest: str | None, find: Find) -> PlayerSpec:
        """See `PlayerKind`."""
        if rest is None:
            return PlayerSpec(self, self.name, PolicyOptions())
        return PlayerSpec(self, f"{self.name}:{rest}", PolicyOptions(_policy_file(rest)))

    def build(self, options: PolicyOptions, device: torch.device | str, bid: Bid) -> Player:
        """See `PlayerKind`."""
        from forge.arena.players.seats import PolicyPlayer
        from forge.policy.numbers import load_policy

        return PolicyPlayer(load_policy(self.file(options)), bid)


@dataclass(frozen=True)
class SeatOptions:
    """How a seat infers and judges; see `forge.ops.decide`.

    Args:
        policy: file of the policy that seats are taken to play by; None: the one that comes with
            forge.
    """

    n: int = written(
        option(100, "Worlds judged by.", metavar="N", least=1, most=MAX_WORLDS), always=True
    )
    pool: int | None = option(
        None, "Worlds weighed before; 8 n.", metavar="N", least=1, most=MAX_WORLDS
    )
    mix: float = option(0.35, "Share of rollouts.", metavar="SHARE", least=0, most=1)
    uniform: float = option(
        0.02, "Share of any legal play in a seat's model.", metavar="SHARE", above=0, most=1
    )
    window: int = option(
        N_PLAYS, "Plays of the hand that tell, the last ones.", metavar="N", least=1, most=N_PLAYS
    )
    prior: float = option(
        0.03,
        "Chance that a play may lack if likelier by a factor e.",
        metavar="CHANCE",
        least=0,
        most=1,
    )
    weights: bool = True
    race: bool = True
    policy: Path | None = None


class Seat(_ByPolicy):
    """See `SeatPlayer`."""

    name = "seat"
    help = "sees its own hand and infers the others from how they were played, for the contract"
    options = SeatOptions

    def build(self, options: SeatOptions, device: torch.device | str, bid: Bid) -> Player:
        """See `PlayerKind`."""
        from forge.arena.players.seats import Judgement, SeatPlayer
        from forge.policy.numbers import load_policy

        how = Judgement(
            options.n,
            options.pool or default_pool(options.n),
            options.mix,
            options.uniform,
            options.weights,
            race=options.race,
            window=options.window,
            prior=options.prior,
        )
        return SeatPlayer(load_policy(self.file(options)), how, bid)


@dataclass(frozen=True)
class BridgeOptions:
    """Which program plays.

    Args:
        command: of it, and what it is given, in words.
        limit_s: seconds that an answer may take.
    """

    command: tuple[str, ...]
    limit_s: float


class Bridge(PlayerKind):
    """See `BridgedPlayer`."""

    name = "bridge"
    help = "another program, asked line by line, SECONDS (10) an answer: docs/bridge.md"

    @property
    def usage(self) -> str:
        """See `PlayerKind`."""
        return "bridge:[limit=SECONDS,]COMMAND"

    def parse(self, rest: str | None, find: Find) -> PlayerSpec:
        """See `PlayerKind`."""
        found = re.fullmatch(r"(?:limit=([^,]*),)?(.*)", rest or "", re.DOTALL)
        assert found is not None
        try:
            words = tuple(shlex.split(found[2]))
        except ValueError as error:
            raise ForgeError(f"its command cannot be read: {error}") from error
        if not words:
            raise ForgeError("a command must follow, as in bridge:./bot or 'bridge:python3 bot.py'")
        if shutil.which(words[0]) is None:
            raise ForgeError(f"there is no program {words[0]}")
        limit_s = _DEFAULT_LIMIT_S if found[1] is None else _limit_s(found[1])
        text = f"{self.name}:{'' if found[1] is None else f'limit={limit_s:g},'}{found[2].strip()}"
        return PlayerSpec(self, text, BridgeOptions(words, limit_s))

    def build(self, options: BridgeOptions, device: torch.device | str, bid: Bid) -> Player:
        """See `PlayerKind`."""
        from forge.arena.players.bridged import BridgedPlayer

        return BridgedPlayer(options.command, options.limit_s)

    def file(self, options: BridgeOptions) -> Path | None:
        """See `PlayerKind`: the last word of the command that is a file, or else the program."""
        for word in reversed(options.command[1:]):
            if Path(word).is_file():
                return Path(word)
        found = shutil.which(options.command[0])
        return None if found is None else Path(found)


def _limit_s(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = math.nan
    if not _LEAST_LIMIT_S <= seconds <= _MOST_LIMIT_S:
        raise ForgeError(f"limit must be {_LEAST_LIMIT_S:g}..{_MOST_LIMIT_S:g} seconds, got {text}")
    return seconds


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
    OracleNetwork(),
    TranscriptNetwork(),
    ForPoints(),
    ForContract(),
    PolicyAlone(),
    Seat(),
    Bridge(),
)
