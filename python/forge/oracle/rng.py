"""Door to `forge.game.rng`."""

from forge.game.rng import *  # noqa: F403
