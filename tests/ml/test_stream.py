"""Streams of positions: what a batch is made of, and that nothing but the options decides."""

from dataclasses import replace
from itertools import islice
from typing import Any

import lightning.pytorch as pl
import pytest
import torch

from forge.errors import ForgeError
from forge.game.deal import Deal
from forge.learn.batches import Batch
from forge.ml import mixing
from forge.ml.mixing import PositionStream
from forge.ml.positions import StreamOptions, train_seed, unit_rows
from forge.ml.rows import ROW_SHAPES
from forge.ml.stream import StreamingDataModule
from forge.ops import count_states
from forge.oracle.deal_memory import bytes_needed

# Hands played out: a unit costs milliseconds, not a solved deal.
HANDS = StreamOptions(mixture={"played": 1.0}, per_deal=56, mix_deals=4)


def take(stream: PositionStream, first: int, n: int) -> list[Batch]:
    return list(islice(stream.batches(first), n))


def same(a: list[Batch], b: list[Batch]) -> bool:
    return all(
        x.keys() == y.keys() and all(torch.equal(x[name], y[name]) for name in x)
        for x, y in zip(a, b, strict=True)
    )


@pytest.fixture
def numbered_units(monkeypatch: pytest.MonkeyPatch) -> None:
    """Units whose rows carry the number of their unit and their own."""

    def unit_rows(options: StreamOptions, unit: int, left_out: object) -> Batch:
        numbers = torch.arange(options.per_deal)
        return {"targets": numbers, "unit": torch.full_like(numbers, unit)}

    monkeypatch.setattr(mixing, "unit_rows", unit_rows)


@pytest.mark.usefixtures("numbered_units")
@pytest.mark.parametrize("batch_size", [7, 100, 260])
def test_every_row_comes_once_and_every_batch_from_many_units(batch_size: int) -> None:
    options = StreamOptions(per_deal=100, mix_deals=10)
    n_batches = 4000 // batch_size
    batches = take(PositionStream(options, batch_size), 0, n_batches)
    assert all(len(batch["targets"]) == batch_size for batch in batches)
    rows = [
        (int(unit), int(number))
        for batch in batches
        for unit, number in zip(batch["unit"], batch["targets"], strict=True)
    ]
    assert len(set(rows)) == len(rows)
    # Once the first units are through, units give all of their rows.
    settled = [unit for unit, _ in rows if 10 <= unit < 25]
    assert len(settled) == 15 * 100
    if batch_size >= 100:
        assert min(len(batch["unit"].unique()) for batch in batches) >= 10


@pytest.mark.usefixtures("numbered_units")
def test_processes_share_out_the_units() -> None:
    options = StreamOptions(per_deal=100, mix_deals=5)
    seen = []
    for rank in range(3):
        stream = PositionStream(options, 50, rank, world_size=3)
        seen.append({int(unit) for batch in take(stream, 0, 40) for unit in batch["unit"]})
        assert all(unit % 3 == rank for unit in seen[-1])
    assert not set.intersection(*seen)


def test_a_stream_goes_on_where_it_stood() -> None:
    whole = take(PositionStream(HANDS, 30), 0, 9)
    assert {name: column.shape[1:] for name, column in whole[0].items()} == ROW_SHAPES
    assert {column.dtype for column in whole[0].values()} == {torch.int8}
    for first in (1, 4, 8):
        assert same(take(PositionStream(HANDS, 30), first, 9 - first), whole[first:])


def test_the_number_of_workers_changes_nothing() -> None:
    batches = PositionStream(HANDS, 30, num_workers=2).batches(1)
    state = torch.get_rng_state()
    assert same(list(islice(batches, 6)), take(PositionStream(HANDS, 30), 1, 6))
    assert torch.equal(torch.get_rng_state(), state)


def small_data(**options: Any) -> StreamingDataModule:
    settings: dict[str, Any] = {"options": HANDS, "batch_size": 30, "num_workers": 0}
    settings |= {"samples_per_epoch": 100, "val_per_deal": 40, "val_deals": 1}
    return StreamingDataModule(**(settings | options))


def test_epochs_go_on_with_new_rows_and_validation_stays() -> None:
    data = small_data()
    data.setup("fit")
    loader = data.train_dataloader()
    assert len(loader) == 3
    epochs = [*loader, *loader]
    assert same(epochs, take(PositionStream(HANDS, 30), 0, 6))
    assert data.state_dict() == {"n_rows": 180}
    first, again = list(data.val_dataloader()), list(data.val_dataloader())
    assert [len(batch["targets"]) for batch in first] == [30, 10]
    assert same(first, again)


def test_after_a_change_of_batch_size_no_row_comes_twice() -> None:
    data = small_data(batch_size=20)
    data.load_state_dict({"n_rows": 90})
    assert same(list(data.train_dataloader())[:2], take(PositionStream(HANDS, 20), 5, 2))


@pytest.mark.filterwarnings(
    "ignore:.*does not have many workers.*",
    "ignore:.*treespec, LeafSpec.*",
    "ignore:GPU available but not used",
)
def test_lightning_trains_on_a_stream(tmp_path: Any) -> None:
    class Counter(pl.LightningModule):
        def __init__(self) -> None:
            super().__init__()
            self.weight = torch.nn.Parameter(torch.zeros(1))
            self.n_rows = {"train": 0, "val": 0}

        def training_step(self, batch: Batch, _: int) -> torch.Tensor:
            self.n_rows["train"] += len(batch["targets"])
            return self.weight.sum()

        def validation_step(self, batch: Batch, _: int) -> None:
            self.n_rows["val"] += len(batch["targets"])

        def configure_optimizers(self) -> torch.optim.Optimizer:
            return torch.optim.SGD(self.parameters(), lr=0.1)

    module = Counter()
    trainer = pl.Trainer(
        accelerator="cpu",
        devices=1,
        max_epochs=2,
        default_root_dir=tmp_path,
        logger=False,
        enable_checkpointing=False,
        enable_progress_bar=False,
        enable_model_summary=False,
        num_sanity_val_steps=0,
    )
    trainer.fit(module, small_data())
    assert module.n_rows == {"train": 180, "val": 80}


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("batch_size", 0),
        ("samples_per_epoch", 0),
        ("val_per_deal", 0),
        ("val_deals", 51),
        ("num_workers", -1),
    ],
)
def test_bad_options(option: str, value: int) -> None:
    with pytest.raises(ForgeError, match=f"{option} must"):
        small_data(**{option: value})


def test_a_stream_has_no_test_split() -> None:
    with pytest.raises(ForgeError, match="no test split"):
        small_data().setup("test")


def test_another_deal_takes_the_place_of_one_too_large() -> None:
    """Named once, by whoever makes it; rows of the other units stay as they are."""
    whole = StreamOptions(seed=7, per_deal=40, mix_deals=2)
    seeds = [train_seed(7 * 10_000_000 + unit) for unit in range(3)]
    sizes = [count_states(Deal.from_seed(seed).tensor, seed % 10) for seed in seeds]
    largest = sizes.index(max(sizes))
    tight = replace(whole, max_memory=bytes_needed(sorted(sizes)[1]))
    for n_workers in (0, 1):
        told: list[str] = []
        stream = PositionStream(tight, 40, num_workers=n_workers, left_out=told.append)
        assert len(take(stream, 0, 2)) == 2  # of three units
        named = [line for line in told if line.startswith(f"seed {seeds[largest]}, declaration ")]
        assert len(named) == 1
        assert f"{sizes[largest]:,} states need " in named[0] and "(--max-memory)" in named[0]
    for unit in range(3):
        tokens, of_tight = (unit_rows(options, unit)["tokens"] for options in (whole, tight))
        assert tokens.shape == of_tight.shape
        assert torch.equal(tokens, of_tight) == (unit != largest)
    assert "max_memory" not in whole.description
    assert tight.description["max_memory"] == tight.max_memory
    with pytest.raises(ForgeError, match=r"101 deals in a row need more memory .*\(--max-memory\)"):
        unit_rows(replace(whole, max_memory=1), 0)
