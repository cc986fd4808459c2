"""A Ray cluster of two nodes on this machine, as a program: it prints its address, and takes words.

`kill` takes the second node away as a power cut does, `add` brings another one; each is answered by
the number of nodes there are then. The end of the input is the end of the cluster.
"""

import os
import sys
import tempfile
from pathlib import Path
from typing import Any

STORE_BYTES = 100 << 20


def main() -> None:
    """Serve to the end of the input."""
    os.environ.update(RAY_USAGE_STATS_ENABLED="0", RAY_worker_niceness="0")
    with tempfile.TemporaryDirectory(prefix="fr", dir="/tmp") as place:  # of short paths
        os.environ["RAY_TMPDIR"] = place  # its address too: /tmp/ray need not be there
        (Path(place) / "ray").mkdir()
        serve(str(Path(place) / "ray"))


def serve(place: str) -> None:
    """The cluster, with its sockets and logs in a folder."""
    from ray.cluster_utils import Cluster

    how: dict[str, Any] = {"num_cpus": 1, "object_store_memory": STORE_BYTES}
    head = {**how, "include_dashboard": False, "temp_dir": place}
    cluster = Cluster(initialize_head=True, head_node_args=head)
    nodes = [cluster.add_node(**how)]
    cluster.wait_for_nodes()
    print(cluster.address, flush=True)
    for line in sys.stdin:
        if line.strip() == "kill":
            cluster.remove_node(nodes.pop(), allow_graceful=False)
        else:
            nodes.append(cluster.add_node(**how))
            cluster.wait_for_nodes()
        print(1 + len(nodes), flush=True)
    cluster.shutdown()


if __name__ == "__main__":
    main()
