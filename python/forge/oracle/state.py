"""Door to `forge.game.state`."""

from forge.game.state import *  # noqa: F403
