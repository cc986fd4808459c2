"""Door to `forge.game.tables`."""

from forge.game.tables import *  # noqa: F403
