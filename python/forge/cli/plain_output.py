"""Output that a terminal or file of any encoding takes: what it lacks is spelt in ASCII."""

from __future__ import annotations

import codecs
import io
import sys
from typing import Final

_NAME: Final = "forge.ascii"
# Letters that output has, and what stands for them where there are none. One for one, so that
# tables keep their columns.
_LIKE: Final = str.maketrans(
    {
        **dict.fromkeys("·•∙●", "*"),
        **dict.fromkeys("\u2013\u2014\u2212─━", "-"),
        **dict.fromkeys("│┃║", "|"),
        **dict.fromkeys("┌┐└┘├┤┬┴┼╭╮╰╯", "+"),
        **dict.fromkeys("→▶▸", ">"),
        **dict.fromkeys("←◀", "<"),
        **dict.fromkeys("█▇▆▅▄▃▂▁▏▎▍▌▋▊▉", "#"),
        "\N{MULTIPLICATION SIGN}": "x",
        "…": ".",
        "≤": "<",
        "≥": ">",
        "±": "~",
        "✓": "+",
        "✗": "x",
        "“": '"',
        "”": '"',
        "\N{LEFT SINGLE QUOTATION MARK}": "'",
        "\N{RIGHT SINGLE QUOTATION MARK}": "'",
        "\N{NO-BREAK SPACE}": " ",
    }
)


def _ascii(error: UnicodeError) -> tuple[str | bytes, int]:
    """Bytes of a path as they are; for other letters something alike, or a question mark."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    text = error.object[error.start : error.end]
    parts = [
        bytes([ord(each) - 0xDC00])
        if "\udc80" <= each <= "\udcff"
        else each.translate(_LIKE).encode("ascii", "replace")
        for each in text
    ]
    return b"".join(parts), error.end


def degrade_output() -> None:
    """Let stdout and stderr spell what their encoding lacks instead of failing."""
    codecs.register_error(_NAME, _ascii)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors=_NAME)
