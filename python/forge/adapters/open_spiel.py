"""Texas 42 as a game of OpenSpiel: importing this registers `texas_42`.

Dominoes are dealt by 28 chance nodes, one domino each: OpenSpiel's searches, its tests and its
sampling of chance take nodes that list their outcomes, and a node that dealt a whole hand would
have to list more than can be listed. Algorithms that start at the first decision, as bots do, never
see them.

    >>> import pyspiel
    >>> import forge.adapters.open_spiel
    >>> game = pyspiel.load_game("texas_42(bid=30,declaration=fours,returns=points)")
    >>> game.num_players(), game.num_distinct_actions(), game.max_utility()
    (4, 53, 42.0)
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

import numpy as np

from forge.adapters.redealt import redealt
from forge.adapters.seat_tensors import (
    INFORMATION_STATE,
    OBSERVATION,
    fill,
    information_text,
    observation_text,
    parts_of,
    size_of,
)
from forge.adapters.whole_hand import (
    MOST_DECISIONS,
    N_ACTIONS,
    Terms,
    WholeHand,
    action_name,
)
from forge.errors import ForgeError
from forge.extras import extra
from forge.game.constants import N_DOMINOES, N_SEATS
from forge.game.tables import domino_name

with extra("openspiel"):
    import pyspiel

SHORT_NAME: Final = "texas_42"

_GAME_TYPE = pyspiel.GameType(
    short_name=SHORT_NAME,
    long_name="Texas 42",
    dynamics=pyspiel.GameType.Dynamics.SEQUENTIAL,
    chance_mode=pyspiel.GameType.ChanceMode.EXPLICIT_STOCHASTIC,
    information=pyspiel.GameType.Information.IMPERFECT_INFORMATION,
    utility=pyspiel.GameType.Utility.ZERO_SUM,
    reward_model=pyspiel.GameType.RewardModel.TERMINAL,
    max_num_players=N_SEATS,
    min_num_players=N_SEATS,
    provides_information_state_string=True,
    provides_information_state_tensor=True,
    provides_observation_string=True,
    provides_observation_tensor=True,
    # As `Terms.read` takes them.
    parameter_specification={
        "dealer": N_SEATS - 1,
        "bid": 0,
        "declaration": "",
        "dealer_must_bid": True,
        "returns": "marks",
    },
)


class Texas42Game(pyspiel.Game):
    """Straight 42; the parameters are those of `Terms.read`.

    Raises:
        ForgeError: for parameters that cannot be.
    """

    def __init__(self, params: Mapping[str, Any] | None = None) -> None:
        self.terms = Terms.read(**(params or {}))
        most = self.terms.most_at_stake
        info = pyspiel.GameInfo(
            num_distinct_actions=N_ACTIONS,
            max_chance_outcomes=N_DOMINOES,
            num_players=N_SEATS,
            min_utility=-most,
            max_utility=most,
            utility_sum=0.0,
            max_game_length=MOST_DECISIONS,
        )
        super().__init__(_GAME_TYPE, info, dict(params or {}))

    def new_initial_state(self) -> Texas42State:
        """Before the first domino is dealt."""
        return Texas42State(self)

    def state_of(self, hand: WholeHand) -> Texas42State:
        """The state of a hand that was begun elsewhere under the same terms."""
        state = self.new_initial_state()
        for action in hand.actions:
            state.apply_action(action)
        return state

    def make_py_observer(self, iig_obs_type: Any = None, params: Any = None) -> SeatObserver:
        """What turns states into tensors and text."""
        kind = iig_obs_type or pyspiel.IIGObservationType(perfect_recall=False)
        return SeatObserver(kind, params)

    def max_chance_nodes_in_history(self) -> int:
        """One for each domino."""
        return N_DOMINOES


class Texas42State(pyspiel.State):
    """A hand in play: `hand` is all there is to it.

    Args:
        game: whose terms hold.
    """

    def __init__(self, game: Texas42Game) -> None:
        super().__init__(game)
        self.hand = WholeHand(game.terms)

    def current_player(self) -> int:
        """Seat 0..3, chance, or the end."""
        seat = self.hand.seat_to_act
        if seat is not None:
            return seat
        ended = self.hand.is_over
        return int(pyspiel.PlayerId.TERMINAL if ended else pyspiel.PlayerId.CHANCE)

    def is_terminal(self) -> bool:
        """Whether the hand is over."""
        return self.hand.is_over

    def _legal_actions(self, player: int) -> list[int]:
        return list(self.hand.legal)

    def chance_outcomes(self) -> list[tuple[int, float]]:
        """Dominoes that may be dealt next, each as likely."""
        undealt = self.hand.undealt
        return [(domino, 1 / len(undealt)) for domino in undealt]

    def _apply_action(self, action: int) -> None:
        self.hand = self.hand.after(action)

    def _action_to_string(self, player: int, action: int) -> str:
        if player != pyspiel.PlayerId.CHANCE:
            return action_name(action)
        return f"deal {domino_name(action)}"

    def returns(self) -> list[float]:
        """Marks or points of each seat; 0 before the end."""
        return self.hand.returns

    def resample_from_infostate(self, player: int, rng: Callable[[], float]) -> Texas42State:
        """A state that the player cannot tell from this one, evenly drawn from all of them.

        Args:
            player: seat 0..3.
            rng: gives numbers in [0, 1).
        """
        key = int(rng() * 2.0**53)
        dealt = redealt(self.hand, player, key)
        state = self.get_game().new_initial_state()
        for action in (*dealt, *self.hand.actions[len(dealt) :]):
            state.apply_action(action)
        found: Texas42State = state
        return found

    def __str__(self) -> str:
        hands = " / ".join(
            " ".join(map(domino_name, self.hand.hand_of(seat))) for seat in range(N_SEATS)
        )
        return f"{hands}; {observation_text(self.hand, None)}"


class SeatObserver:
    """What a seat has seen (perfect recall) or sees, see `forge.adapters.seat_tensors`.

    Args:
        kind: which of the two; what everybody knows alone, or one seat's dominoes too.
        params: none.

    Raises:
        ForgeError: for parameters, or for all hands at once.
    """

    def __init__(self, kind: Any, params: Any = None) -> None:
        if params:
            raise ForgeError(f"an observer of {SHORT_NAME} takes no parameters, got {params}")
        if kind.private_info == pyspiel.PrivateInfoType.ALL_PLAYERS:
            raise ForgeError("an observer shows the dominoes of one seat, or none")
        self.has_recall = kind.perfect_recall
        self.is_private = kind.private_info == pyspiel.PrivateInfoType.SINGLE_PLAYER
        shapes = INFORMATION_STATE if self.has_recall else OBSERVATION
        if not self.is_private:
            shapes = {name: shapes[name] for name in shapes if name not in ("hand", "held")}
        self.tensor = np.zeros(size_of(shapes), dtype=np.float32)
        self.dict = parts_of(self.tensor, shapes)

    def set_from(self, state: Texas42State, player: int) -> None:
        """Write what a player knows into `tensor`, which `dict` shows by parts."""
        self.tensor.fill(0)
        # What is public is told from seat 0.
        fill(self.dict, state.hand, player if self.is_private else 0)

    def string_from(self, state: Texas42State, player: int) -> str:
        """The same in words."""
        text = information_text if self.has_recall else observation_text
        return text(state.hand, player if self.is_private else None)


pyspiel.register_game(_GAME_TYPE, Texas42Game)
