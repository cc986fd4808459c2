"""The policy: what to play from what a seat may see, in about a microsecond, and how it is learnt.

The network itself runs in the native core (csrc/policy); `forge.ops.policy_logits` asks it.
"""

from pathlib import Path
from typing import Final

SHIPPED: Final = Path(__file__).parent / "seat.policy"
"""The policy that comes with forge."""
