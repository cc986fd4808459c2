"""Door to `forge.oracle.shards.timer`."""

from forge.oracle.shards.timer import *  # noqa: F403
