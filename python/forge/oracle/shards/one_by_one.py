"""Shards that processes make one at a time each, where one that fails does not end the rest."""

from __future__ import annotations

from dataclasses import dataclass, field

from forge.errors import reason_of
from forge.oracle.shards.naming import ShardKey
from forge.oracle.shards.pipeline import PipelineOptions, ShardWork
from forge.work.pieces import make_some


@dataclass(frozen=True)
class OneShard:
    """What became of a shard.

    Args:
        name: of its file.
        line: for people.
        reason: why it is not there; None where it is.
        figures: of its making, for a tracker; none where it was there before.
    """

    name: str
    line: str
    reason: str | None = None
    figures: dict[str, float] = field(default_factory=dict)


class MakeShard:
    """Makes the shard of a key; called in any process.

    Args:
        options: how to work.
    """

    def __init__(self, options: PipelineOptions) -> None:
        self._work = ShardWork(options)

    def __call__(self, key: ShardKey) -> OneShard:
        """Make it, unless it is there. What goes wrong is told in the outcome."""
        name = self._work.name(key)
        try:
            outcome = make_some(self._work, [key])
        except Exception as error:
            # Whatever it is, it is this shard's: the others are made all the same.
            reason = reason_of(error)
            return OneShard(name, f"{name}: {reason}", reason)
        for timing in outcome.told:
            return OneShard(name, timing.summary(), None, timing.as_dict())
        (_, reason), *_ = outcome.passed_over
        if reason == "present":
            return OneShard(name, f"{name}: already there")
        if reason == "busy":
            reason = "another process is making it"
        return OneShard(name, f"{name}: {reason}", reason)
