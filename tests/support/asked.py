"""The exact search asked about tensors of worlds: the reference of the native core."""

from torch import Tensor

from forge.eq.oracle import ExactOracle


class AskedExactly:
    """What `ExactOracle` says, by the path that networks take."""

    name = "exact"

    def q(self, deals: Tensor, decls: Tensor, states: Tensor) -> Tensor:
        """See `forge.eq.oracle.Oracle`."""
        return ExactOracle().q(deals, decls, states)

    def at_least(self, deals: Tensor, decls: Tensor, states: Tensor, targets: Tensor) -> Tensor:
        """See `forge.eq.oracle.Oracle`."""
        return ExactOracle().at_least(deals, decls, states, targets)
