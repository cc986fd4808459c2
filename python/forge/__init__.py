"""Crystal Forge: exact play, hidden hands and learning for the domino game Texas 42.

``import forge`` is light: its version and what needs torch are looked up when first asked for.
Importing `forge.ops` (or anything that uses it) registers the torch operators,
``torch.ops.forge.*``.
"""

from importlib import import_module

from forge.errors import ForgeError

TYPE_CHECKING = False  # as in typing, which takes its time
if TYPE_CHECKING:
    from forge.advice.for_python import advise, review
    from forge.build import build_info
    from forge.game.deal import Deal
    from forge.oracle.position import Position
    from forge.oracle.search import SearchContext, search
    from forge.oracle.tablebase import Tablebase

    __version__: str

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

    def __getattr__(name: str) -> object:
        if name == "__version__":
            from importlib.metadata import version

            globals()[name] = version("crystal-forge")
            return globals()[name]
        if name in _HOMES:
            return getattr(import_module(_HOMES[name]), name)
        raise AttributeError(f"module 'forge' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
