"""The sections of the view of a decision, by name and in order of importance."""

from typing import Final

from rich.console import Console

from forge.look.decision_view import DecisionView
from forge.look.viewer.actions import actions
from forge.look.viewer.inference import inference
from forge.look.viewer.text import Fitted, Look, facts, hands, heading, history, trick, voids

HEADING: Final = "heading"
# Side by side where there is room, else below each other.
LEFT: Final = ("actions", "facts", "trick")
RIGHT: Final = ("hands", "voids", "history", "inference")


def sections(view: DecisionView, look: Look, place: str) -> dict[str, Fitted]:
    """What to show, by name."""
    return {
        HEADING: Fitted(lambda width: heading(view, place, width)),
        "actions": Fitted(lambda width: actions(view, look, width)),
        "facts": Fitted(lambda width: facts(view, width)),
        "trick": Fitted(lambda width: trick(view, width)),
        "hands": Fitted(lambda width: hands(view, look, width)),
        "voids": Fitted(lambda width: voids(view, width)),
        "history": Fitted(lambda width: history(view)),
        "inference": Fitted(lambda width: inference(view, look, width)),
    }


def print_view(console: Console, view: DecisionView, look: Look, place: str) -> None:
    """Print all sections."""
    for section in sections(view, look, place).values():
        console.print(section)
        console.print()
