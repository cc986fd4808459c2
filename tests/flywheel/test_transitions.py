"""From state to state, beside the table of the description."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from forge.flywheel import transitions
from forge.flywheel.state_file import Current, FlywheelState, HistoryEntry, NotNowError
from reference.flywheel import TABLE, Wheel

EVENTS = sorted({event for _, event in TABLE})


def fresh(start: int, step: int, most: int | None) -> FlywheelState:
    return FlywheelState(
        "ready", "g", None, Current(f"{start}:{start + step}"), None, None, [],
        seeds_per_iter=step, iterations=most,
    )  # fmt: skip


def entry_of(state: FlywheelState) -> HistoryEntry:
    name = f"checkpoints/{len(state.history)}.ckpt"
    return HistoryEntry(state.current.seed_range, name, "now", 1, 0.5, 0.5, None)


def after(state: FlywheelState, event: str, now: str) -> FlywheelState | None:
    """What the package makes of an event; None where it refuses."""
    try:
        if event == "begin":
            return transitions.begin(state, now)
        if event == "retry":
            return transitions.retry(state, "again")
    except NotNowError:
        return None
    # The process that has begun is the one that ends it.
    if state.status != "running":
        return None
    if event == "stop":
        return transitions.stop(state, "again")
    if event == "fail":
        return transitions.fail(state, "broken", "mend it")
    return transitions.succeed(state, entry_of(state), "again")


@given(
    st.integers(0, 5000),
    st.integers(1, 1500),
    st.none() | st.integers(1, 4),
    st.lists(st.sampled_from(EVENTS), max_size=25),
)
def test_as_described(start: int, step: int, most: int | None, events: list[str]) -> None:
    start -= start % 1000 % 900 if start % 1000 >= 900 else 0
    state, wheel = fresh(start, step, most), Wheel(start, step, most)
    for number, event in enumerate(events):
        now = f"moment {number}"
        found, wanted = after(state, event, now), wheel.after(event, now, "broken")
        assert (found is None) == (wanted is None), event
        if found is None or wanted is None:
            continue
        state, wheel = found, wanted
        assert state.status == wheel.status
        assert state.current.started_at == wheel.started
        assert state.last_error == wheel.error
        assert state.current.seed_range == "{}:{}".format(*wheel.range)
        assert [each.seed_range for each in state.history] == [
            "{}:{}".format(*r) for r in wheel.done
        ]
        assert (state.next_action is None) == (wheel.status in ("running", "done"))
        if event == "succeed":
            assert state.parent == state.history[-1].checkpoint == state.current.checkpoint


def test_val_and_test_seeds_are_passed_over() -> None:
    assert transitions.next_range(range(880, 890), 10) == range(890, 900)
    assert transitions.next_range(range(890, 900), 10) == range(1000, 1010)
    assert transitions.next_range(range(1894, 1904), 10) == range(2000, 2010)
    assert transitions.train_seeds(range(898, 1002)) == [898, 899, 1000, 1001]


def test_a_range_without_a_length_of_its_own_is_as_long_as_the_last() -> None:
    state = replace(fresh(10, 7, None), seeds_per_iter=None)
    done = transitions.succeed(transitions.begin(state, "now"), entry_of(state), "again")
    assert done.current.seed_range == "17:24"


def test_it_has_an_end_of_its_own() -> None:
    state = fresh(0, 1, None)
    for _ in range(500):
        state = transitions.succeed(transitions.begin(state, "now"), entry_of(state), "again")
    assert state.status == "done" and state.next_action is None
