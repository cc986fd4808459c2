"""The one error type that users of the package see."""


class ForgeError(ValueError):
    """A bad value at the border: one line that names what was expected and what came."""
