"""`--posterior` of the commands that play games by E[Q]: by an oracle, by a policy."""

from pathlib import Path

import pytest
import torch

from forge.eq.collate import estimate_again
from forge.eq.oracle import ExactOracle
from forge.eq.records import read_record
from forge.policy import SHIPPED
from forge.policy.numbers import PolicyNumbers, load_policy, save_policy
from support.commands import Fails, Works
from support.seen import random_weights


def test_games_by_a_policy(works: Works, tmp_path: Path) -> None:
    line = "--start-seed 2 --n-samples 3 --device cpu"
    works("generate-eq", f"{line} --output a.pt --posterior policy")
    works("generate-eq", f"{line} --output b.pt --posterior policy --posterior-policy", SHIPPED)
    a, b = (read_record(tmp_path / name) for name in ("a.pt", "b.pt"))
    assert a.settings == b.settings
    posterior = a.settings["estimate"]["posterior"]
    assert posterior["policy"] == "seat.policy" and len(posterior["sha256"]) == 64
    assert (posterior["pool"], posterior["window"]) == (8, 28)
    numbers = load_policy(SHIPPED).tensor
    again = estimate_again(a, 9, ExactOracle(), numbers)
    assert torch.equal(again.mean.nan_to_num(0.0)[0].float(), a["e_q_mean"][9])
    save_policy(PolicyNumbers(random_weights()), tmp_path / "own.policy")
    works(
        "generate-eq-continuous",
        f"{line} --limit 1 --output-dir games --posterior policy --posterior-policy own.policy "
        "--posterior-pool 3 --posterior-window 9",
    )
    (file,) = (tmp_path / "games").rglob("*.pt")
    posterior = read_record(file).settings["estimate"]["posterior"]
    assert (posterior["policy"], posterior["pool"], posterior["window"]) == ("own.policy", 3, 9)
    # The oracle's posterior goes by its name, or by none.
    works("generate-eq", f"{line} --output c.pt --posterior")
    works("generate-eq", f"--posterior oracle {line} --output d.pt")
    c, d = (read_record(tmp_path / name) for name in ("c.pt", "d.pt"))
    assert c.settings == d.settings and "tau" in c.settings["estimate"]["posterior"]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            "--posterior-policy p.policy",
            "--posterior-policy says nothing without --posterior policy",
        ),
        ("--posterior policy --posterior-policy none", "there is no file none"),
        ("--posterior policy --posterior-policy bad", "bad: not a policy"),
        ("--posterior policy --sampler mrv", "sampler uniform"),
        ("--posterior policy --posterior-pool 0", "--posterior-pool must be 1..1024"),
        ("--posterior policy --checkpoint bad", "no checkpoint"),
        ("--posterior guess", "--posterior"),
    ],
)
def test_what_commands_refuse(options: str, message: str, fails: Fails, tmp_path: Path) -> None:
    (tmp_path / "bad").write_bytes(b"x")
    assert message in fails("generate-eq", f"--output out.pt --device cpu {options}")
    assert not (tmp_path / "out.pt").exists()
