"""A player that is another program, asked line by line."""

from __future__ import annotations

import os
import re
import select
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from typing import Final

import torch
from torch import Tensor

from forge.arena.bridge_lines import (
    MAX_CHARACTERS,
    DeclareRequest,
    PlayAnswer,
    PlayRequest,
    read_declaration,
    read_play,
)
from forge.eq.objective import points_left
from forge.errors import ForgeError, reason_of
from forge.game.constants import HAND_POINTS
from forge.game.state import leaders_of
from forge.game.tables import domino_name
from forge.play.games import Games
from forge.play.player import GIVES_UP

# A program that is over because nobody writes to it any more may take so long.
_END_S: Final = 1.0


class OtherProgram:
    """A program that answers lines, started when it is first asked.

    Args:
        command: of it, and what it is given.
        limit_s: seconds that an answer may take; the first one may take ten times as long, since
            programs have to start.
    """

    def __init__(self, command: Sequence[str], limit_s: float) -> None:
        self.command, self.limit_s = tuple(command), limit_s
        self._process: subprocess.Popen[bytes] | None = None
        self._read = b""

    def ask(self, line: str) -> str:
        """Its answer to a line; a program that does not give one is ended, and started anew next
        time.

        Raises:
            ForgeError: where it cannot be started, ends, is silent for too long, or says too much.
        """
        limit_s = self.limit_s
        if self._process is None:
            limit_s *= 10
            self._start()
        assert self._process is not None
        try:
            return self._answer(line, time.monotonic() + limit_s)
        except ForgeError:
            self.close()
            raise
        except OSError as error:
            self.close()
            raise ForgeError(f"it ended: {reason_of(error)}") from error

    def close(self) -> None:
        """End it."""
        process, self._process, self._read = self._process, None, b""
        if process is None:
            return
        assert process.stdin is not None and process.stdout is not None
        with suppress(OSError):
            process.stdin.close()
        try:
            process.wait(_END_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        process.stdout.close()

    def __del__(self) -> None:
        self.close()

    def _start(self) -> None:
        try:
            # In a session of its own it hears no Ctrl+C; without us nobody writes to it any more.
            self._process = subprocess.Popen(
                self.command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                bufsize=0,
                start_new_session=True,
            )
        except OSError as error:
            raise ForgeError(f"cannot start {self.command[0]}: {reason_of(error)}") from error

    def _answer(self, line: str, until: float) -> str:
        assert self._process is not None
        stdin, stdout = self._process.stdin, self._process.stdout
        assert stdin is not None and stdout is not None
        stdin.write(f"{line}\n".encode())
        while b"\n" not in self._read:
            if len(self._read) > MAX_CHARACTERS:
                raise ForgeError(f"its answer has more than {MAX_CHARACTERS} characters")
            left_s = until - time.monotonic()
            if left_s <= 0 or not select.select([stdout], [], [], left_s)[0]:
                raise ForgeError(f"no answer within {self.limit_s:g} s")
            more = os.read(stdout.fileno(), 4096)
            if not more:
                raise ForgeError(f"it ended ({_told(self._process.wait())})")
            self._read += more
        answer, _, self._read = self._read.partition(b"\n")
        return answer.decode("utf-8", "replace")


def _told(code: int) -> str:
    return f"exit code {code}" if code >= 0 else f"signal {-code}"


class BridgedPlayer:
    """Asks another program for each play; where there is no legal answer it gives the hand up.

    What went wrong is told on stderr, each kind of fault once.

    Args:
        command: of the program.
        limit_s: seconds an answer may take.
    """

    def __init__(self, command: Sequence[str], limit_s: float) -> None:
        self.program = OtherProgram(command, limit_s)
        self._faults: set[str] = set()

    def slots(self, games: Games, keys: Tensor) -> Tensor:
        """See `forge.play.player.Player`."""
        rows = [self._slot(games.take(torch.tensor([row]))) for row in range(len(games))]
        return torch.tensor(rows, dtype=torch.int64, device=keys.device)

    def declaration(self, bidder: int, hand: Sequence[int]) -> int:
        """What the program declares.

        Args:
            bidder: seat 0..3.
            hand: seven domino ids.

        Raises:
            ForgeError: if there is no answer, or it is none.
        """
        return read_declaration(self.program.ask(DeclareRequest(bidder, tuple(hand)).line))

    def _slot(self, game: Games) -> int:
        request = request_of(game)
        try:
            answer = read_play(self.program.ask(request.line))
            slot = _legal_slot(game, answer.domino)
        except ForgeError as error:
            # Of one kind whatever the dominoes.
            kind = re.sub(r"\d", "", str(error).partition(":")[0])
            self._tell(f"gives the hand up: {error} (asked: {request.line})", kind)
            return GIVES_UP
        self._compare(game, answer)
        return slot

    def _compare(self, game: Games, answer: PlayAnswer) -> None:
        """Tells where the program takes the table for another; its play counts all the same."""
        if answer.leader is None or answer.points is None:
            return
        ours = (int(leaders_of(game.states)[0]), *points_of(game))
        theirs = (answer.leader, *answer.points)
        if ours != theirs:
            told = f"takes leader and points for {theirs}, they are {ours}"
            self._tell(f"{told} (asked: {request_of(game).line})", "takes")

    def _tell(self, what: str, kind: str) -> None:
        if kind not in self._faults:
            self._faults.add(kind)
            print(f"{self.program.command[0]}: {what}", file=sys.stderr, flush=True)


def request_of(game: Games) -> PlayRequest:
    """What is asked in one game."""
    seats, plays = game.seats[0].tolist(), game.plays[0].tolist()
    pairs = tuple(zip(seats, plays, strict=True))
    seat, decl = int(game.players[0]), int(game.decls[0])
    return PlayRequest(seat, decl, 0, tuple(game.hand[0].tolist()), pairs)


def points_of(game: Games) -> tuple[int, int]:
    """Points that seats 0 and 2, and 1 and 3, have won in one game."""
    won = HAND_POINTS - int(points_left(game)[0])
    difference = int(game.diff[0])
    return (won + difference) // 2, (won - difference) // 2


def _legal_slot(game: Games, domino: int) -> int:
    hand: list[int] = game.hand[0].tolist()
    legal = game.legal[0].tolist()
    names = ", ".join(domino_name(d) for d, fine in zip(hand, legal, strict=True) if fine)
    if domino not in hand or not legal[hand.index(domino)]:
        raise ForgeError(f"{domino_name(domino)} may not be played: legal are {names}")
    return hand.index(domino)
