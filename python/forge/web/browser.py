"""The user's browser."""

from __future__ import annotations

import webbrowser


def open_in_browser(url: str) -> bool:
    """Open an address in the user's browser; False where there is none with windows.

    Browsers of the terminal are none: they take it over, and draw no page.
    """
    try:
        browser = webbrowser.get()
    except webbrowser.Error:
        return False
    in_terminal = isinstance(browser, webbrowser.GenericBrowser) and not isinstance(
        browser, webbrowser.BackgroundBrowser
    )
    return not in_terminal and browser.open(url)
