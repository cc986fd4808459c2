"""Stands before a server and lets connections through, or not: `python s3_gate.py PORT`.

A process of its own: libraries that wait for the server may hold all threads of theirs. Prints its
port, then reads a line at a time: `open`, `shut`, `refuse`, `after N` (shut once N more bytes were
sent to the server), `count` (prints how many bytes came from it); each is answered by a line.
"""

from __future__ import annotations

import socket
import sys
import threading
from contextlib import closing, suppress

_REFUSAL = (
    b"<?xml version='1.0'?><Error><Code>AccessDenied</Code><Message>Access Denied</Message></Error>"
)


class _Gate:
    def __init__(self, port: int) -> None:
        self.mode = "open"
        self.n_received = 0
        self.left: int | None = None
        self._server = port
        self._ends: set[socket.socket] = set()
        self.listening = socket.create_server(("127.0.0.1", 0))
        threading.Thread(target=self._accept, daemon=True).start()

    def turn(self, mode: str) -> None:
        """From now on; connections that are open are cut."""
        self.mode, self.left = mode, None
        _end(*self._ends)

    def _accept(self) -> None:
        while True:
            client, _ = self.listening.accept()
            threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        with closing(client), suppress(OSError):
            if self.mode == "shut":
                return
            if self.mode == "refuse":
                client.recv(1 << 16)
                head = f"HTTP/1.1 403 Forbidden\r\nContent-Length: {len(_REFUSAL)}\r\n"
                client.sendall(f"{head}Connection: close\r\n\r\n".encode() + _REFUSAL)
                client.shutdown(socket.SHUT_WR)
                while client.recv(1 << 16):
                    pass
                return
            with socket.create_connection(("127.0.0.1", self._server)) as server:
                self._ends |= {client, server}
                there = threading.Thread(target=self._pump, args=(client, server), daemon=True)
                there.start()
                self._pump(server, client, is_answer=True)
                there.join()
                self._ends -= {client, server}

    def _pump(self, source: socket.socket, sink: socket.socket, is_answer: bool = False) -> None:
        with suppress(OSError):
            while data := source.recv(1 << 16):
                if is_answer:
                    self.n_received += len(data)
                elif self.left is not None:
                    self.left -= len(data)
                    if self.left < 0:
                        self.turn("shut")
                        break
                sink.sendall(data)
        _end(source, sink)


def _end(*ends: socket.socket) -> None:
    for end in ends:
        with suppress(OSError):
            end.shutdown(socket.SHUT_RDWR)


def _main() -> None:
    gate = _Gate(int(sys.argv[1]))
    print(gate.listening.getsockname()[1], flush=True)
    for line in sys.stdin:
        match line.split():
            case ["count"]:
                print(gate.n_received, flush=True)
                continue
            case ["after", n]:
                gate.left = int(n)
            case [mode]:
                gate.turn(mode)
        print("done", flush=True)


if __name__ == "__main__":
    _main()
