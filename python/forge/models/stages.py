"""The stages of networks: how each is loaded, measured, exported and told of.

A stage is one object that commands ask. It costs nothing to have: what a stage needs is imported
when it is asked.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Final, Protocol

from forge.errors import ForgeError
from forge.work.mirror import fetched

if TYPE_CHECKING:
    from forge.learn.batches import RowSource
    from forge.learn.network_module import NetworkModule
    from forge.learn.onnx.exportable import Exportable
    from forge.stats.intervals import Interval

# Called with (done, in all).
Moved = Callable[[int, int], None]


class Measured(Protocol):
    """What measuring a network finds: `Evaluation` of Stage 1, `EqEvaluation` of Stage 2."""

    @property
    def about(self) -> dict[str, Any]:
        """What the report should say of the checkpoint and the run; may be added to."""

    @property
    def metrics(self) -> dict[str, float]:
        """Figures by name, points and shares."""

    @property
    def intervals(self) -> dict[str, Interval]:
        """95 % intervals of those that have one."""

    @property
    def n_positions(self) -> int:
        """How many positions or decisions they are of."""

    def to_json(self) -> dict[str, Any]:
        """Plain values."""


class Stage:
    """One kind of network."""

    number: ClassVar[int]
    rows: ClassVar[str]
    """What it is measured on: positions, or decisions."""
    metrics: ClassVar[tuple[str, ...]]
    """The figures that the catalogue keeps."""
    shown: ClassVar[Mapping[str, str]]
    """Those of them that lists show, and how they are written."""
    figures_note: ClassVar[str] = ""
    """What a card says below its figures."""
    has_protocol: ClassVar[bool]
    """Whether there are reference rows, made from seeds: what models of the package are measured
    on, and nothing else."""
    lists_worst: ClassVar[bool]
    """Whether measuring tells the worst rows, which can be drawn and solved."""

    @property
    def kind(self) -> type[NetworkModule]:
        """Of its modules."""
        raise NotImplementedError

    def mode(self, module: Any) -> str:
        """What catalogues and cards call the kind of a module: `policy`, `qvalue` or `eq`."""
        raise NotImplementedError

    def example(self, name: str, mode: str) -> str:
        """Python that uses the model of a name, for its card."""
        raise NotImplementedError

    def open_rows(
        self,
        data: Path | None,
        split: str = "val",
        device: str = "cpu",
        on_deal: Moved | None = None,
    ) -> tuple[RowSource, str]:
        """Rows to measure on, and what they are in words.

        Args:
            data: a folder with splits; None: the reference protocol.
            split: `val` or `test`.
            device: where the protocol's deals are solved the first time.
            on_deal: hears of them.

        Raises:
            ForgeError: if the folder is unusable, or there is none and no protocol.
        """
        raise NotImplementedError

    def open_shipped_rows(self, data: Path | None, on_deal: Moved | None) -> tuple[RowSource, str]:
        """The rows that models of the package are measured on; arguments and errors as `open_rows`.

        Raises:
            ForgeError: if `data` are others.
        """
        raise NotImplementedError

    def open_export_rows(
        self, data: Path | None, n_rows: int, on_deal: Moved | None
    ) -> tuple[RowSource, str]:
        """Rows to check an export on, about `n_rows` if they must be made; else as `open_rows`."""
        raise NotImplementedError

    def measure(
        self,
        module: Any,
        rows: Any,
        *,
        device: str,
        on_batch: Moved | None = None,
        n_worst: int = 0,
        **options: Any,
    ) -> Measured:
        """Figures of a module.

        Args:
            module: of this stage.
            rows: of this stage.
            device: where.
            on_batch: called with (rows done, rows in all).
            n_worst: how many of the worst rows are listed; nothing where the stage lists none.
            **options: `batch_size`, `limit`, `source` of the measuring function.
        """
        raise NotImplementedError

    def exportable(self, checkpoint: Path) -> Exportable:
        """What an export must know of the network in a file that `load_weights` reads."""
        raise NotImplementedError


class Stage1(Stage):
    """Networks that see all hands."""

    number = 1
    rows = "positions"
    metrics = (
        *("q_gap", "q_mae", "value_mae", "accuracy", "blunder_rate"),
        *("zero_regret_rate", "regret_p99", "regret_max"),
    )
    shown: ClassVar = {"q_gap": ".3f", "q_mae": ".2f", "accuracy": ".2%"}
    has_protocol = True
    lists_worst = True

    @property
    def kind(self) -> type[NetworkModule]:
        """See `Stage`."""
        from forge.ml.module import DominoLightningModule

        return DominoLightningModule

    def mode(self, module: Any) -> str:
        """See `Stage`."""
        return str(module.loss_mode)

    def example(self, name: str, mode: str) -> str:
        """See `Stage`."""
        scores, unit = ("q_values", "points") if mode == "qvalue" else ("logits", "logits")
        return f"""\
import torch
import forge.ops
from forge import Deal, Position
from forge.models import catalog

position = Position(Deal.from_seed(0), 6)  # sixes, before the first lead
decls = torch.tensor([position.decl], dtype=torch.int8)
at = position.deal.tensor[None], decls, torch.tensor([position.state])
tokens, mask = torch.ops.forge.tokenize_states(*at)
seat = torch.tensor([position.seat_to_act])
model = catalog.load("{name}", device="cpu")  # checks the hash
{scores}, value = model(tokens, mask, seat)  # {unit} of all slots, acting-team frame; V / 42
legal = torch.ops.forge.legal_slots(*at)
slots = model.best_slot(tokens, mask, seat, legal)  # what it would play
shares = model.policy(tokens, mask, seat, legal)  # or how likely it would play each
"""

    def open_rows(
        self,
        data: Path | None,
        split: str = "val",
        device: str = "cpu",
        on_deal: Moved | None = None,
    ) -> tuple[RowSource, str]:
        """See `Stage`; `data` is a tokenised folder. The protocol takes a minute the first time."""
        if data is not None:
            from forge.ml.data import DominoDataModule

            there = fetched(data)
            return DominoDataModule(there).open_split(split), f"{split} split of {data}"
        from forge.ml.measure.reference_protocol import reference_rows
        from forge.ops import resolve_device

        rows = reference_rows(split, device=resolve_device(device), on_deal=on_deal)
        return rows, rows.source

    def open_shipped_rows(self, data: Path | None, on_deal: Moved | None) -> tuple[RowSource, str]:
        """See `Stage`."""
        if data is not None:
            raise ForgeError("models of the package are measured by the reference protocol")
        return self.open_rows(None, on_deal=on_deal)

    def open_export_rows(
        self, data: Path | None, n_rows: int, on_deal: Moved | None
    ) -> tuple[RowSource, str]:
        """See `Stage`."""
        return self.open_rows(data, on_deal=on_deal)

    def measure(
        self,
        module: Any,
        rows: Any,
        *,
        device: str,
        on_batch: Moved | None = None,
        n_worst: int = 0,
        **options: Any,
    ) -> Measured:
        """See `Stage`."""
        from forge.ml.measure.network_pass import evaluate_network

        return evaluate_network(
            module, rows, device=device, on_batch=on_batch, n_worst=n_worst, **options
        )

    def exportable(self, checkpoint: Path) -> Exportable:
        """See `Stage`."""
        from forge.ml.export import load_stage1

        return load_stage1(checkpoint)


class Stage2(Stage):
    """Networks that see what a seat may see."""

    number = 2
    rows = "decisions"
    metrics = (
        *("q_gap", "q_mae", "agreement", "blunder_rate", "label_rmse", "excess_rmse"),
        *("claimed_rmse", "z_rms", "coverage_68", "coverage_95", "spread_mae"),
    )
    shown: ClassVar = {"q_gap": ".3f", "q_mae": ".2f", "agreement": ".2%", "z_rms": ".2f"}
    figures_note = """\
Regret and agreement are of the play with the best predicted E[Q], judged by the E[Q] that worlds \
gave. `label_rmse` is the part of the error that is noise of those labels, `excess_rmse` the rest, \
`claimed_rmse` what the network takes that to be; `z_rms` is the error in units of the claimed \
deviation (1 is right) and `coverage_*` the share of plays within one and 1.96 of it."""
    has_protocol = False
    lists_worst = False

    @property
    def kind(self) -> type[NetworkModule]:
        """See `Stage`."""
        from forge.stage2.module import EqLightningModule

        return EqLightningModule

    def mode(self, module: Any) -> str:
        """See `Stage`."""
        from forge.stage2.export import MODE

        return MODE

    def example(self, name: str, mode: str) -> str:
        """See `Stage`."""
        return f"""\
from forge import Deal
from forge.play.games import Games
from forge.play.transcript import transcript_tokens
from forge.models import catalog

games = Games.start([Deal.from_seed(0)], [6])  # sixes, before the first lead
tokens, _ = transcript_tokens(games)
model = catalog.load("{name}", device="cpu")  # checks the hash
mean, error, spread = model(tokens)  # by slot of the dealt hand, points, acting-team frame
slots = model.best_slot(tokens, games.legal)  # what it would play
shares = model.policy(tokens, games.legal)  # or how likely it would play each
"""

    def open_rows(
        self,
        data: Path | None,
        split: str = "val",
        device: str = "cpu",
        on_deal: Moved | None = None,
    ) -> tuple[RowSource, str]:
        """See `Stage`; `data` is a folder of E[Q] files."""
        from forge.stage2.decisions import JudgedDecisions

        if data is None:
            raise ForgeError(
                "a Stage 2 network is measured on E[Q] files: give --data DIR "
                "(forge generate-eq-continuous makes such files)"
            )
        rows = JudgedDecisions(data / split)
        return rows, f"{split} split of {data}: {rows.source}"

    def open_shipped_rows(self, data: Path | None, on_deal: Moved | None) -> tuple[RowSource, str]:
        """See `Stage`."""
        from forge.ml.measure.reference_protocol import REFERENCE_SEEDS
        from forge.stage2.decisions import JudgedDecisions

        rows, _ = self.open_rows(data)
        assert isinstance(rows, JudgedDecisions)
        seeds = REFERENCE_SEEDS["val"]
        if rows.seeds != tuple(seeds) or rows.settings.get("oracle") != "exact":
            raise ForgeError(
                f"models of the package are measured on seeds {seeds[0]}-{seeds[-1]} of the exact "
                f"oracle, {data} has {rows.source}: give other files, or --to DIR"
            )
        return rows, f"val: {rows.source}"

    def open_export_rows(
        self, data: Path | None, n_rows: int, on_deal: Moved | None
    ) -> tuple[RowSource, str]:
        """See `Stage`; without `data` games of random play, which have no labels."""
        if data is not None:
            return self.open_rows(data)
        from forge.stage2.decisions import PlayedDecisions

        rows = PlayedDecisions(n_rows)
        return rows, rows.source

    def measure(
        self,
        module: Any,
        rows: Any,
        *,
        device: str,
        on_batch: Moved | None = None,
        n_worst: int = 0,
        **options: Any,
    ) -> Measured:
        """See `Stage`."""
        from forge.stage2.measure import evaluate_eq

        return evaluate_eq(module, rows, device=device, on_batch=on_batch, **options)

    def exportable(self, checkpoint: Path) -> Exportable:
        """See `Stage`."""
        from forge.stage2.export import load_stage2

        return load_stage2(checkpoint)


STAGES: Final[Mapping[int, Stage]] = {stage.number: stage for stage in (Stage1(), Stage2())}


def stage_of_file(path: Path) -> Stage:
    """The stage of a `.ckpt` or `.safetensors` file; see `forge.learn.weights.stage_of`."""
    from forge.learn.weights import stage_of

    return STAGES[stage_of(path)]


def load_network(path: Path) -> NetworkModule:
    """A module of whatever stage a `.ckpt` or `.safetensors` file is of, on the CPU in eval mode.

    Raises:
        ForgeError: if the file is missing, damaged, or of another network.
    """
    from forge.learn.weights import load_weights

    return load_weights(path, stage_of_file(path).kind)


def mode_of(module: NetworkModule) -> str:
    """`policy` or `qvalue` for Stage 1, `eq` for Stage 2."""
    return STAGES[module.STAGE].mode(module)
