"""The forge command line: one module a subcommand, and how it is shown."""

import _signal  # type: ignore[import-not-found]  # what `signal` is made of: there already
import sys as _sys


def _is_a_command() -> bool:
    """Whether this process is the `forge` script, `python -m forge.cli.solve`, or a door to one."""
    if _sys.argv[:1] == ["-m"]:
        return True
    if _sys.argv and _sys.argv[0].replace("\\", "/").rpartition("/")[2] == "forge":
        return True
    spec = getattr(_sys.modules["__main__"], "__spec__", None)
    return getattr(spec, "name", "").startswith("forge.")


# Before anything heavier is imported, even for the handlers.
if _is_a_command():
    _before = _signal.pthread_sigmask(_signal.SIG_BLOCK, (_signal.SIGINT, _signal.SIGTERM))
    from forge.work.stop import listen as _listen

    _listen()
    _signal.pthread_sigmask(_signal.SIG_SETMASK, _before)
