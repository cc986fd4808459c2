"""Door to `forge.oracle.shards.schema`."""

from forge.oracle.shards.schema import *  # noqa: F403
