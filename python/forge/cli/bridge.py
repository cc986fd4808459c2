"""`forge bridge`: a player of ours for other programs, line by line."""

from __future__ import annotations

from dataclasses import dataclass

from forge.cli import values
from forge.cli.command import command
from forge.cli.shared_options import device_option, seed_option
from forge.game.bid_option import bid_option
from forge.game.contract import LOWEST_BID, Bid
from forge.options import option


@dataclass(frozen=True)
class BridgeArgs:
    """What may be said to `forge bridge`."""

    player: str = option("seat", "Who plays.", metavar="PLAYER", reads=values.player)
    bid: int = bid_option(LOWEST_BID.number, "What the declarer's side promised: no line says.")
    seed: int = seed_option(0)
    device: str = device_option("cpu")


@command()
def bridge(args: BridgeArgs) -> None:
    """Play for another program: a line on stdin asks, a line on stdout answers.

    'seat decl bidder h0 .. h6 n' and n pairs of who played and what is answered by 'domino leader
    points0 points1'; 'declare bidder h0 .. h6' by a declaration. It ends with stdin. The other way
    round, the player bridge:COMMAND lets any such program into the arena.
    """
    import sys
    from io import TextIOWrapper

    from forge.advice.bridge_server import BridgeServer
    from forge.arena.bridge_lines import request_lines
    from forge.ops import resolve_device

    device = str(resolve_device(args.device))
    server = BridgeServer(
        values.player("--player", args.player), Bid.of(args.bid), args.seed, device
    )
    assert isinstance(sys.stdin, TextIOWrapper)
    sys.stdin.reconfigure(encoding="utf-8", errors="replace")
    for answer in server.answers(request_lines(sys.stdin)):
        print(answer, flush=True)


main = bridge.main


if __name__ == "__main__":
    main()
