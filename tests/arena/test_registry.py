"""Players: how they are written, and that each does what its name says."""

from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

from forge import ops
from forge.arena.builtin import SamplingOptions
from forge.arena.players.open_hands import NetworkPlayer, OraclePlayer
from forge.arena.players.sampling import SamplingPlayer
from forge.arena.players.seats import SeatPlayer
from forge.arena.players.simple import GreedyPointsPlayer, RandomPlayer
from forge.arena.players.transcripts import TranscriptPlayer
from forge.arena.registry import KINDS, parse_player
from forge.eq.estimate import estimate
from forge.eq.oracle import ExactOracle
from forge.eq.settings import EstimateConfig, PosteriorConfig
from forge.errors import ForgeError
from forge.ml.network_oracle import NetworkOracle
from forge.play.transcript import transcript_tokens
from reference import game, packing, rules
from support.checkpoints import run_checkpoint, save_run, tiny_eq_module, tiny_module
from support.lines import Line, random_lines, replayed, seat_to_act

LINES = random_lines(30, seed=5)
KEYS = torch.arange(len(LINES))


@pytest.mark.parametrize(
    ("text", "spelled", "config"),
    [
        ("eq", "eq:n=50", EstimateConfig()),
        ("eq:n=10", "eq:n=10", EstimateConfig(n_samples=10)),
        (
            "eq:posterior,n=100",
            "eq:n=100,posterior",
            EstimateConfig(n_samples=100, posterior=PosteriorConfig()),
        ),
        ("eq:n=50,sampler=mrv", "eq:n=50,sampler=mrv", EstimateConfig(sampler="mrv")),
        ("make:n=0300", "make:n=300", EstimateConfig(n_samples=300)),
        (
            "make:mix=.20,posterior,tau=1,window=8,min-ess-share=0",
            "make:n=50,posterior,window=8,tau=1.0,mix=0.2,min-ess-share=0.0",
            EstimateConfig(posterior=PosteriorConfig(8, 1.0, 0.2, 0.0)),
        ),
        (
            "eq:enumerate,enum-threshold=500",
            "eq:n=50,enum-threshold=500,enumerate",
            EstimateConfig(enumerate=True, enum_threshold=500),
        ),
    ],
)
def test_sampling_players_are_read(text: str, spelled: str, config: EstimateConfig) -> None:
    spec = parse_player(text)
    assert spec.text == spelled and spec.kind is KINDS[text.partition(":")[0]]
    assert isinstance(spec.options, SamplingOptions) and spec.options.config == config
    assert parse_player(spelled) == spec
    player = parse_player(f"{spelled},no-race").build()
    assert isinstance(player, SamplingPlayer)
    assert player.for_contract == text.startswith("make") and player.config == config


@pytest.mark.parametrize(
    ("text", "races"),
    [
        ("make:n=5", True),
        ("eq", True),
        ("make:n=5,no-race", False),
        ("make:posterior", False),
        ("eq:sampler=mrv", False),
        ("eq:enumerate", False),
        ("seat", True),
    ],
)
def test_who_drops_plays_that_are_behind(text: str, races: bool) -> None:
    player = parse_player(text).build()
    assert isinstance(player, SeatPlayer if races else SamplingPlayer)


@pytest.mark.parametrize(
    ("text", "kind"),
    [("random", RandomPlayer), ("greedy-points", GreedyPointsPlayer), ("oracle", OraclePlayer)],
)
def test_simple_players_are_read(text: str, kind: type) -> None:
    assert isinstance(parse_player(text).build(), kind)


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("", "valid are random, greedy-points, oracle, model:PATH[,sample], stage2:PATH, eq[:OPT"),
        ("minimax", "no player 'minimax': valid are random, greedy-points"),
        ("stage2", "a checkpoint must follow, as in stage2:PATH"),
        ("stage2:", "a checkpoint must follow, as in stage2:PATH"),
        ("oracle:n=3", "oracle takes no options"),
        ("seat:policy=nosuch", "no file 'nosuch': forge train-policy makes them"),
        ("policy:nosuch", "no file 'nosuch': forge train-policy makes them"),
        ("random:", "random takes no options"),
        ("model", "a checkpoint must follow, as in model:PATH"),
        ("model:", "a checkpoint must follow, as in model:PATH"),
        ("eq:", "options are n=N, sampler=uniform|mrv"),
        ("eq:m=3", "no option 'm=3': valid are n=N, sampler=uniform|mrv, enum-threshold=N"),
        ("eq:n", "no option 'n': valid are n=N"),
        ("eq:n=", "no option 'n='"),
        ("eq:posterior=4", "no option 'posterior=4'"),
        ("eq:n=3,,posterior", "no option ''"),
        ("eq:n=3,n=4", "option n is given twice"),
        ("eq:n=ten", "n must be a whole number, got 'ten'"),
        ("eq:n=0", "'eq:n=0': n must be 1..1048576, got 0"),
        ("eq:sampler=best", "sampler must be uniform or mrv, got 'best'"),
        ("make:tau=1", "tau says nothing without posterior"),
        ("make:posterior,tau=0", "tau=0': tau must be 1e-06..1000000.0, got 0.0"),
        ("make:posterior,mix=much", "mix must be a number, got 'much'"),
        ("eq:enum-threshold=9", "enum-threshold says nothing without enumerate"),
    ],
)
def test_bad_players_are_told_what_is_valid(text: str, part: str) -> None:
    with pytest.raises(ForgeError) as told:
        parse_player(text)
    assert part in str(told.value) and "\n" not in str(told.value)


def test_checkpoints(tmp_path: Path) -> None:
    q_path = run_checkpoint(tmp_path / "q.ckpt")
    policy_path = run_checkpoint(tmp_path / "policy.ckpt", "policy")
    for path in (q_path, policy_path):
        assert isinstance(parse_player(f"model:{path}").build(), NetworkPlayer)
    asked: list[str] = []

    def find(name: str) -> Path:
        asked.append(name)
        return q_path

    player = parse_player("make:oracle=some-name,n=3", find).build()
    assert asked == ["some-name"]
    assert isinstance(player, SamplingPlayer) and isinstance(player.oracle, NetworkOracle)
    with pytest.raises(ForgeError, match="needs a qvalue network, got policy"):
        parse_player(f"eq:oracle={policy_path}").build()
    with pytest.raises(ForgeError, match=r"missing\.ckpt"):
        parse_player(f"model:{tmp_path / 'missing.ckpt'}").build()


@pytest.mark.parametrize("n_plays", [0, 5, 18])
def test_stage_2_plays_what_its_network_values_most_without_seeing_the_others(
    tmp_path: Path, n_plays: int
) -> None:
    module = tiny_eq_module()
    path = save_run(tmp_path / "eq.ckpt", module)
    player = parse_player(f"stage2:{path}").build()
    assert isinstance(player, TranscriptPlayer)
    games = replayed(LINES, n_plays)
    tokens, _ = transcript_tokens(games)
    with torch.inference_mode():
        mean = module(tokens).mean
    best = mean.masked_fill(~games.legal, -torch.inf).argmax(dim=1)
    slots = player.slots(games, KEYS)
    assert torch.equal(slots, best) and len(set(slots.tolist())) > 1
    with pytest.raises(ForgeError, match="Stage 1"):
        parse_player(f"stage2:{run_checkpoint(tmp_path / 'q.ckpt')}").build()


def test_random_is_even_and_legal() -> None:
    games = replayed(LINES[:1] * 3000, 4)
    slots = RandomPlayer().slots(games, torch.arange(3000))
    assert games.legal[0].sum() > 2
    counts = torch.bincount(slots, minlength=7)[games.legal[0]]
    assert counts.sum() == 3000  # all legal
    expected = 3000 / len(counts)
    chi2 = float(((counts - expected) ** 2 / expected).sum())
    assert chi2 < 25.0  # of six degrees of freedom at most: p = 0.0003
    again = RandomPlayer().slots(games, torch.arange(3000))
    assert torch.equal(slots, again)


def greedy_slot(line: Line, n_plays: int) -> int:
    """The rule of `GreedyPointsPlayer`, slowly."""
    state = line.states[n_plays]
    seat, unpacked = seat_to_act(state), packing.unpack(state)
    trick = game.trick_so_far(line.deal, unpacked)
    best: tuple[Any, ...] | None = None
    for slot in game.legal_slots(line.deal, line.decl, state):
        domino = line.deal[seat][slot]
        if not trick:
            called = rules.is_called(line.decl, domino)
            rank: tuple[Any, ...] = (called, rules.is_double(domino), sum(domino), -slot)
        else:
            winner = rules.trick_winner(line.decl, [*trick, domino])
            won = rules.team((unpacked.leader + winner) % 4) == rules.team(seat)
            points = rules.trick_points([*trick, domino])
            order = rules.winning_order(line.decl, rules.led_suit(line.decl, trick[0]))
            weakness = order.index(domino) if domino in order else len(order)
            rank = (points if won else -points, weakness, -slot)
        if best is None or rank > best[:-1]:
            best = (*rank, slot)
    assert best is not None
    return int(best[-1])


@pytest.mark.parametrize("n_plays", [0, 1, 2, 3, 8, 9, 10, 11, 17, 22, 27])
def test_greedy_points_follows_its_rule(n_plays: int) -> None:
    lines = [line for line in LINES if line.decl < 7]  # the arena plays pip trumps
    slots = GreedyPointsPlayer().slots(replayed(lines, n_plays), KEYS[: len(lines)])
    assert slots.tolist() == [greedy_slot(line, n_plays) for line in lines]


def test_oracle_plays_what_is_best_with_open_hands() -> None:
    for n_plays in (9, 18, 23):
        games = replayed(LINES, n_plays)
        q = ops.search(games.deals, games.decls, games.states).long() * games.signs[:, None]
        q = q.masked_fill(~games.legal, -200)
        slots = OraclePlayer().slots(games, KEYS)
        assert torch.equal(q.gather(1, slots[:, None])[:, 0], q.amax(dim=1))


@pytest.mark.parametrize("loss_mode", ["qvalue", "policy"])
def test_a_network_plays_its_best_score(loss_mode: str) -> None:
    games = replayed(LINES, 13)
    module = tiny_module(loss_mode)
    slots = NetworkPlayer(module).slots(games, KEYS)
    tokens, masks = ops.tokenize_states(games.deals, games.decls, games.states)
    scores = module(tokens, masks, games.players)[0].detach().masked_fill(~games.legal, -1e9)
    assert torch.equal(slots, scores.argmax(dim=1))
    assert games.legal.gather(1, slots[:, None]).all()


class Unasked:
    """An oracle that must not be needed."""

    name = "unasked"

    def q(self, *args: Any) -> Tensor:
        raise AssertionError

    at_least = q


@pytest.mark.parametrize("for_contract", [False, True])
def test_forced_plays_cost_nothing(for_contract: bool) -> None:
    games = replayed(LINES, 22)
    forced = games.take(games.legal.sum(dim=1) == 1)
    assert 0 < len(forced) < len(games)
    player = SamplingPlayer(Unasked(), EstimateConfig(), for_contract)
    slots = player.slots(forced, torch.arange(len(forced)))
    assert torch.equal(slots, forced.legal.int().argmax(dim=1))


def test_eq_plays_the_best_estimate() -> None:
    games = replayed(LINES, 12)
    config = EstimateConfig(n_samples=8)
    slots = SamplingPlayer(ExactOracle(), config, for_contract=False).slots(games, KEYS)
    mean = estimate(games, KEYS, ExactOracle(), config).mean.nan_to_num(-100.0)
    assert torch.equal(slots, mean.argmax(dim=1))
