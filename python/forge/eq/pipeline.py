"""Games in lock step: estimate each decision, choose, record, play.

Every random number has a key of (seed, decision, purpose), and every sum runs over the worlds of
one decision, so a game is the same in any batch and on any number of threads. On another device,
or with a network as the oracle on another machine, the last bits of a mean may differ.
"""

from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from forge.eq.estimate import Estimate, estimate
from forge.eq.exploration import choose
from forge.eq.objective import choose_for_contract
from forge.eq.oracle import Oracle
from forge.eq.records import FIELDS, EqRecord
from forge.eq.settings import GameSettings
from forge.errors import ForgeError
from forge.game.constants import N_PLAYS
from forge.game.deal import Deal
from forge.play.games import Games
from forge.play.keys import decision_keys
from forge.play.player import Player
from forge.play.transcript import transcript_tokens

# What a draw of a decision is for.
WORLDS, CHOICE, PLAYER = range(3)


def default_decl(seed: int) -> int:
    """The declaration of a seed's game: `seed % 10`."""
    return seed % 10


def play_games(
    seeds: Sequence[int],
    oracle: Oracle,
    settings: GameSettings,
    device: torch.device | str = "cpu",
    on_decision: Callable[[int], None] | None = None,
    player: Player | None = None,
    policy: Tensor | None = None,
) -> EqRecord:
    """Play and record the games of some seeds.

    Args:
        seeds: of the deals, which are declared `seed % 10`.
        oracle: whom `settings` names.
        settings: how to play.
        device: where games and worlds are.
        on_decision: called with the number of decisions made, after each play of the batch.
        player: whom `settings` names, on that device; chooses the plays.
        policy: float32 [N], numbers of the policy that worlds are weighed by, if `settings` name
            one.

    Raises:
        ForgeError: if there are no seeds.
    """
    if not seeds:
        raise ForgeError("no seeds: there is no game to play")
    decls = [default_decl(seed) for seed in seeds]
    games = Games.start([Deal.from_seed(seed) for seed in seeds], decls).to(torch.device(device))
    game_seeds = torch.tensor(seeds, device=games.states.device)
    columns: dict[str, list[Tensor]] = {name: [] for name in FIELDS}
    for k in range(N_PLAYS):
        keys = decision_keys(game_seeds, k, WORLDS)
        found = estimate(games, keys, oracle, settings.estimate, settings.bid, policy)
        chance = decision_keys(game_seeds, k, CHOICE)
        if player is None:
            scores = _scores(games, found, keys, oracle, settings)
        else:
            own = player.slots(games, decision_keys(game_seeds, k, PLAYER))
            scores = _topped(found, own)
        slots, modes = choose(scores, chance, settings.exploration)
        row = _row(games, found) | {
            "action_taken": slots,
            "exploration_mode": modes,
            "game_idx": game_seeds,
        }
        for name, (dtype, _) in FIELDS.items():
            columns[name].append(row[name].to("cpu", dtype))
        games = games.play(slots)
        if on_decision is not None:
            on_decision(len(seeds))
    # [28, G, ...] to game after game.
    decisions = {name: torch.stack(parts, dim=1).flatten(0, 1) for name, parts in columns.items()}
    return EqRecord(
        decisions, games.deals.cpu(), tuple(decls), tuple(map(int, seeds)), settings.as_dict()
    )


def _scores(
    games: Games, found: Estimate, keys: Tensor, oracle: Oracle, settings: GameSettings
) -> Tensor:
    """What plays are chosen by: E[Q], with `make` topped by the play that is best for the contract;
    float64 [G, 7], NaN where not legal."""
    if settings.objective == "points":
        return found.mean
    slots = choose_for_contract(games, keys, oracle, settings.estimate, settings.bid, found)
    return _topped(found, slots)


def _topped(found: Estimate, slots: Tensor) -> Tensor:
    """E[Q] with the play in front that was chosen otherwise; float64 [G, 7]."""
    return found.mean.scatter(1, slots[:, None], torch.inf)


def _row(games: Games, found: Estimate) -> dict[str, Tensor]:
    """What is recorded of one decision of each game, but for the play."""
    tokens, lengths = transcript_tokens(games)
    summary = found.summary
    return {
        "transcript_tokens": tokens,
        "transcript_lengths": lengths,
        "e_q_mean": found.mean.nan_to_num(0.0),
        "e_q_var": summary.var.nan_to_num(0.0),
        "e_q_pdf": summary.pdf,
        "legal_mask": found.legal,
        "player": games.players,
        "decision_idx": torch.full_like(games.states, games.n_plays),
        "train_mask": found.legal.sum(dim=1) > 1,
        "u_mean": found.u_mean,
        "u_max": found.u_max,
        "ess": summary.ess,
        "max_w": summary.max_w,
        "q_gap": found.q_gap,
        "n_samples": summary.n_worlds,
        "converged": found.converged,
        "complete": found.complete,
    }
