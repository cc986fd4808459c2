"""Options that the commands about E[Q] share, and what they stand for."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass, fields
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal, get_type_hints

import typer

from forge.cli.common import at_least_one, table_bid
from forge.errors import ForgeError
from forge.game.contract import LOWEST_BID, VALID_BIDS

if TYPE_CHECKING:
    import torch

    from forge.eq.oracle import Oracle
    from forge.eq.settings import GameSettings
    from forge.play.player import Player

_MIN_SAMPLES: Final = 5000


@dataclass(frozen=True)
class EqOptions:
    """How games are played, as typed. Each field is an option, see `takes_eq_options`."""

    checkpoint: Annotated[
        Path | None,
        typer.Option(
            help="Q-value network as the oracle: a file, or a name of `forge catalog`. "
            "Without it the exact solver answers.",
            metavar="PATH",
        ),
    ] = None
    oracle: Annotated[
        Literal["exact", "model"] | None,
        typer.Option(help="Who values plays. Default: model with --checkpoint, else exact."),
    ] = None
    n_samples: Annotated[
        int,
        typer.Option("--n-samples", "--samples", help="Worlds sampled per decision.", metavar="N"),
    ] = 50
    sampler: Annotated[
        Literal["uniform", "mrv"],
        typer.Option(help="uniform: all worlds alike; mrv: most-constrained-first, with a bias."),
    ] = "uniform"
    enumerate: Annotated[
        bool,
        typer.Option(
            "--enumerate", help="Exact E[Q] where there are at most --enum-threshold worlds."
        ),
    ] = False
    enum_threshold: Annotated[int, typer.Option(help="Most worlds to enumerate.", metavar="N")] = (
        100_000
    )
    objective: Annotated[
        Literal["points", "make"],
        typer.Option(help="Plays are chosen by E[Q], or by the chance of the contract --bid."),
    ] = "points"
    bid: Annotated[
        int,
        typer.Option(
            help=f"What team 0 has promised (objective make): {VALID_BIDS}.", metavar="BID"
        ),
    ] = LOWEST_BID.number
    player: Annotated[
        str | None,
        typer.Option(
            help="Who chooses the plays instead, as in `forge arena`; E[Q] is recorded anyway.",
            metavar="PLAYER",
        ),
    ] = None
    posterior: Annotated[
        bool,
        typer.Option("--posterior", help="Weigh worlds by how likely the last plays were in them."),
    ] = False
    posterior_window: Annotated[
        int, typer.Option(help="How many plays back that looks.", metavar="K")
    ] = 4
    posterior_tau: Annotated[
        float, typer.Option(help="Temperature of the plays of others, points.")
    ] = 0.1
    posterior_mix: Annotated[float, typer.Option(help="Share of random plays of others, 0..1.")] = (
        0.1
    )
    exploration: Annotated[
        Literal["greedy", "epsilon_greedy", "boltzmann"],
        typer.Option(help="How a play is chosen by E[Q]."),
    ] = "greedy"
    epsilon: Annotated[float, typer.Option(help="Chance of a random play (epsilon_greedy).")] = 0.1
    temperature: Annotated[
        float, typer.Option(help="Of the softmax over E[Q], points (boltzmann).")
    ] = 2.0
    blunder_rate: Annotated[
        float, typer.Option(help="Chance of a play known to be worse, under any policy.")
    ] = 0.0
    max_blunder: Annotated[
        float, typer.Option(help="Most E[Q] that a blunder gives away, points.")
    ] = 5.0
    adaptive: Annotated[
        bool, typer.Option("--adaptive", help="Sample each decision until E[Q] has converged.")
    ] = False
    min_samples: Annotated[
        int | None,
        typer.Option(
            help=f"Worlds before convergence is looked at. "
            f"Default: {_MIN_SAMPLES}, or --max-samples if that is less.",
            metavar="N",
        ),
    ] = None
    max_samples: Annotated[int, typer.Option(help="Most worlds per decision.", metavar="N")] = (
        2_000_000
    )
    adaptive_batch_size: Annotated[
        int, typer.Option(help="Worlds from one look to the next.", metavar="N")
    ] = 1000
    sem_threshold: Annotated[
        float,
        typer.Option(
            help="Converged when the standard error of every legal play is below, points."
        ),
    ] = 0.1
    stop_when_certain: Annotated[
        bool,
        typer.Option(
            "--stop-when-certain",
            help="Stop too when the best play is ahead of all others by four standard errors.",
        ),
    ] = False

    def open(self, device: torch.device) -> tuple[Oracle, GameSettings, Player | None]:
        """The oracle, the settings and the player that the options ask for.

        Raises:
            ForgeError: on a value out of range, a checkpoint that can't be an oracle, or a player
                there is none of.
        """
        from forge.arena.registry import parse_player
        from forge.eq.settings import (
            AdaptiveConfig,
            EstimateConfig,
            ExplorationConfig,
            GameSettings,
            PosteriorConfig,
        )
        from forge.models.catalog import resolve

        bid = table_bid("--bid", self.bid)
        at_least_one("--n-samples", self.n_samples)
        at_least_one("--enum-threshold", self.enum_threshold)
        posterior = adaptive = None
        if self.posterior:
            posterior = PosteriorConfig(
                self.posterior_window, self.posterior_tau, self.posterior_mix
            )
        if self.adaptive:
            least = self.min_samples
            adaptive = AdaptiveConfig(
                min_samples=min(_MIN_SAMPLES, self.max_samples) if least is None else least,
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


def takes_eq_options(function: Callable[..., None]) -> Callable[..., None]:
    """Give a command all options of `EqOptions`; it gets them as its argument `eq_options`."""
    hints = get_type_hints(EqOptions, include_extras=True)
    own = get_type_hints(function, include_extras=True)
    names = [each.name for each in fields(EqOptions)]

    @wraps(function)
    def wrapped(**values: Any) -> None:
        chosen = EqOptions(**{name: values.pop(name) for name in names})
        function(eq_options=chosen, **values)

    parameters = [
        each.replace(annotation=own[each.name])
        for each in inspect.signature(function).parameters.values()
        if each.name != "eq_options"
    ] + [
        inspect.Parameter(
            each.name,
            inspect.Parameter.KEYWORD_ONLY,
            default=each.default,
            annotation=hints[each.name],
        )
        for each in fields(EqOptions)
    ]
    wrapped.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    wrapped.__annotations__ = {each.name: each.annotation for each in parameters}
    return wrapped
