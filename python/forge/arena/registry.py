"""Players as they are written on a command line: `eq:n=100,posterior` and the like."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import torch

from forge.arena.players import (
    GreedyPointsPlayer,
    NetworkPlayer,
    OraclePlayer,
    Player,
    RandomPlayer,
    SamplingPlayer,
    TranscriptPlayer,
)
from forge.eq.oracle import ExactOracle, Oracle
from forge.eq.settings import EstimateConfig, PosteriorConfig
from forge.errors import ForgeError
from forge.game.contract import BID
from forge.learn.weights import load_weights
from forge.ml.module import DominoLightningModule
from forge.ml.network_oracle import NetworkOracle
from forge.stage2.module import EqLightningModule

Read = type[int] | type[float] | type[str]

_SIMPLE: Final[dict[str, Callable[[], Player]]] = {
    "random": RandomPlayer,
    "greedy-points": GreedyPointsPlayer,
    "oracle": OraclePlayer,
}
# Option of a sampling player -> (field of its configuration, how to read a value).
_ESTIMATE_OPTIONS: Final[dict[str, tuple[str, Read]]] = {
    "n": ("n_samples", int),
    "sampler": ("sampler", str),
    "enum-threshold": ("enum_threshold", int),
}
_POSTERIOR_OPTIONS: Final[dict[str, tuple[str, Read]]] = {
    "window": ("window", int),
    "tau": ("tau", float),
    "mix": ("mix", float),
    "min-ess-share": ("min_ess_share", float),
}
_FLAGS: Final = ("enumerate", "posterior")
_OPTIONS: Final = (*_ESTIMATE_OPTIONS, *_FLAGS, *_POSTERIOR_OPTIONS, "oracle")
_PATH_OPTION: Final = "oracle"
_SAMPLE: Final = ",sample"

VALID_PLAYERS: Final = (
    "random, greedy-points, oracle, model:PATH[,sample], stage2:PATH, eq[:OPTIONS], make[:OPTIONS]"
)
VALID_OPTIONS: Final = (
    "n=N, sampler=uniform|mrv, enumerate, enum-threshold=N, posterior, window=K, tau=POINTS, "
    "mix=SHARE, min-ess-share=SHARE, oracle=PATH"
)


@dataclass(frozen=True)
class PlayerSpec:
    """A player that can be built anywhere, in a worker process too.

    Args:
        text: the specification in one spelling, whatever order options were given in.
        kind: `random`, `greedy-points`, `oracle`, `model`, `stage2`, `eq` or `make`.
        config: of a sampling player.
        path: checkpoint of the network that plays or is asked; None: the exact search.
        sample: of a policy network: draw moves by its probabilities.
    """

    text: str
    kind: str
    config: EstimateConfig | None = None
    path: Path | None = None
    sample: bool = False

    def build(self, device: torch.device | str = "cpu", bid: int = BID) -> Player:
        """The player.

        Args:
            device: where it computes.
            bid: the contract that `make` plays for, points of 42; others do not ask.

        Raises:
            ForgeError: for a checkpoint that is missing, damaged or of the wrong kind.
        """
        if self.kind in _SIMPLE:
            return _SIMPLE[self.kind]()
        if self.kind == "model":
            assert self.path is not None
            return NetworkPlayer(
                load_weights(self.path, DominoLightningModule), device, self.sample
            )
        if self.kind == "stage2":
            assert self.path is not None
            return TranscriptPlayer(load_weights(self.path, EqLightningModule), device)
        assert self.config is not None
        for_contract = self.kind == "make"
        return SamplingPlayer(self._oracle(device), self.config, for_contract, bid)

    def _oracle(self, device: torch.device | str) -> Oracle:
        if self.path is None:
            return ExactOracle()
        return NetworkOracle.load(self.path, device)


def parse_player(text: str, find: Callable[[str], Path] = Path) -> PlayerSpec:
    """Read a specification.

    Args:
        text: `random`, `greedy-points`, `oracle`; `model:PATH` or `model:PATH,sample`;
            `stage2:PATH`; `eq` or `make`, alone or with options after a colon, separated by commas
            (so that a path may hold none).
        find: turns what stands for a checkpoint into a file.

    Raises:
        ForgeError: on anything else, saying what is valid; whatever `find` raises.
    """
    kind, colon, rest = text.strip().partition(":")
    if kind in _SIMPLE:
        if colon:
            raise ForgeError(f"player {text!r}: {kind} takes no options")
        return PlayerSpec(kind, kind)
    if kind in ("model", "stage2") and not rest:
        raise ForgeError(f"player {text!r}: a checkpoint must follow, as in {kind}:PATH")
    if kind == "stage2":
        return PlayerSpec(f"stage2:{rest}", kind, path=find(rest))
    if kind == "model":
        name = rest.removesuffix(_SAMPLE)
        return PlayerSpec(f"model:{rest}", kind, path=find(name), sample=name != rest)
    if kind not in ("eq", "make"):
        raise ForgeError(f"no player {text!r}: valid are {VALID_PLAYERS}")
    if colon and not rest:
        raise ForgeError(f"player {text!r}: options are {VALID_OPTIONS}")
    given = _options(text, rest.split(",") if rest else [])
    config = _estimate_config(text, given)
    path = find(given[_PATH_OPTION]) if _PATH_OPTION in given else None
    return PlayerSpec(_spelled(kind, given, config), kind, config, path)


def _options(text: str, parts: Sequence[str]) -> dict[str, str]:
    """Options by name; a flag has an empty value."""
    given: dict[str, str] = {}
    for part in parts:
        name, equals, value = part.strip().partition("=")
        if name not in _OPTIONS or (name in _FLAGS) == bool(equals) or (equals and not value):
            raise ForgeError(f"player {text!r}: no option {part!r}: valid are {VALID_OPTIONS}")
        if name in given:
            raise ForgeError(f"player {text!r}: option {name} is given twice")
        given[name] = value
    return given


def _estimate_config(text: str, given: dict[str, str]) -> EstimateConfig:
    values = _values(text, given, _ESTIMATE_OPTIONS)
    weights = _values(text, given, _POSTERIOR_OPTIONS)
    if weights and "posterior" not in given:
        names = ", ".join(name for name in _POSTERIOR_OPTIONS if name in given)
        raise ForgeError(f"player {text!r}: {names} says nothing without posterior")
    if "enum-threshold" in given and "enumerate" not in given:
        raise ForgeError(f"player {text!r}: enum-threshold says nothing without enumerate")
    try:
        return EstimateConfig(
            enumerate="enumerate" in given,
            posterior=PosteriorConfig(**weights) if "posterior" in given else None,
            **values,
        )
    except ForgeError as error:
        raise ForgeError(f"player {text!r}: {error}") from error


def _values(
    text: str, given: dict[str, str], options: dict[str, tuple[str, Read]]
) -> dict[str, Any]:
    """Those of the options that are given, by field of the configuration."""
    values = {}
    for name, (field, read) in options.items():
        if name not in given:
            continue
        try:
            values[field] = read(given[name])
        except ValueError:
            kind = "a whole number" if read is int else "a number"
            raise ForgeError(
                f"player {text!r}: {name} must be {kind}, got {given[name]!r}"
            ) from None
    return values


def _spelled(kind: str, given: dict[str, str], config: EstimateConfig) -> str:
    """One spelling for one player: `n` always, the rest where given, in a fixed order."""
    values = {name: getattr(config, field) for name, (field, _) in _ESTIMATE_OPTIONS.items()}
    if config.posterior is not None:
        values |= {
            name: getattr(config.posterior, field)
            for name, (field, _) in _POSTERIOR_OPTIONS.items()
        }
    parts = [
        name if name in _FLAGS else f"{name}={values.get(name, given.get(name))}"
        for name in _OPTIONS
        if name in given or name == "n"
    ]
    return f"{kind}:{','.join(parts)}"
