"""How much slower the search is in WebAssembly than in the native core, both on one thread.

    python bench/measure_wasm.py [--deals 200] [--rounds 5]

Takes turns: the native operator on all deals, then `node web/core/check.mjs` on the same ones.
Prints both times a position (first lead, all values) of each round and the median ratio.
"""

import argparse
import json
import re
import statistics
import subprocess
import tempfile
import time
from pathlib import Path

import torch

from forge import ops
from forge.game.constants import INITIAL_STATE
from forge.game.deal import Deal

CHECK = Path(__file__).parents[1] / "web" / "core" / "check.mjs"
FIRST_SEED = 5000


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--deals", type=int, default=200)
    parser.add_argument("--rounds", type=int, default=5)
    how = parser.parse_args()
    torch.set_num_threads(1)
    deals = torch.stack([Deal.from_seed(FIRST_SEED + i).tensor for i in range(how.deals)])
    decls = (torch.arange(how.deals) % 10).to(torch.int8)
    states = torch.full((how.deals,), INITIAL_STATE)
    ratios = []
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "deals.jsonl"
        for number in range(how.rounds):
            start = time.process_time()
            q = ops.search(deals, decls, states)
            native_ms = 1e3 * (time.process_time() - start) / how.deals
            rows = zip(deals.flatten(1).tolist(), decls.tolist(), q.tolist(), strict=True)
            path.write_text(
                "\n".join(json.dumps({"deal": d, "decl": k, "q": v}) for d, k, v in rows)
            )
            done = subprocess.run(["node", CHECK, path], capture_output=True, text=True, check=True)
            told = re.search(r"agree, ([\d.]+) ms", done.stdout)
            assert told is not None
            ratios.append(float(told[1]) / native_ms)
            print(f"round {number}: native {native_ms:.3f} ms, WebAssembly {told[1]} ms")
    print(f"WebAssembly / native: {statistics.median(ratios):.2f} (median of {how.rounds})")


if __name__ == "__main__":
    main()
