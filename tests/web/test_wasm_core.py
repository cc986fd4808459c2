"""The core in WebAssembly gives the bytes of the native one."""

import base64
import gzip
import json
import random
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

import forge.policy
from forge import ops
from forge.game import tables
from forge.game.deal import Deal
from forge.play.seen import Seen, seen_by
from forge.policy.numbers import load_policy
from support.lines import random_lines, replayed
from support.world_sets import random_question, tensors

ROOT = Path(__file__).parents[2]
ASK = Path(__file__).with_name("ask.mjs")
POLICY = Path(forge.policy.__file__).with_name("seat.policy")
GOLDEN = ROOT / "tests" / "golden" / "oracle.jsonl"
MAX_GZIP_BYTES = 100_000

pytestmark = pytest.mark.usefixtures("wasm")
Asks = Any


def plain(value: Any) -> Any:
    """As `ask.mjs` reads it."""
    if isinstance(value, Tensor):
        flat = value.flatten().tolist()
        return {"int64": list(map(str, flat))} if value.dtype == torch.int64 else flat
    if isinstance(value, dict):
        return {name: plain(each) for name, each in value.items()}
    return {"policy": str(value)} if isinstance(value, Path) else value


@pytest.fixture
def ask(node: str, tmp_path: Path) -> Asks:
    """Asks the WebAssembly core several questions: (method, *arguments)."""

    def answers(*questions: tuple[Any, ...]) -> list[dict[str, Any]]:
        lines = [json.dumps({"call": q[0], "arguments": plain_all(q[1:])}) for q in questions]
        (tmp_path / "questions.jsonl").write_text("\n".join(lines))
        done = subprocess.run(
            [node, ASK, tmp_path / "questions.jsonl"], capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
        return [json.loads(line) for line in done.stdout.splitlines()]

    return answers


def plain_all(values: tuple[Any, ...]) -> list[Any]:
    return [plain(value) for value in values]


def same(answer: dict[str, Any], **expected: Tensor) -> None:
    """Whether an answer holds these arrays, byte by byte."""
    assert "error" not in answer, answer
    assert set(answer) == set(expected)
    for name, tensor in expected.items():
        found = base64.b64decode(answer[name]["bytes"])
        assert found == tensor.contiguous().numpy().tobytes(), name


def states_along(n: int, seed: int) -> tuple[Tensor, Tensor, Tensor]:
    """Deals [n, 4, 7], declarations and states of random games; of game i after i % 28 plays."""
    lines = random_lines(n, seed)
    games = replayed(lines, 0)
    states = torch.tensor([line.states[i % 28] for i, line in enumerate(lines)])
    return games.deals, games.decls, states


def seen_along(n: int, seed: int) -> Seen:
    """What the seats to act see in random games; of game i after i % 28 plays."""
    lines = random_lines(n, seed)
    needed = torch.arange(n, dtype=torch.int8) % 42 + 1
    parts = []
    for k in range(28):
        which = torch.arange(k, n, 28)
        if len(which):
            games = replayed([lines[i] for i in which.tolist()], k)
            parts.append(seen_by(games, needed[which]))
    return Seen(*(torch.cat(columns) for columns in zip(*parts, strict=True)))


# ---- what was asked ----------------------------------------------------------------------------


def test_searches(ask: Asks) -> None:
    deals, decls, states = states_along(200, seed=11)
    targets = (torch.arange(200, dtype=torch.int8) * 7) % 85 - 42
    where = {"deals": deals, "decls": decls, "states": states}
    found = ask(
        ("search", where),
        ("searchAtLeast", where, targets),
        ("searchValue", where),
        ("searchMade", where, targets),
        ("legalSlots", where),
    )
    same(found[0], it=ops.search(deals, decls, states))
    same(found[1], it=ops.search_at_least(deals, decls, states, targets))
    same(found[2], it=ops.search_value(deals, decls, states))
    same(found[3], it=ops.search_made(deals, decls, states, targets).to(torch.int8))
    same(found[4], it=ops.legal_slots(deals, decls, states))


def test_golden_deals(node: str, tmp_path: Path) -> None:
    """`check.mjs` agrees with the golden answers, tells how fast, and fails on a difference."""
    golden = [json.loads(line) for line in GOLDEN.read_text().splitlines()]
    lines = [
        {"deal": Deal.from_seed(g["seed"]).tensor.flatten().tolist()}
        | {"decl": g["decl"], "q": g["root_q"]}
        for g in golden
    ]
    check = ROOT / "web" / "core" / "check.mjs"
    path = tmp_path / "deals.jsonl"

    def checked(content: str) -> tuple[int, str]:
        path.write_text(content)
        done = subprocess.run([node, check, path], capture_output=True, text=True, check=False)
        return done.returncode, done.stdout + done.stderr

    n = len(lines)
    code, told = checked("\n".join(map(json.dumps, lines)))
    assert code == 0 and re.search(rf"^{n} of {n} agree, [\d.]+ ms a position$", told)
    lines[1]["q"][3] += 2
    code, told = checked("\n".join(map(json.dumps, lines)))
    assert code == 1 and told.splitlines()[0].startswith("position 2: ")
    assert f"{n - 1} of {n} agree" in told
    for content, message in (
        ("", "no positions"),
        ("{", "deals.jsonl:1: expected"),
        (json.dumps({"deal": [0] * 28, "decl": 3, "q": [0] * 7}), "each domino 0..27 once"),
        (json.dumps({"deal": list(range(28)), "decl": 10, "q": [0] * 7}), "decls must be 0..9"),
    ):
        code, told = checked(content)
        assert code == 2 and message in told and len(told.splitlines()) == 1


def test_plays(ask: Asks) -> None:
    deals, decls, states = states_along(200, seed=12)
    slots = torch.arange(200, dtype=torch.int8) % 7
    legal = ops.legal_slots(deals, decls, states).gather(1, slots.long()[:, None])[:, 0]
    assert 20 < int(legal.sum()) < 180
    (found,) = ask(("play", {"deals": deals, "decls": decls, "states": states}, slots))
    where = legal.nonzero()[:, 0]
    states_after, points = ops.play(deals[where], decls[where], states[where], slots[where])
    after, won = torch.full((200,), -1), torch.zeros(200, dtype=torch.int8)
    after[where], won[where] = states_after, points
    same(found, states=after, points=won)


def test_rules_and_tokens(ask: Asks) -> None:
    where = dict(zip(("deals", "decls", "states"), states_along(90, seed=14), strict=True))
    rules, tokens = ask(("ruleTables",), ("tokenizeStates", where))
    same(
        rules,
        countPoints=torch.tensor(tables.COUNT_POINTS),
        ledSuit=torch.tensor(tables.LED_SUIT),
        follows=torch.tensor(tables.FOLLOWS),
        strength=torch.tensor(tables.STRENGTH),
    )
    expected = ops.tokenize_states(*where.values())
    same(tokens, tokens=expected[0], masks=expected[1])


def test_worlds(ask: Asks) -> None:
    rng = random.Random(4)
    allowed, sizes = tensors([random_question(rng, extra) for extra in (0.1, 0.4, 0.8) * 70])
    keys = torch.arange(210) * 977 - 50_000
    hidden = {"allowed": allowed, "sizes": sizes}
    found = ask(
        ("countWorlds", hidden),
        ("sampleWorlds", hidden, keys, 9),
        ("sampleWorlds", hidden, keys, 9, "mrv"),
    )
    same(found[0], it=ops.count_worlds(allowed, sizes))
    for answer, sampler in zip(found[1:], ("uniform", "mrv"), strict=True):
        same(answer, it=ops.sample_worlds(allowed, sizes, keys, 9, sampler))


def test_policy_and_decisions(ask: Asks) -> None:
    seen = seen_along(84, seed=13)
    weights = load_policy(POLICY).tensor
    keys = torch.arange(84) - 7
    by_name = dict(zip(("hands", "decls", "plays", "needed"), seen, strict=True))
    found = ask(
        ("policy", by_name, POLICY),
        ("decide", by_name, keys, POLICY, {"nWorlds": 20, "prior": 0.03}),
        ("decide", by_name, keys, None, {"nWorlds": 12, "race": False}),
        ("decide", by_name, keys, POLICY, {"nWorlds": 5, "forPoints": True, "window": 3}),
        ("hiddenDominoes", by_name, keys, POLICY, {"nWorlds": 100}),
    )
    same(found[0], it=ops.policy_logits(*seen, weights))
    asked: tuple[tuple[Tensor | None, dict[str, Any]], ...] = (
        (weights, {"n_worlds": 20, "pool": 160, "prior": 0.03}),
        (None, {"n_worlds": 12, "pool": 96, "race": False}),
        (weights, {"n_worlds": 5, "pool": 40, "for_points": True, "window": 3}),
    )
    for answer, (by, how) in zip(found[1:4], asked, strict=True):
        expected = ops.decide(*seen, keys, by, **how)
        same(
            answer,
            slots=expected.slots.to(torch.int8),
            chances=expected.chances,
            points=expected.points,
            nWorlds=expected.n_worlds,
            effective=expected.effective,
        )
    hidden = ops.hidden_dominoes(*seen, keys, weights, n_worlds=100)
    same(
        found[4],
        before=hidden.before,
        after=hidden.after,
        nWorlds=hidden.n_worlds,
        nPossible=hidden.n_possible,
        effective=hidden.effective,
    )


# ---- what cannot be asked ----------------------------------------------------------------------


def test_clear_errors(ask: Asks, tmp_path: Path) -> None:
    deal = list(range(28))
    damaged = tmp_path / "damaged.policy"
    content = bytearray(POLICY.read_bytes())
    content[5000] ^= 1
    damaged.write_bytes(content)
    seen = {"hands": deal[:7], "decls": [3], "plays": [-1] * 28, "needed": [30]}
    one_each = {"allowed": [1, 1, 4], "sizes": [1, 1, 1]}
    key = {"int64": ["1"]}
    cases: list[tuple[tuple[Any, ...], str]] = [
        (("search", {"deals": deal[:-1], "decls": [3]}), "deals must have 28 numbers, got 27"),
        (("search", {"deals": [0, *deal[:-1]], "decls": [3]}), "row 0: deals must hold each"),
        (("search", {"deals": deal, "decls": [-1]}), "row 0: decls must be 0..9"),
        (("search", {"deals": deal, "decls": [300]}), "decls holds 300"),
        (("searchMade", {"deals": deal, "decls": [3]}, [1, 2]), "targets must have 1 numbers"),
        (("sampleWorlds", one_each | {"allowed": [1, 2, 4]}, key, 0), "nSamples must be"),
        (("sampleWorlds", one_each, key, 5), "row 0: sizes must add up"),
        (("decide", seen | {"needed": [0]}, key, None), "needed must be 1..42"),
        (("decide", seen, key, None, {"nWorlds": 0}), "nWorlds must be 1..1048576"),
        (("decide", seen, key, None, {"rollouts": 2}), "rollouts must be 0..1"),
        (("decide", seen, key, None, {"prior": -1}), "prior must be 0..1"),
        (("policy", seen, damaged), "the policy is damaged"),
        (("policy", seen, Path(__file__)), "not a policy of forge train-policy"),
    ]
    states = {"deals": deal, "decls": [3], "states": {"int64": [str(2**41)]}}
    cases.append((("search", states), "row 0: bits above 40 must be 0"))
    for answer, (_, message) in zip(ask(*(case for case, _ in cases)), cases, strict=True):
        assert answer["of"] == "CoreError" and message in answer["error"], (answer, message)


def test_it_is_small(wasm: Path) -> None:
    assert len(gzip.compress(wasm.read_bytes(), 9)) <= MAX_GZIP_BYTES
