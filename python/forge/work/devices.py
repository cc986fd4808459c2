"""What devices are called."""

from forge.errors import ForgeError


def check_device(text: str) -> None:
    """Raises ForgeError for what is no name of a device; whether it is there is not looked at."""
    kind, colon, index = text.partition(":")
    if text not in ("auto", "cpu") and (kind != "cuda" or (colon and not index.isdecimal())):
        raise ForgeError(f"unknown device {text!r}; valid are auto, cpu, cuda, cuda:N")
