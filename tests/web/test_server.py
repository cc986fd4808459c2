"""What the server of the page sends, and what it refuses."""

import contextlib
import socket
import threading
from collections.abc import Iterator
from http.client import HTTPConnection, HTTPResponse

import pytest

from forge.errors import ForgeError
from forge.web.server import PageServer
from support.tiny_page import CORE, write_tiny_page

SECRET = "not for the browser"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PageServer]:
    home = tmp_path_factory.mktemp("home")
    page = write_tiny_page(home / "pa ge")
    for name in ("a.js", "b.mjs", "c.css", "d.webmanifest", "e.onnx", "ü ß%.txt", "f.HTML"):
        (page / name).write_text(name)
    (page / "below").mkdir()
    (page / "below" / "index.html").write_text("below")
    (page / ".hidden").write_text(SECRET)
    (home / "secret.txt").write_text(SECRET)
    (page / "link.txt").symlink_to(home / "secret.txt")
    (page / "loop").symlink_to(page / "loop")
    (home / "pa ge twin").mkdir()
    (home / "pa ge twin" / "x.txt").write_text(SECRET)
    with PageServer(page) as made:
        thread = threading.Thread(target=made.serve_forever, args=(0.05,))
        thread.start()
        yield made
        made.shutdown()
        thread.join()


def ask(
    server: PageServer, path: str, method: str = "GET", **headers: str
) -> tuple[HTTPResponse, bytes]:
    """What comes back for a path as it stands."""
    connection = HTTPConnection("127.0.0.1", server.server_port, timeout=20)
    connection.putrequest(method, path, skip_host=False)
    for name, value in headers.items():
        connection.putheader(name.replace("_", "-"), value)
    connection.endheaders()
    answer = connection.getresponse()
    body = answer.read()
    connection.close()
    return answer, body


def raw(server: PageServer, data: bytes) -> bytes:
    """What comes back for bytes."""
    answer = b""
    with (
        socket.create_connection(("127.0.0.1", server.server_port), timeout=20) as connection,
        # The server may hang up before all of it is sent, or read.
        contextlib.suppress(ConnectionResetError, BrokenPipeError),
    ):
        connection.sendall(data)
        with contextlib.suppress(OSError):
            connection.shutdown(socket.SHUT_WR)
        while part := connection.recv(1 << 16):
            answer += part
    return answer


@pytest.mark.parametrize(
    ("path", "kind", "body"),
    [
        ("/", "text/html; charset=utf-8", b"<title>42</title>"),
        ("/index.html?x=/../..", "text/html; charset=utf-8", b"<title>42</title>"),
        ("/assets/crystal-forge.wasm", "application/wasm", CORE),
        ("/a.js", "text/javascript; charset=utf-8", b"a.js"),
        ("/b.mjs", "text/javascript; charset=utf-8", b"b.mjs"),
        ("/c.css", "text/css; charset=utf-8", b"c.css"),
        ("/d.webmanifest", "application/manifest+json", b"d.webmanifest"),
        ("/e.onnx", "application/octet-stream", b"e.onnx"),
        ("/f.HTML", "text/html; charset=utf-8", b"f.HTML"),
        ("/%C3%BC%20%C3%9F%25.txt", "text/plain; charset=utf-8", "ü ß%.txt".encode()),
        ("/below/", "text/html; charset=utf-8", b"below"),
    ],
)
def test_files_come_with_their_type(server: PageServer, path: str, kind: str, body: bytes) -> None:
    answer, got = ask(server, path)
    assert (answer.status, got) == (200, body)
    assert answer.headers["Content-Type"] == kind
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "default-src 'self'" in answer.headers["Content-Security-Policy"]
    assert answer.headers["Server"].strip() == "forge"  # neither Python nor its version
    head, nothing = ask(server, path, "HEAD")
    assert (head.status, nothing) == (200, b"")
    assert head.headers["Content-Length"] == str(len(body))


def test_a_file_that_is_known_is_not_sent_again(server: PageServer) -> None:
    first, _ = ask(server, "/a.js")
    assert first.headers["Cache-Control"] == "no-cache"
    again, body = ask(server, "/a.js", If_None_Match=first.headers["ETag"])
    assert (again.status, body) == (304, b"")
    (server.page / "a.js").write_text("changed")
    changed, body = ask(server, "/a.js", If_None_Match=first.headers["ETag"])
    assert (changed.status, body) == (200, b"changed")
    (server.page / "a.js").write_text("a.js")


@pytest.mark.parametrize(
    "path",
    [
        "/../secret.txt",
        "/..%2fsecret.txt",
        "/%2e%2e/secret.txt",
        "/assets/../../secret.txt",
        "/assets/..%2f..%2fsecret.txt",
        "/..\\secret.txt",
        "/..%5csecret.txt",
        "/../pa%20ge%20twin/x.txt",
        "//etc/passwd",
        "/%2fetc/passwd",
        "/etc/passwd",
        "http://127.0.0.1/secret.txt",
        "/link.txt",
        "/loop",
        "/.hidden",
        "/%2ehidden",
        "/a.js%00.txt",
        "/a.js/",
        "/a.js/x",
        "/assets",
        "/assets/",
        "/below",
        "/nothing.txt",
        "/%ff%fe",
        "/%",
        "/" + "x" * 5000,
        "/" + "a/" * 3000,
        "*",
    ],
)
def test_nothing_else_is_sent(server: PageServer, path: str) -> None:
    answer, body = ask(server, path)
    assert answer.status == 404, body
    assert SECRET.encode() not in body and b"root:" not in body and b"pa ge" not in body


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS", "CONNECT", "get"])
def test_nothing_is_taken(server: PageServer, method: str) -> None:
    assert ask(server, "/", method)[0].status == 501
    assert (server.page / "index.html").read_text() == "<title>42</title>"


@pytest.mark.parametrize(
    "data",
    [
        b"\0\1\2\r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
        b"GET " + b"/x" * 70_000 + b" HTTP/1.1\r\n\r\n",
        b"GET / HTTP/1.1\r\n" + b"A: b\r\n" * 500 + b"\r\n",
        b"GET /<script> HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET http://[ HTTP/1.1\r\n\r\n",
    ],
)
def test_no_request_breaks_it(
    server: PageServer, data: bytes, capfd: pytest.CaptureFixture[str]
) -> None:
    answer = raw(server, data)
    assert b"<script>" not in answer
    assert b" 200 " not in answer.partition(b"\r\n")[0]
    assert ask(server, "/")[0].status == 200
    assert capfd.readouterr() == ("", "")


def test_a_browser_that_hangs_up_is_no_news(
    server: PageServer, capfd: pytest.CaptureFixture[str]
) -> None:
    (server.page / "long.txt").write_bytes(bytes(1 << 24))
    with socket.create_connection(("127.0.0.1", server.server_port)) as connection:
        connection.sendall(b"GET /long.txt HTTP/1.1\r\n\r\n")
        connection.recv(100)
    assert ask(server, "/")[0].status == 200
    assert capfd.readouterr() == ("", "")


def test_many_are_served_at_once(server: PageServer) -> None:
    """A connection that says nothing keeps nobody waiting."""
    silent = [socket.create_connection(("127.0.0.1", server.server_port)) for _ in range(30)]
    assert ask(server, "/")[0].status == 200
    for each in silent:
        each.close()


def test_a_port_in_use_and_a_host_elsewhere(server: PageServer) -> None:
    with pytest.raises(ForgeError, match=f"port {server.server_port} of 127.0.0.1: Address alr"):
        PageServer(server.page, port=server.server_port)
    with pytest.raises(ForgeError, match=r"cannot serve on port 0 of 203\.0\.113\.1: "):
        PageServer(server.page, "203.0.113.1")
    for host in ("no host", "x" * 300, "a..b", ""):
        with pytest.raises(ForgeError, match="another --host"):
            PageServer(server.page, host)


@pytest.mark.parametrize(
    ("host", "begins", "is_private"),
    [
        ("127.0.0.1", "http://127.0.0.1:", True),
        ("127.0.0.2", "http://127.0.0.2:", True),
        ("localhost", "http://", True),
        ("0.0.0.0", "http://127.0.0.1:", False),
    ],
)
def test_addresses(server: PageServer, host: str, begins: str, is_private: bool) -> None:
    with PageServer(server.page, host) as made:
        assert made.url.startswith(begins) and made.url.endswith(f":{made.server_port}/")
        assert made.is_private is is_private
