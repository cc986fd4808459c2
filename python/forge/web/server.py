"""The page over HTTP, from this machine to its browser: files of one folder and nothing else."""

from __future__ import annotations

import os
import shutil
import socket
import sys
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from socketserver import TCPServer
from typing import IO, Final
from urllib.parse import unquote

from forge.errors import ForgeError, reason_of
from forge.web.built_page import START

LOOPBACK: Final = "127.0.0.1"
# What the system's tables say of these differs; browsers refuse modules and cores of other types.
_TYPES: Final = {
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".ico": "image/x-icon",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".mjs": "text/javascript; charset=utf-8",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".txt": "text/plain; charset=utf-8",
    ".wasm": "application/wasm",
    ".webmanifest": "application/manifest+json",
    ".woff2": "font/woff2",
}
# The page asks no other host for anything; here the browser holds it to that.
_POLICY: Final = (
    "default-src 'self' blob: data:; script-src 'self' blob: 'wasm-unsafe-eval'; "
    "style-src 'self' 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_HEADERS: Final = {
    # A file may change with the next build: ask, and get it again only if it did.
    "Cache-Control": "no-cache",
    "Content-Security-Policy": _POLICY,
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
_IDLE_S: Final = 60.0  # before a connection that asks nothing is closed


class PageServer(ThreadingHTTPServer):
    """Serves a folder. `serve_forever` ends with `shutdown`, or with the process.

    Args:
        page: the folder; see `find_page`.
        host: a name or address of this machine.
        port: 0..65535; 0 is any that is free.

    Raises:
        ForgeError: if the port is in use or may not be had, or the host is not this machine.
    """

    daemon_threads = True

    def __init__(self, page: Path, host: str = LOOPBACK, port: int = 0) -> None:
        self.page = page.resolve()
        try:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
            self.address_family, *_, address = found[0]
            super().__init__(address[:2], PageRequest)  # type: ignore[arg-type]
        except (OSError, UnicodeError) as error:
            raise ForgeError(
                f"cannot serve on port {port} of {host}: {reason_of(error)}; "
                "give another --port (0: any that is free), or another --host"
            ) from error

    def server_bind(self) -> None:
        """Bind, without the look-up of names that the parent does: it may take seconds."""
        TCPServer.server_bind(self)
        self.server_name, self.server_port = self.socket.getsockname()[:2]

    @property
    def url(self) -> str:
        """The address of the page for a browser on this machine."""
        host = str(self.server_name)
        if host in ("0.0.0.0", "::"):  # all addresses of this machine
            host = LOOPBACK if host == "0.0.0.0" else "::1"
        return f"http://{f'[{host}]' if ':' in host else host}:{self.server_port}/"

    @property
    def is_private(self) -> bool:
        """Whether no other machine can reach it."""
        return str(self.server_name).startswith("127.") or self.server_name == "::1"

    def handle_error(self, request: object, client_address: object) -> None:
        """A browser that hangs up is no news; what else goes wrong is a defect of ours."""
        if not isinstance(sys.exc_info()[1], ConnectionError | TimeoutError):
            super().handle_error(request, client_address)  # type: ignore[arg-type]


class PageRequest(BaseHTTPRequestHandler):
    """GET and HEAD of files of the page; anything else is refused."""

    server: PageServer
    protocol_version = "HTTP/1.1"
    server_version = "forge"
    sys_version = ""
    timeout = _IDLE_S

    def do_GET(self) -> None:
        """Send a file."""
        self._answer(with_body=True)

    def do_HEAD(self) -> None:
        """Send what is said of a file."""
        self._answer(with_body=False)

    def log_message(self, format: str, *args: object) -> None:
        """Nothing is recorded."""

    def _answer(self, with_body: bool) -> None:
        path = self._file()
        try:
            file = None if path is None else path.open("rb")
        except OSError:
            file = None
        if path is None or file is None:
            self.send_error(HTTPStatus.NOT_FOUND)
            return
        with file:
            self._send(path, file, with_body)

    def _send(self, path: Path, file: IO[bytes], with_body: bool) -> None:
        about = os.fstat(file.fileno())
        tag = f'"{about.st_mtime_ns:x}-{about.st_size:x}"'
        is_known = tag in self.headers.get("If-None-Match", "")
        self.send_response(HTTPStatus.NOT_MODIFIED if is_known else HTTPStatus.OK)
        self.send_header("ETag", tag)
        for name, value in _HEADERS.items():
            self.send_header(name, value)
        if not is_known:
            kind = _TYPES.get(path.suffix.lower(), "application/octet-stream")
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(about.st_size))
        self.end_headers()
        if with_body and not is_known:
            shutil.copyfileobj(file, self.wfile)

    def _file(self) -> Path | None:
        """The file that is asked for; None for whatever is none of the page."""
        asked = unquote(self.path.partition("?")[0], errors="surrogateescape")
        parts = asked.removeprefix("/").split("/")
        if parts[-1] == "":
            parts[-1] = START
        # No part may lead elsewhere, or to what is hidden.
        if any(not part or part.startswith(".") or {"\\", "\0"} & set(part) for part in parts):
            return None
        path = Path(os.path.realpath(self.server.page.joinpath(*parts)))
        inside = path.is_relative_to(self.server.page)  # not by a link to elsewhere
        return path if inside and os.path.isfile(path) else None  # False for what is no name, too
