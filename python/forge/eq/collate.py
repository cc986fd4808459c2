"""From records and transcripts back to games: decisions that can be looked at or made again.

A record alone is enough: deal, declaration and earlier plays give the position, the seed gives the
keys, the settings give the rest. A transcript is enough for what its seat may know.
"""

from collections.abc import Iterator

import torch
from torch import Tensor

from forge import ops
from forge.eq.estimate import Estimate, estimate
from forge.eq.oracle import Oracle
from forge.eq.pipeline import WORLDS
from forge.eq.records import EqRecord
from forge.eq.settings import GameSettings
from forge.errors import ForgeError
from forge.game.constants import N_DOMINOES, N_PLAYS, N_SEATS, N_SLOTS
from forge.game.deal import Deal
from forge.game.tables import FOLLOWERS, domino_name
from forge.play.games import ALL_DOMINOES, Games
from forge.play.keys import decision_keys
from forge.play.transcript import Transcript, transcript_tokens


def replays(record: EqRecord) -> Iterator[Games]:
    """The G games of a record before each of their 28 decisions.

    Raises:
        ForgeError: where a play breaks the rules.
    """
    games = Games.start([record.deal(game) for game in range(record.n_games)], record.decls)
    slots = record["action_taken"].view(record.n_games, N_PLAYS)
    for k in range(N_PLAYS):
        yield games
        try:
            games = games.play(slots[:, k])
        except ForgeError as error:
            raise ForgeError(f"decision {k} breaks the rules: {error}") from None


def game_before(record: EqRecord, row: int) -> Games:
    """The one game of a row, before its decision.

    Raises:
        ForgeError: where a play before breaks the rules, or there is no such row.
    """
    if not 0 <= row < len(record):
        raise ForgeError(f"no decision in row {row}: there are {len(record)}")
    game, decision = divmod(row, N_PLAYS)
    for k, games in enumerate(replays(record.game(game))):
        if k == decision:
            return games
    raise AssertionError("a game has 28 decisions")


def check_record(record: EqRecord) -> None:
    """Play all games of a record again and compare what was recorded.

    Raises:
        ForgeError: where a play breaks the rules, or player, legal plays or transcript are not
            those of the plays before.
    """
    for k, games in enumerate(replays(record)):
        tokens, lengths = transcript_tokens(games)
        expected = {
            "player": games.players,
            "legal_mask": games.legal,
            "transcript_tokens": tokens,
            "transcript_lengths": lengths,
        }
        for name, value in expected.items():
            same = (record[name][k::N_PLAYS] == value).flatten(1 if value.dim() > 1 else 0)
            wrong = (~(same.all(dim=1) if same.dim() > 1 else same)).nonzero()
            if len(wrong):
                seed = record.seeds[int(wrong[0])]
                raise ForgeError(
                    f"seed {seed}, decision {k}: {name} does not follow from the plays"
                )


def estimate_again(
    record: EqRecord, row: int, oracle: Oracle, policy: Tensor | None = None
) -> Estimate:
    """E[Q] of a recorded decision, from the worlds that were drawn then.

    Args:
        record: with settings.
        row: of the decision.
        oracle: the one that the settings name.
        policy: float32 [N], numbers of the policy that they name, if they do.

    Raises:
        ForgeError: without settings, for another oracle, without the policy, or as `game_before`.
    """
    settings = GameSettings.from_dict(record.settings)
    if oracle.name != settings.oracle:
        raise ForgeError(f"the record was made with oracle {settings.oracle}, not {oracle.name}")
    game = game_before(record, row)
    seeds = torch.tensor([record.seeds[row // N_PLAYS]])
    keys = decision_keys(seeds, game.n_plays, WORLDS)
    return estimate(game, keys, oracle, settings.estimate, settings.bid, policy)


def game_of_transcript(transcript: Transcript) -> Games:
    """One game of which the seat to act knows exactly what a transcript says.

    The hands that it does not see are one way, out of all that fit, how they may be; seat 0 led
    first.

    Raises:
        ForgeError: if the transcript breaks the rules: a play out of turn or against the duty to
            follow, hands of the wrong size, a declaration there is none of, or plays that no hidden
            hands explain.
    """
    if not 0 <= transcript.decl <= 9:
        raise ForgeError(f"declarations are 0..9, got {transcript.decl}")
    dealt = _dealt(transcript)
    # Seat 0 led first: the seat to act sits as far from it as the first play says.
    me = -transcript.plays[0][0] % N_SEATS if transcript.plays else 0
    hands = [dealt[(seat - me) % N_SEATS] for seat in range(N_SEATS)]
    games = Games.start([Deal.from_hands(hands)], [transcript.decl])
    for k, (relative, domino) in enumerate(transcript.plays):
        seat = int(games.players[0])
        if seat != (me + relative) % N_SEATS:
            raise ForgeError(f"play {k}, {domino_name(domino)}, was made out of turn")
        slot = games.hand[0].tolist().index(domino)
        if not bool(games.legal[0, slot]):
            raise ForgeError(f"play {k}, {domino_name(domino)}, does not follow the lead")
        games = games.play(torch.tensor([slot]))
    if games.n_plays < N_PLAYS and int(games.players[0]) != me:
        raise ForgeError("it is not the turn of the seat whose transcript this is")
    return games


def _dealt(transcript: Transcript) -> list[list[int]]:
    """Domino ids dealt to the relative seats: as seen, and some hidden hands that fit."""
    played: list[list[int]] = [[] for _ in range(N_SEATS)]
    excluded = [0] * N_SEATS
    for k, (relative, domino) in enumerate(transcript.plays):
        if not 0 <= relative < N_SEATS:
            raise ForgeError(f"relative seats are 0..3, got {relative}")
        played[relative].append(domino)
        led = transcript.plays[k - k % N_SEATS][1]
        followers = int(FOLLOWERS[transcript.decl, led])
        if not followers >> domino & 1:
            excluded[relative] |= followers
    own = [*transcript.hand, *played[0]]
    sizes = [N_SLOTS - len(dominoes) for dominoes in played]
    if len(own) != N_SLOTS or min(sizes) < 0:
        counts = ", ".join(str(len(dominoes)) for dominoes in (own, *played[1:]))
        raise ForgeError(f"a seat has seven dominoes: shown are {counts}")
    unseen = ALL_DOMINOES & ~_mask([*own, *(d for dominoes in played[1:] for d in dominoes)])
    hidden = _some_world([unseen & ~excluded[seat] for seat in range(1, N_SEATS)], sizes[1:])
    return [own, *(_ids(int(hidden[i])) + played[i + 1] for i in range(N_SEATS - 1))]


def _some_world(allowed: list[int], sizes: list[int]) -> Tensor:
    """int32 [3]: masks of hands that fit."""
    masks, counts = torch.tensor(allowed, dtype=torch.int32), torch.tensor(sizes, dtype=torch.int8)
    if int(ops.count_worlds(masks[None], counts[None])[0]) == 0:
        raise ForgeError("no hidden hands fit what was played")
    world: Tensor = ops.enumerate_worlds(masks, counts, 0, 1)[0]
    return world


def _mask(dominoes: list[int]) -> int:
    return sum(1 << domino for domino in dominoes)


def _ids(mask: int) -> list[int]:
    return [domino for domino in range(N_DOMINOES) if mask >> domino & 1]
