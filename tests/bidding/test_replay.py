"""Hands judged play by play, and the search for deals that are lost."""

import io

import pytest
import torch
from rich.console import Console

from forge.arena.players.simple import RandomPlayer
from forge.arena.registry import parse_player
from forge.bidding.deals import deals_around
from forge.bidding.hand import parse_hand
from forge.bidding.losses import find_losses, lost_deals
from forge.bidding.replay import Replay, perfect_plays, replay
from forge.bidding.simulate import Simulator, perfect_points, play_keys, played_games
from forge.cli.show.replay_tables import line_view, replay_record, replay_view
from forge.errors import ForgeError
from forge.game.contract import Bid, Contract
from forge.game.deal import Deal
from forge.game.tables import domino_name
from forge.oracle.position import Position
from forge.oracle.search import SearchContext

HAND = parse_hand("6-4,5-5,4-2,3-1,2-0,1-1,0-0")
NEAR_CERTAIN = parse_hand("6-6,6-5,6-4,6-2,6-1,6-0,2-2")
N_DEALS = 3
DEALS = deals_around(HAND, 3, 0, N_DEALS)
DECL = 4


@pytest.fixture(scope="module")
def random_games() -> list[Replay]:
    games = played_games(DEALS, DECL, RandomPlayer(), play_keys(3, 0, N_DEALS))
    lines = zip(DEALS.tolist(), games.plays.tolist(), strict=True)
    replays = [replay(Deal.from_hands(deal), DECL, plays) for deal, plays in lines]
    points = [(42 + diff) // 2 for diff in games.diff.tolist()]
    assert [each.points for each in replays] == points
    return replays


def test_every_play_is_judged_by_the_exact_values(random_games: list[Replay]) -> None:
    for game in random_games[:1]:
        context, position = SearchContext(game.deal, DECL), Position(game.deal, DECL)
        for play in game.plays:
            hand = game.deal.hands[position.seat_to_act]
            q = context.q(position)
            values = {hand[slot]: value for slot, value in enumerate(q) if value is not None}
            best = (min if position.seat_to_act % 2 else max)(values.values())
            won, lost = position.points
            assert play.seat == position.seat_to_act
            assert play.points_before == (42 + won - lost + best) // 2
            assert play.points_after == (42 + won - lost + values[play.domino]) // 2
            assert play.best == tuple(sorted(each for each in values if values[each] == best))
            position = position.play_domino(play.domino)


def test_what_is_lost_and_given_adds_up(random_games: list[Replay]) -> None:
    for game in random_games:
        assert game.perfect_points - game.lost + game.given == game.points
        assert all(play.swing <= 0 for play in game.plays if play.seat % 2 == 0)
        assert all(play.swing >= 0 for play in game.plays if play.seat % 2 == 1)
        assert sum(trick.points for trick in game.tricks) == 42
        won = sum(trick.points for trick in game.tricks if trick.winner % 2 == 0)
        assert won == game.points
    assert sum(game.lost for game in random_games) > 0
    assert sum(game.given for game in random_games) > 0


def test_perfect_play_loses_nothing() -> None:
    values = perfect_points(DEALS, DECL).tolist()
    for deal, plays, points in zip(DEALS.tolist(), perfect_plays(DEALS, DECL), values, strict=True):
        game = replay(Deal.from_hands(deal), DECL, plays)
        assert (game.perfect_points, game.points) == (points, points)
        assert not any(play.swing for play in game.plays)


def test_a_hand_that_is_not_whole_or_not_legal_is_refused() -> None:
    deal, plays = Deal.from_hands(DEALS[0].tolist()), perfect_plays(DEALS[:1], DECL)[0]
    with pytest.raises(ForgeError, match="28 plays, got 27"):
        replay(deal, DECL, plays[:-1])
    with pytest.raises(ForgeError, match="may not play"):
        replay(deal, DECL, plays[::-1])


def test_the_view_shows_all_hands_and_every_loss(random_games: list[Replay]) -> None:
    game = random_games[0]
    screen = Console(width=120, record=True, file=io.StringIO())
    screen.print(replay_view(game, "Deal 7"), line_view(game, "in short"))
    text = screen.export_text()
    assert text.startswith("Deal 7\n")
    assert f"took {game.points} of 42 points; {game.perfect_points} if all four play" in text
    for hand in Deal.from_hands(DEALS[0].tolist()).text.split(" / "):
        assert hand.replace(",", " ") in text
    losing = [play for play in game.plays if play.swing < 0]
    for play in losing:
        assert f"{domino_name(play.domino)} lost {-play.swing}: better " in text
    assert f"Team 0 lost {game.lost} points in {len(losing)} plays" in text
    assert text.count(" gave away ") == len([p for p in game.plays if p.swing > 0])
    assert text.count("*") == 7 + 1  # winners, and the caption that says so


def test_the_record_replays(random_games: list[Replay]) -> None:
    record = replay_record(random_games[1])
    plays = [play for trick in record["tricks"] for play in trick["plays"]]
    text = f"{record['deal']} ; {record['declaration']} ; " + ",".join(p["domino"] for p in plays)
    position = Position.from_text(text)
    assert position.is_over and position.points[0] == record["points"]
    assert plays[0]["points_before"] == record["perfect_points"]
    gains = [play["points_after"] - play["points_before"] for play in plays]
    assert -sum(min(gain, 0) for gain in gains) == record["lost_by_team_0"]


def test_losses_of_perfect_play_are_the_deals_below() -> None:
    simulator = Simulator(seed=3)
    points = simulator.points(HAND, [DECL], 0, 40)[0]
    losses = find_losses(simulator, HAND, Contract(DECL, Bid.of(31)), 40)
    assert sorted(losses.numbers.tolist()) == (points < 31).nonzero()[0].tolist()
    assert losses.points.tolist() == points[losses.numbers].tolist() == sorted(losses.points)
    assert 0 < len(losses.numbers) < 40
    shown = lost_deals(simulator, HAND, losses, 2)
    assert [each.number for each in shown] == losses.numbers[:2].tolist()
    assert [each.played.points for each in shown] == losses.points[:2].tolist()
    assert all(each.played == each.perfect for each in shown)


def test_losses_of_players_are_replayed_as_they_were_played() -> None:
    simulator = Simulator(parse_player("random"), seed=3)
    losses = find_losses(simulator, HAND, Contract(DECL, Bid(25)), 70)
    shown = lost_deals(simulator, HAND, losses, 3)
    assert [each.played.points for each in shown] == losses.points[:3].tolist()
    deals = deals_around(HAND, 3, 0, 70)[torch.from_numpy(losses.numbers[:3])]
    perfect = perfect_points(deals, DECL)
    assert [each.perfect.points for each in shown] == perfect.tolist()
    assert [each.played.perfect_points for each in shown] == perfect.tolist()
    assert any(each.played.lost for each in shown)


def test_a_hand_that_cannot_lose_has_no_lost_deal() -> None:
    simulator = Simulator()
    losses = find_losses(simulator, NEAR_CERTAIN, Contract(6, Bid.of(42)), 60)
    assert (losses.n_deals, len(losses.numbers), losses.points.dtype.name) == (60, 0, "int8")
    assert lost_deals(simulator, NEAR_CERTAIN, losses, 5) == []
