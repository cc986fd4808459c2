"""The one error type that users of the package see."""


class ForgeError(ValueError):
    """A bad value at the border: one line that names what was expected and what came."""


def reason_of(error: BaseException) -> str:
    """One line of what an error of another package, or of the system, says."""
    said = error.strerror if isinstance(error, OSError) else None
    return (said or str(error)).strip().partition("\n")[0] or type(error).__name__


def brief(value: object) -> str:
    """A value in an error: its repr on one line, and no more of it than helps."""
    try:
        text = " ".join(repr(value).split())
    except ValueError:  # a whole number of more digits than Python writes
        return f"a {type(value).__name__} of very many digits"
    return text if len(text) <= 100 else f"{text[:60]} ... {text[-20:]}"
