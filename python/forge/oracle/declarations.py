"""Door to `forge.game.declarations`."""

from forge.game.declarations import *  # noqa: F403
