"""`Tablebase`: membership, values, best lines, export, verification; on one small deal."""

import dataclasses
import random
from itertools import islice, pairwise, product

import numpy as np
import pytest
import torch

import forge
import forge.ops
from forge import Deal, ForgeError, Position, Tablebase
from forge.game.constants import INITIAL_STATE
from forge.game.state import pack_state, unpack_state
from reference import deals, game

SEED, DECL = 158, 6  # 1,940,440 states
CHANGED_BYTE = {"states": 0, "values": 0, "q_values": 2}  # of its row


@pytest.fixture(scope="module")
def tablebase() -> Tablebase:
    """Return the solved deal; not to be changed."""
    return Tablebase.solve(Deal.from_seed(SEED), DECL)


def random_line(rng: random.Random) -> list[Position]:
    """Return the positions of a game at random."""
    line = [Position(Deal.from_seed(SEED), DECL)]
    while not line[-1].is_over:
        line.append(line[-1].play(rng.choice(line[-1].legal_slots())))
    return line


def test_size(tablebase: Tablebase) -> None:
    n = len(tablebase)
    assert n == 1_940_440
    assert tablebase.states.shape == tablebase.values.shape == (n,)
    assert tablebase.q_values.shape == (n, 7)


def test_lookup(tablebase: Tablebase) -> None:
    rng = random.Random(0)
    for position in (p for _ in range(5) for p in random_line(rng)):
        assert position in tablebase
        assert position.state in tablebase
        assert tablebase.q(position) == tablebase.q(position.state) == position.q()
        assert tablebase.value(position) == tablebase.value(position.state) == position.value()


def test_lookup_of_the_first_lead(tablebase: Tablebase) -> None:
    root = Position(Deal.from_seed(SEED), DECL)
    assert tablebase.value() == tablebase.value(INITIAL_STATE) == root.value()
    assert tablebase.q() == root.q()


@pytest.mark.parametrize("place", ["below", "between", "above"])
def test_states_that_are_not_reachable(tablebase: Tablebase, place: str) -> None:
    states = tablebase.states
    gap = int((states.diff() > 1).nonzero()[1000])
    state = {
        "below": int(states[0]) - 1,
        "between": int(states[gap]) + 1,
        "above": int(states[-1]) + 1,
    }[place]
    assert state not in tablebase
    message = rf"^{state} is not a (reachable state of this deal|packed state: .+)$"
    for look_up in (tablebase.value, tablebase.q):
        with pytest.raises(ForgeError, match=message):
            look_up(state)


def test_positions_of_another_deal_are_not_in_it(tablebase: Tablebase) -> None:
    for stranger in (Position(Deal.from_seed(1), DECL), Position(Deal.from_seed(SEED), 0)):
        assert stranger not in tablebase
        with pytest.raises(ForgeError, match="another deal or declaration"):
            tablebase.value(stranger)
        with pytest.raises(ForgeError, match="another deal or declaration"):
            forge.SearchContext(Deal.from_seed(SEED), DECL).q(stranger)


def test_things_that_are_no_states(tablebase: Tablebase) -> None:
    assert 2**70 not in tablebase
    assert "6-6" not in tablebase
    with pytest.raises(ForgeError, match="not a packed state"):
        tablebase.value(2**64)


def test_best_line_is_worth_the_value(tablebase: Tablebase) -> None:
    line = tablebase.best_line()
    assert len(line) == 29
    assert line[0] == Position(Deal.from_seed(SEED), DECL)
    assert line[-1].is_over
    assert line[-1].points[0] - line[-1].points[1] == tablebase.value()
    for before, after in pairwise(line):
        assert after == before.play(before.best_slots()[0])  # ties go to the lowest slot


def test_best_line_from_anywhere(tablebase: Tablebase) -> None:
    for start in random_line(random.Random(1)):
        line = tablebase.best_line(start)
        assert line[0] == start
        assert len(line) == 29 - len(start.plays)
        team0 = line[-1].points[0] - start.points[0]
        team1 = line[-1].points[1] - start.points[1]
        assert team0 - team1 == tablebase.value(start)


def test_iteration(tablebase: Tablebase) -> None:
    rows = list(islice(tablebase, 2000))
    assert [row[0] for row in rows] == tablebase.states[:2000].tolist()
    for state, value, q in rows:
        assert (value, q) == (tablebase.value(state), tablebase.q(state))
        legal = [x for x in q if x is not None]
        best = min if unpack_state(state).seat_to_act % 2 else max
        assert value == best(legal, default=0)


def test_to_numpy_shares_memory(tablebase: Tablebase) -> None:
    arrays = tablebase.to_numpy()
    assert list(arrays) == ["states", "values", "q_values"]
    assert [array.dtype for array in arrays.values()] == [np.int64, np.int8, np.int8]
    for name, array in arrays.items():
        tensor = getattr(tablebase, name)
        assert array.ctypes.data == tensor.data_ptr()
        assert array.shape == tuple(tensor.shape)


def test_to_arrow(tablebase: Tablebase) -> None:
    table = tablebase.to_arrow()
    assert table.column_names == ["state", "V", *(f"q{slot}" for slot in range(7))]
    assert [str(kind) for kind in table.schema.types] == ["int64"] + ["int8"] * 8
    assert np.array_equal(table["state"].to_numpy(), tablebase.states.numpy())
    assert np.array_equal(table["V"].to_numpy(), tablebase.values.numpy())
    q = np.stack([table[f"q{slot}"].to_numpy() for slot in range(7)], axis=1)
    assert np.array_equal(q, tablebase.q_values.numpy())


def test_verify_accepts_what_was_solved(tablebase: Tablebase) -> None:
    tablebase.verify()


@pytest.mark.parametrize("name", CHANGED_BYTE)
@pytest.mark.parametrize("where", [0, 1, 1234, 1_000_000, -2, -1])
def test_verify_finds_a_changed_byte(tablebase: Tablebase, name: str, where: int) -> None:
    changed = getattr(tablebase, name).clone()
    changed.view(torch.uint8).view(len(tablebase), -1)[where, CHANGED_BYTE[name]] ^= 1
    faulty = dataclasses.replace(tablebase, **{name: changed})
    with pytest.raises(ForgeError, match=r"^\d+ faulty rows?, the first is row \d+: .+$"):
        faulty.verify()


@pytest.mark.parametrize("where", [0, 1000, 1_940_439])
def test_verify_finds_a_missing_row(tablebase: Tablebase, where: int) -> None:
    keep = torch.arange(len(tablebase)) != where
    shorter = Tablebase(
        tablebase.deal,
        DECL,
        tablebase.states[keep],
        tablebase.values[keep],
        tablebase.q_values[keep],
    )
    with pytest.raises(ForgeError, match=r"\d faulty rows?"):
        shorter.verify()


def test_verify_finds_a_row_too_many(tablebase: Tablebase) -> None:
    # A last trick that no play leads to; all that follows from it is there, and all values right.
    hands = deals.from_seed(SEED)
    last_tricks = (
        pack_state([1 << slot for slot in slots], leader)
        for slots in product(range(7), repeat=4)
        for leader in range(4)
    )
    foreign = next(state for state in last_tricks if state not in tablebase)
    closure = torch.tensor(game.reachable_states(hands, DECL, foreign))
    states = torch.cat([tablebase.states, closure]).unique()
    assert 0 < len(states) - len(tablebase) < 5
    values, q = forge.ops.backward_induction(tablebase.deal.tensor, DECL, states)
    with pytest.raises(ForgeError, match=r"^1 faulty rows?, the first is row (\d+): ") as error:
        Tablebase(tablebase.deal, DECL, states, values, q).verify()
    row = int(str(error.value).split("row ")[-1].split(":")[0])
    assert states[row] == foreign


def test_verify_finds_another_deal_or_declaration(tablebase: Tablebase) -> None:
    for other in ({"decl": 5}, {"deal": Deal.from_seed(SEED + 1)}):
        with pytest.raises(ForgeError, match=r"\d faulty rows?"):
            dataclasses.replace(tablebase, **other).verify()


def test_display(tablebase: Tablebase) -> None:
    text = repr(tablebase)
    value = f"{tablebase.value():+d}"
    assert text == f"Tablebase({tablebase.deal.text!r}, sixes, 1,940,440 states, V {value})"
    assert len(text) < 180


@pytest.mark.parametrize("decl", [-1, 10])
def test_unknown_declaration(decl: int) -> None:
    with pytest.raises(ForgeError, match=rf"^declaration id must be 0\.\.9, got {decl}$"):
        Tablebase.solve(Deal.from_seed(0), decl)
