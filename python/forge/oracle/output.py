"""Door to `forge.oracle.shards.output`."""

from forge.oracle.shards.output import *  # noqa: F403
