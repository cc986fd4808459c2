"""`texas_42` in OpenSpiel: its own tests, its algorithms, our bots."""

import random

import numpy as np
import pytest

pyspiel = pytest.importorskip("pyspiel", reason="open_spiel needs Python 3.11")

from open_spiel.python.algorithms import (  # noqa: E402
    external_sampling_mccfr,
    ismcts,
    mcts,
    outcome_sampling_mccfr,
)

from forge.adapters.open_spiel import SeatObserver, Texas42State  # noqa: E402
from forge.adapters.open_spiel_bots import ExactEvaluator, PlayerBot, seen_from  # noqa: E402
from forge.adapters.redealt import lock_step  # noqa: E402
from forge.arena.protocol import BestPipSuit  # noqa: E402
from forge.errors import ForgeError  # noqa: E402

PLAY = "texas_42(bid=30,declaration=fours)"
GAMES = [
    "texas_42",
    "texas_42(dealer=1,dealer_must_bid=False,returns=points)",
    "texas_42(bid=84,declaration=doubles-trump)",
]


def state_after(name: str, n_actions: int, seed: int = 1) -> Texas42State:
    """A random state of a game."""
    chance, state = random.Random(seed), pyspiel.load_game(name).new_initial_state()
    for _ in range(n_actions):
        state.apply_action(chance.choice(state.legal_actions()))
    found: Texas42State = state
    return found


@pytest.mark.parametrize("name", GAMES)
def test_passes_the_tests_of_openspiel(name: str) -> None:
    """Random games, with what its API promises at each state; states are written and read back."""
    game = pyspiel.load_game(name)
    pyspiel.random_sim_test(game, num_sims=2, serialize=True, verbose=False)
    assert game.max_history_length() == 28 + 33 and str(pyspiel.load_game(str(game))) == str(game)


def test_states_are_copied_and_serialised() -> None:
    state = state_after(GAMES[0], 45)
    _, again = pyspiel.deserialize_game_and_state(
        pyspiel.serialize_game_and_state(state.get_game(), state)
    )
    clone = state.clone()
    assert again.hand == clone.hand == state.hand
    clone.apply_action(clone.legal_actions()[0])
    assert clone.hand != state.hand and len(state.history()) == 45
    assert list(state.hand.actions) == state.history()


@pytest.mark.parametrize("name", GAMES)
def test_resampled_states_cannot_be_told_apart(name: str) -> None:
    rng = random.Random(3)
    for n_actions in (5, 28, 31, 45):
        state = state_after(name, n_actions)
        for player in range(4):
            other = state.resample_from_infostate(player, rng.random)
            for told in ("information_state_string", "observation_string"):
                assert getattr(other, told)(player) == getattr(state, told)(player)
            for told in ("information_state_tensor", "observation_tensor"):
                assert getattr(other, told)(player) == getattr(state, told)(player)
            assert other.current_player() == state.current_player()
            if state.current_player() == player:
                assert other.legal_actions() == state.legal_actions()
            assert len(other.history()) == n_actions
            assert n_actions == 5 or str(other) != str(state)  # of those nothing is hidden


def test_tensors_have_their_shapes() -> None:
    game = pyspiel.load_game(GAMES[0])
    assert game.observation_tensor_shape() == [354]
    assert game.information_state_tensor_shape() == [1020]
    state = state_after(GAMES[0], 50)
    assert sum(state.information_state_tensor(0)[:4]) == 1
    kind = pyspiel.IIGObservationType(
        perfect_recall=False, private_info=pyspiel.PrivateInfoType.NONE
    )
    public = game.make_py_observer(kind)
    assert isinstance(public, SeatObserver) and "held" not in public.dict
    assert public.string_from(state, 0) == public.string_from(state, 3)
    everything = pyspiel.IIGObservationType(
        perfect_recall=True, private_info=pyspiel.PrivateInfoType.ALL_PLAYERS
    )
    with pytest.raises(ForgeError, match="one seat, or none"):
        game.make_py_observer(everything)


def test_searches_of_openspiel_run() -> None:
    state, chance = state_after(PLAY, 28 + 21), np.random.RandomState(1)
    rollouts = mcts.RandomRolloutEvaluator(1, chance)
    game = state.get_game()
    for bot in (
        mcts.MCTSBot(game, 2, 20, rollouts, random_state=chance),
        ismcts.ISMCTSBot(game, rollouts, 2, 20, random_state=chance),
        ismcts.ISMCTSBot(game, ExactEvaluator(), 2, 20, 5, random_state=chance),
    ):
        assert bot.step(state) in state.legal_actions()


def test_samplers_of_regret_run() -> None:
    game = pyspiel.load_game(PLAY)
    np.random.seed(1)
    outcome = outcome_sampling_mccfr.OutcomeSamplingSolver(game)
    outcome.iteration()
    assert len(outcome._infostates) > 50
    # The last tricks by external sampling, which looks at all plays of one side at a time.
    external = external_sampling_mccfr.ExternalSamplingSolver(
        game, external_sampling_mccfr.AverageType.SIMPLE
    )
    external._update_regrets(state_after(PLAY, 28 + 16), 0)
    key = next(iter(external._infostates))
    assert key.startswith("seat ")


def test_exact_values_are_those_of_the_search() -> None:
    for paid_in in ("points", "marks"):
        state = state_after(f"texas_42(bid=31,declaration=ones,returns={paid_in})", 28 + 14)
        position, found = state.hand.position, ExactEvaluator().evaluate(state)
        assert position is not None
        while not state.is_terminal():
            playing = state.hand.position
            assert playing is not None
            state.apply_action(playing.deal.hands[playing.seat_to_act][playing.best_slots()[0]])
        assert found == state.returns()


@pytest.mark.parametrize("player", ["random", "make:n=3", "oracle"])
def test_players_of_ours_are_bots(player: str) -> None:
    bots = [PlayerBot(player, seed, BestPipSuit()) for seed in range(4)]
    state = state_after("texas_42(bid=30)", 28)
    while not state.is_terminal():
        state.apply_action(bots[state.current_player()].step(state))
    assert sum(state.returns()) == 0 and state.hand.contract is not None


def test_a_bot_depends_on_what_its_seat_may_know() -> None:
    rng, bot = random.Random(5), PlayerBot("make:n=3")
    for n_actions in (29, 36, 43):
        state = state_after(PLAY, n_actions, seed=n_actions)
        seat = state.current_player()
        other = state.resample_from_infostate(seat, rng.random)
        assert bot.step(other) == bot.step(state)
        mine, theirs = seen_from(state.hand, seat), lock_step(state.hand)
        assert mine.hand.tolist() == theirs.hand.tolist()
        assert mine.legal.tolist() == theirs.legal.tolist()
        assert mine.plays.tolist() == theirs.plays.tolist()


def test_a_bot_calls_and_declares() -> None:
    game, bot = pyspiel.load_game("texas_42"), PlayerBot("random")
    state = game.new_initial_state()
    # Seat 0 has seven of the eight highest: it bids, and calls sixes or doubles.
    strong = [27, 26, 25, 24, 23, 22, 21]
    for domino in (*strong, *range(21)):
        state.apply_action(domino)
    call = state.action_to_string(bot.step(state))
    assert call not in ("pass", "30")
    state.apply_action(state.string_to_action(call))
    for _ in range(3):
        state.apply_action(state.string_to_action("pass"))
    assert state.action_to_string(bot.step(state)) == "sixes"
    with pytest.raises(ForgeError, match="only where it is a seat's turn"):
        bot.step(game.new_initial_state())
