"""The terminal program that steps through E[Q] files (textual)."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import ClassVar, Final

from forge.extras import extra
from forge.game.constants import N_PLAYS
from forge.look.viewer.library import Browser
from forge.look.viewer.sections import HEADING, LEFT, RIGHT, sections
from forge.look.viewer.text import Look

with extra("look"):
    from textual.app import App, ComposeResult
    from textual.binding import Binding, BindingType
    from textual.containers import Vertical, VerticalScroll
    from textual.events import Resize
    from textual.geometry import Size
    from textual.screen import ModalScreen
    from textual.validation import Integer
    from textual.widgets import Footer, Input, Label, Static

# From so many columns on sections stand side by side.
_WIDE: Final = 120
# From so many lines on the heading takes what it needs; from so many on bars are higher.
_TALL: Final = 20
_TALLER: Final = (44, 56)

_KEYS: Final = (
    # key, action, what the footer says ("" nothing), what the help says
    ("question_mark", "help", "Help", "these keys"),
    ("right,space", "step(1)", "Next", "next decision"),
    ("left,backspace", "step(-1)", "Back", "previous decision"),
    ("t", "step_trick(1)", "Trick", "next trick"),
    ("T", "step_trick(-1)", "", "previous trick"),
    ("g", "step_game(1)", "Game", "next game"),
    ("G", "step_game(-1)", "", "previous game"),
    ("home", "go(0)", "", "first decision"),
    ("end", f"go({N_PLAYS - 1})", "", "last decision"),
    ("d", "ask", "Go to", "go to a decision"),
    ("h", "hidden", "Hands", "hidden hands on, off"),
    ("p", "chances", "Chances", "points or chances"),
    ("q,ctrl+c", "quit", "Quit", "quit"),
)
_SHOWN: Final = {
    "right,space": "→ space",
    "left,backspace": "← backspace",
    "question_mark": "?",
    "q,ctrl+c": "q",
}
_SCROLL: Final = "↑ ↓ pages"


class Body(VerticalScroll, inherit_bindings=False):
    """Scrolls by the keys that are not taken."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(key, action, show=False)
        for key, action in (
            ("up", "scroll_up"),
            ("down", "scroll_down"),
            ("pageup", "page_up"),
            ("pagedown", "page_down"),
        )
    ]


class Dialog(ModalScreen[int | None]):
    """Something in the middle of the screen that escape closes."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "dismiss(None)", "Close")]


class Help(Dialog):
    """The keys."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("question_mark,q,enter", "dismiss(None)", "Close", show=False)
    ]

    def compose(self) -> ComposeResult:
        """One line a key."""
        rows = [(_SHOWN.get(key, key), text) for key, _, _, text in _KEYS]
        rows.append((_SCROLL, "scroll"))
        with VerticalScroll():
            yield Static(
                "\n".join(f"{key:<12} {text}" for key, text in rows) + "\n\nescape closes this",
                markup=False,
            )


class GoTo(Dialog):
    """Asks for the number of a decision."""

    AUTO_FOCUS = "Input"

    def compose(self) -> ComposeResult:
        """A line to type in."""
        with VerticalScroll():
            yield Label(f"Decision 1..{N_PLAYS} (escape: none)")
            yield Input(
                type="integer",
                validators=[Integer(1, N_PLAYS)],
                validate_on=["submitted"],
                max_length=2,
                compact=True,
            )

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Take a number that there is; stay otherwise."""
        if event.validation_result is None or not event.validation_result.is_valid:
            self.notify(f"decisions are 1..{N_PLAYS}", severity="warning")
            return
        self.dismiss(int(event.value) - 1)


class ViewerApp(App[None]):
    """Shows one decision at a time.

    Args:
        browser: where to begin.
        look: how to show it.
    """

    TITLE = "E[Q]"
    ENABLE_COMMAND_PALETTE = False
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(key, action, short or text, show=bool(short), key_display=_SHOWN.get(key, key)[:1])
        for key, action, short, text in _KEYS
    ]
    CSS = """
    #heading { width: 100%; height: auto; max-height: 40%; background: $boost; padding: 0 1; }
    #body { height: 1fr; scrollbar-size-vertical: 1; }
    .column { width: 1fr; height: auto; padding: 0 1; }
    .-wide .column { padding: 1; }
    .column Static { width: 100%; height: auto; margin-bottom: 1; }
    .-wide #body { layout: horizontal; }
    .-wide #left { width: 3fr; }
    .-wide #right { width: 2fr; }
    .-narrow .column { padding: 0; }
    .-narrow #heading { padding: 0; }
    .-short #heading { max-height: 2; }
    Dialog { align: center middle; }
    Dialog > VerticalScroll {
        width: 64; max-width: 100%; height: auto; max-height: 100%;
        border: round $accent; padding: 0 1; background: $surface; scrollbar-size-vertical: 1;
    }
    """

    def __init__(self, browser: Browser, look: Look | None = None) -> None:
        super().__init__()
        self.browser = browser
        self.look = look or Look()

    def compose(self) -> ComposeResult:
        """Heading, sections, keys."""
        yield Static(id=HEADING)
        with Body(id="body"):
            with Vertical(id="left", classes="column"):
                yield from (Static(id=name) for name in LEFT)
            with Vertical(id="right", classes="column"):
                yield from (Static(id=name) for name in RIGHT)
        yield Footer()

    def on_mount(self) -> None:
        """Keys scroll the body from the start."""
        self.query_one("#body").focus()
        self._tell_trouble()
        self.show()

    def on_resize(self, event: Resize) -> None:
        """Lay out anew; `size` follows the event later."""
        self.show(event.size)

    def show(self, size: Size | None = None) -> None:
        """Draw the decision at the browser's place, for a terminal of a size."""
        width, height = size or self.size
        base = self.screen_stack[0]  # also while a dialog is above it
        base.set_class(width >= _WIDE, "-wide")
        base.set_class(width < _WIDE, "-narrow")
        base.set_class(height < _TALL, "-short")
        look = replace(self.look, bar_rows=1 + sum(height >= n for n in _TALLER))
        content = sections(self.browser.view, look, self.browser.place)
        for name, renderable in content.items():
            base.query_one(f"#{name}", Static).update(renderable)

    def action_step(self, n: int) -> None:
        """One decision on or back."""
        self._moved(self.browser.step(n))

    def action_step_trick(self, n: int) -> None:
        """One trick on or back."""
        self._moved(self.browser.step_trick(n))

    def action_step_game(self, n: int) -> None:
        """One game on or back."""
        self._moved(self.browser.step_game(n))

    def action_go(self, decision: int) -> None:
        """To a decision of this game."""
        self.browser.go(decision)
        self.show()

    def action_hidden(self) -> None:
        """Show or hide the hands that the seat to act does not see."""
        self.look = replace(self.look, hidden=not self.look.hidden)
        self.show()

    def action_chances(self) -> None:
        """Chances or points."""
        self.look = replace(self.look, chances=not self.look.chances)
        self.show()

    def action_help(self) -> None:
        """The keys."""
        self.push_screen(Help())

    def action_ask(self) -> None:
        """Ask for a decision and go there."""

        def go(decision: int | None) -> None:
            if decision is not None:
                self.action_go(decision)

        self.push_screen(GoTo(), go)

    def _moved(self, moved: bool) -> None:
        self._tell_trouble()
        if not moved:
            self.notify("There is nothing further that way.", timeout=2.0)
        self.show()

    def _tell_trouble(self) -> None:
        for trouble in self.browser.trouble:
            self.notify(trouble, title="Passed by", severity="error", markup=False)


def screenshot(app: ViewerApp, width: int, height: int) -> str:
    """What the program shows at its start on a terminal of a size, as SVG."""

    async def shoot() -> str:
        async with app.run_test(size=(width, height)) as pilot:
            await pilot.pause()
            await pilot.pause()
            return app.export_screenshot()

    # In a thread of its own: this one may run a loop already, as that of a notebook does.
    with ThreadPoolExecutor(max_workers=1) as pool:
        return pool.submit(asyncio.run, shoot()).result()
