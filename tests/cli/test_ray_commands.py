"""Commands on a cluster of two nodes: their files are those that one process makes."""

import json
from pathlib import Path

import pytest
import typer

from forge.bidding.schema import read_results
from forge.cli.on_ray import WhereToWork
from forge.cli.values import console
from forge.work.ray_cluster import RayCluster
from forge.work.ray_pool import LeftOut, RayPool
from support.commands import Fails, Works
from support.two_nodes import TwoNodes

pytestmark = [pytest.mark.xdist_group("ray"), pytest.mark.timeout(600)]

LINES = {
    "generate-continuous": (
        "generate-continuous --start-seed 29 --limit 2 --max-states 7000000 --output-dir out"
    ),
    "marginalized": (
        "generate-continuous --marginalized --n-opp-seeds 1 --start-seed 4 --limit 1 "
        "--log-memory --output-dir out"
    ),
    "campaign": "campaign --seed-range 30:31 --out out --format pt",
    "tokenize seeds": "tokenize --from-seeds 29:31 --per-seed 500 --output out",
    "generate-eq-continuous": (
        "generate-eq-continuous --limit 5 --n-samples 4 --batch-size 2 --output-dir out"
    ),
    "bidding-continuous": "bidding-continuous --limit 4 --samples 4 --output out",
    "bid-parallel": "bid-parallel --seeds 0:6 --samples 4 --output out/hands.jsonl",
    "arena": "arena greedy-points random --games 64 --out out/arena.jsonl --sides",
}
# When a file was made, and how long that took.
OF_THE_RUN = {"cpu_s", "wall_s", "crc32"}


def content(path: Path) -> object:
    """What a file holds but for when it was made and what that took."""
    if path.parts[-3] == "out" and path.suffix == ".parquet" and "_decl_" not in path.name:
        found = read_results(path)
        return found.seed, found.hand, found.points.tobytes(), found.model_checkpoint
    if path.name.startswith("arena"):
        rows = map(json.loads, path.read_text().splitlines())
        return [{name: row[name] for name in row if name not in OF_THE_RUN} for row in rows]
    if path.name == "manifest.yaml":
        lines = path.read_text().splitlines()
        return [each for each in lines if not each.startswith(("created", "# crc32"))]
    return path.read_bytes()


def contents(folder: Path) -> dict[str, object]:
    """Of all files, temporary ones too."""
    return {
        str(path.relative_to(folder)): content(path)
        for path in folder.rglob("*")
        if path.is_file() and path.name != ".tokenize.lock"
    }


@pytest.mark.parametrize("line", LINES.values(), ids=LINES.keys())
def test_files_are_those_of_one_process(
    line: str, nodes: TwoNodes, works: Works, tmp_path: Path
) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    code, out, err = nodes.forge(elsewhere, line)
    assert (code, err) == (0, "")
    assert "Ray: 2 nodes, 2 pieces at a time\n" in out and "pieces/s): " in out
    name, *rest = line.split(maxsplit=1)
    printed = works(name, *rest)
    assert "Ray" not in printed
    made = contents(tmp_path / "out")
    assert made and contents(elsewhere / "out") == made
    if "--log-memory" in line:
        assert "peak_rss" in out and "peak_rss" in printed
    # And once more: all is there.
    if "--limit" not in line:
        code, out, err = nodes.forge(elsewhere, line)
        assert (code, err) == (0, "") and contents(elsewhere / "out") == made


def test_tokenized_shards(nodes: TwoNodes, works: Works, tmp_path: Path) -> None:
    works("campaign", "--seed-range 30:31 --out shards")
    line = "--input shards --max-samples-per-shard 700 --output"
    works("tokenize", f"{line} here")
    code, _, err = nodes.forge(tmp_path, f"tokenize {line} there")
    assert (code, err) == (0, "")
    assert contents(tmp_path / "there") == contents(tmp_path / "here")


def test_devices_of_a_cluster(nodes: TwoNodes, tmp_path: Path) -> None:
    for device, told in (
        ("cuda", "no node of the Ray cluster has a GPU: use --device cpu"),
        ("cuda:1", "--ray takes --device auto, cuda or cpu, got 'cuda:1'"),
    ):
        line = f"generate-continuous --limit 1 --output-dir out --device {device}"
        assert nodes.forge(tmp_path, line) == (2, "", f"error: {told}\n")


def test_a_bad_address(fails: Fails) -> None:
    assert "--ray must be local, auto or HOST:PORT" in fails("arena", "random random --ray here")


def test_what_is_left_out_is_listed_and_the_exit_code(capsys: pytest.CaptureFixture[str]) -> None:
    pool = RayPool(RayCluster(None, "here"), "cpu", left_out=[LeftOut("seed_3", "out of memory")])
    pool.by_node["node"], pool.hosts["node"], pool.elapsed_s = 4, "host-a", 2.0
    place = WhereToWork(pool, "cpu")
    assert not place.is_complete
    with pytest.raises(typer.Exit) as ended:
        place.end(console(), None)
    assert ended.value.exit_code == 1
    out, err = capsys.readouterr()
    assert out == "Ray: 4 pieces (2.00 pieces/s): host-a 4\n"
    assert err == (
        "left out: seed_3: out of memory\nerror: 1 piece left out: the same line tries again\n"
    )
    with pytest.raises(typer.Exit) as ended:
        place.end(console(), 2)
    assert ended.value.exit_code == 130
