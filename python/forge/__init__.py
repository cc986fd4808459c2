"""Crystal Forge: exact play, hidden hands and learning for the domino game Texas 42.

``import forge`` is light; what needs torch is loaded when it is first asked for. Importing
`forge.ops` (or anything that uses it) registers the torch operators ``torch.ops.forge.*``.
"""

from importlib import import_module
from importlib.metadata import version as _version
from typing import TYPE_CHECKING, Any

from forge.errors import ForgeError

if TYPE_CHECKING:
    from forge.advice.for_python import advise, review
    from forge.build import build_info
    from forge.game.deal import Deal
    from forge.oracle.position import Position
    from forge.oracle.search import SearchContext, search
    from forge.oracle.tablebase import Tablebase

__version__ = _version("crystal-forge")

_HOMES = {
    "Deal": "forge.game.deal",
    "Position": "forge.oracle.position",
    "SearchContext": "forge.oracle.search",
    "Tablebase": "forge.oracle.tablebase",
    "advise": "forge.advice.for_python",
    "build_info": "forge.build",
    "review": "forge.advice.for_python",
    "search": "forge.oracle.search",
}

__all__ = [
    "Deal",
    "ForgeError",
    "Position",
    "SearchContext",
    "Tablebase",
    "__version__",
    "advise",
    "build_info",
    "review",
    "search",
]


if not TYPE_CHECKING:  # type checkers see the imports above

    def __getattr__(name: str) -> Any:
        if name in _HOMES:
            return getattr(import_module(_HOMES[name]), name)
        raise AttributeError(f"module 'forge' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
