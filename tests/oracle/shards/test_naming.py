"""File names and splits."""

from pathlib import Path
from typing import Any, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forge.errors import ForgeError
from forge.game.deal import Deal
from forge.game.tables import parse_hand
from forge.oracle.shards.naming import ShardKey, format_of
from forge.work.seed_files import split_of

HAND = parse_hand("6-6,6-5,6-4,6-2,6-1,6-0,2-2")


@given(
    seed=st.integers(0, 10**12),
    decl=st.integers(0, 9),
    middle=st.one_of(
        st.just({}),
        st.integers(0, 10**6).map(lambda opp: {"opp_seed": opp}),
        st.permutations(range(28)).map(lambda ids: {"p0_hand": tuple(sorted(ids[:7]))}),
    ),
    suffix=st.sampled_from(["parquet", "pt"]),
)
def test_a_name_reads_back_as_its_key(
    seed: int, decl: int, middle: dict[str, Any], suffix: Literal["parquet", "pt"]
) -> None:
    key = ShardKey(seed, decl, **middle)
    assert ShardKey.parse(key.file_name(suffix)) == key


def test_names_are_those_of_the_format() -> None:
    assert ShardKey(7, 3).file_name() == "seed_00000007_decl_3.parquet"
    assert ShardKey(7, 3, opp_seed=12).file_name() == "seed_00000007_opp12_decl_3.parquet"
    assert ShardKey(123456789, 0).file_name("pt") == "seed_123456789_decl_0.pt"
    name = ShardKey(0, 6, p0_hand=HAND).file_name()
    assert name == "seed_00000000_hand_66656462616022_decl_6.parquet"


@pytest.mark.parametrize(
    "name",
    [
        "seed_00000007.parquet",
        "seed_7_decl_3.parquet",
        "seed_00000007_decl_12.parquet",
        "seed_00000007_decl_3.parquet.tmp",
        ".seed_00000007_decl_3.parquet",
        "seed_00000007_hand_99999999999999_decl_3.parquet",
    ],
)
def test_other_names_are_not_taken_for_shards(name: str) -> None:
    assert ShardKey.parse(name) is None


@pytest.mark.parametrize(
    ("seed", "split"),
    [(0, "train"), (899, "train"), (900, "val"), (949, "val"), (950, "test"), (999, "test")],
)
def test_splits(seed: int, split: str) -> None:
    assert split_of(seed) == split_of(seed + 41_000) == ShardKey(seed, 0).split == split


def test_deals_of_the_three_kinds() -> None:
    assert ShardKey(5, 0).deal() == Deal.from_seed(5)
    marginalized = ShardKey(5, 0, opp_seed=9).deal()
    assert marginalized == Deal.marginalized(5, 9) != Deal.from_seed(5)
    assert marginalized.hands[0] == Deal.from_seed(5).hands[0]
    assert ShardKey(5, 0, p0_hand=HAND).deal() == Deal.with_p0_hand(HAND, 5)


def test_format_of_other_suffixes_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ForgeError, match=r"\.parquet or \.pt"):
        format_of(tmp_path / "seed_00000000_decl_0.csv")
