"""How the page is built from a checkout; npm and node are stand-ins, but for one whole build."""

import json
import os
import shutil
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from forge.errors import ForgeError
from forge.extras import MissingExtraError
from forge.policy import SHIPPED
from forge.web import assets, page_build, wasm_core
from forge.web import checkout as checkouts
from forge.web.built_page import PAGE, is_page, put_page
from forge.web.checkout import Checkout, MissingProgramError, find_program, run_program
from forge.web.node_packages import are_installed, find_npm, licences
from forge.web.page_build import build_page, own_targets
from support.tiny_page import write_tiny_page

ROOT = Path(__file__).parents[2]
ONE = {"version": "1.0.0", "integrity": "sha512-x", "license": "MIT"}
LOCK: dict[str, Any] = {
    "": {"name": "page"},
    "node_modules/one": ONE,
    "node_modules/of-mac": {"version": "1.0.0", "license": "MIT", "optional": True},
    "node_modules/tool": {"version": "2.0.0", "license": "MIT", "dev": True},
}


def program(folder: Path, name: str, script: str) -> None:
    """A program of a few lines of shell."""
    folder.mkdir(exist_ok=True)
    (folder / name).write_text(f"#!/bin/sh\n{script}\n")
    (folder / name).chmod(0o755)


@pytest.fixture
def source(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Checkout:
    """A checkout of nothing but what a build looks at, with its programs."""
    root = tmp_path / "check out"
    for name in ("web/core", "csrc", "cmake", "python/forge/policy", "python/forge/web"):
        (root / name).mkdir(parents=True)
    (root / "cmake" / "Wasm.cmake").write_text("")
    (root / "csrc" / "x.cpp").write_text("")
    (root / "web" / "package.json").write_text('{"engines": {"node": ">=20.19"}}')
    (root / "web" / "core" / "package.json").write_text("{}")
    (root / "web" / "package-lock.json").write_text(json.dumps({"packages": LOCK}))
    (root / "web" / "core" / "crystal-forge.wasm").write_bytes(b"core")
    (root / "python/forge/policy/seat.policy").write_bytes(b"policy")
    (root / "python/forge/bidding/calibration").mkdir(parents=True)
    (root / "python/forge/bidding/calibration/calibration.json").write_text("{}")
    programs = tmp_path / "programs"
    program(programs, "node", "echo v20.19.0")
    program(
        programs,
        "npm",
        'echo "$@" >>calls\n'
        "if [ $1 = ci ]; then mkdir -p node_modules; cp installed.json"
        " node_modules/.package-lock.json; fi\n"
        "if [ $1 = run ]; then [ -e broken ] && { echo 'no good' >&2; exit 3; }; rm -rf dist;"
        " cp -r public dist; echo page >dist/index.html; fi",
    )
    there = {name: LOCK[name] for name in ("node_modules/one", "node_modules/tool")}
    (root / "web" / "installed.json").write_text(json.dumps({"packages": there}))
    monkeypatch.setenv("PATH", f"{programs}{os.pathsep}/usr/bin{os.pathsep}/bin")
    monkeypatch.setattr(sys, "executable", str(tmp_path / "nowhere" / "python"))
    return Checkout(root)


def quiet(step: str) -> None:
    """Nobody is told."""


def calls(source: Checkout) -> list[str]:
    """What npm was asked for."""
    return [line.split(" --")[0] for line in (source.web / "calls").read_text().splitlines()]


def test_what_is_current_is_not_made_again(source: Checkout, tmp_path: Path) -> None:
    told: list[str] = []
    out = tmp_path / "out" / "page"
    for _ in range(2):
        build_page(source, [out], with_network=False, tell=told.append)
        assert is_page(out)
    assert calls(source) == ["ci", "run build", "run build"]
    assert told == ["packages of npm", "the page", "the page"]
    assert {path.name for path in (out / "assets").iterdir()} == {
        "crystal-forge.wasm",
        "seat.policy",
        "calibration.json",
        "licences.txt",
    }
    assert (out / "assets" / "seat.policy").read_bytes() == b"policy"  # of the checkout
    assert [path.name for path in out.parent.iterdir()] == ["page"]  # nothing temporary


def test_a_build_that_fails_leaves_the_page_that_is_there(
    source: Checkout, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    out = write_tiny_page(tmp_path / "out", "old")
    (source.web / "broken").write_text("")
    with pytest.raises(ForgeError, match="npm run build ended with 3"):
        build_page(source, [out], with_network=False, tell=quiet)
    assert "no good" in capfd.readouterr().err
    assert (out / "index.html").read_text() == "old"


def test_a_folder_with_other_files_is_left_alone(source: Checkout, tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.txt").write_text("")
    with pytest.raises(ForgeError, match="mine holds other files"):
        build_page(source, [tmp_path / "mine"], with_network=False)
    assert not (source.web / "calls").exists()  # before any work


def test_a_page_is_put_in_place_whole(tmp_path: Path) -> None:
    made = write_tiny_page(tmp_path / "made", "new")
    there = write_tiny_page(tmp_path / "there", "old")
    (there / "assets" / "of-before.js").write_text("")
    put_page(made, there)
    assert (there / "index.html").read_text() == "new"
    assert not (there / "assets" / "of-before.js").exists()
    put_page(made, tmp_path / "a" / "b")
    assert is_page(tmp_path / "a" / "b") and is_page(made)
    assert {path.name for path in tmp_path.iterdir()} == {"made", "there", "a"}
    with pytest.raises(ForgeError, match="cannot write"):
        put_page(made, made / "index.html" / "x")


def test_all_that_is_missing_is_named_before_any_work(
    source: Checkout, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def lacks(extra: str, *modules: str) -> None:
        raise MissingExtraError(extra, modules[0])

    monkeypatch.setattr(assets, "_exported", lambda _: (tmp_path / "no.onnx", tmp_path / "x.ckpt"))
    monkeypatch.setattr(assets, "need", lacks)
    (tmp_path / "programs" / "npm").unlink()
    os.utime(source.root / "csrc" / "x.cpp", (2**32, 2**32))
    os.environ["PATH"] = str(tmp_path / "programs")
    with pytest.raises(MissingProgramError) as told:
        build_page(source, [], tell=quiet)
    for what in ("needs npm", "needs cmake", "needs lightning", ".[dev]", "--without-network"):
        assert what in str(told.value), what
    assert not (source.web / "calls").exists()


@pytest.mark.parametrize("name", ["node", "npm"])
def test_a_missing_program_is_named(source: Checkout, tmp_path: Path, name: str) -> None:
    (tmp_path / "programs" / name).unlink()
    os.environ["PATH"] = str(tmp_path / "programs")
    with pytest.raises(MissingProgramError, match=rf"needs {name}, .*https://nodejs\.org"):
        build_page(source, [], with_network=False)


def test_an_old_node_is_refused(source: Checkout, tmp_path: Path) -> None:
    program(tmp_path / "programs", "node", "echo v18.20.4")
    with pytest.raises(MissingProgramError, match=r"needs node >=20\.19, got v18\.20\.4"):
        find_npm(source)
    program(tmp_path / "programs", "node", "echo v22.0.0")
    assert find_npm(source) == str(tmp_path / "programs" / "npm")


def test_a_program_beside_python_needs_no_activation(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program(tmp_path, "cmake", "")
    monkeypatch.setattr(sys, "executable", str(tmp_path / "python"))
    assert find_program("cmake", "") == str(tmp_path / "cmake")


def test_a_core_older_than_a_source_is_built(
    source: Checkout, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert wasm_core.is_current(source)
    later = time.time() + 100
    os.utime(source.root / "csrc" / "x.cpp", (later, later))
    assert not wasm_core.is_current(source)
    with pytest.raises(MissingProgramError, match=r"needs cmake.*pip install ziglang cmake ninja"):
        os.environ["PATH"] = str(tmp_path / "programs")
        wasm_core.build_wasm(source)
    program(tmp_path / "programs", "ninja", "")
    program(tmp_path / "programs", "cmake", "")
    monkeypatch.setattr(wasm_core, "find_spec", lambda name: None)
    with pytest.raises(MissingProgramError, match="needs ziglang"):
        wasm_core.build_wasm(source)


@pytest.mark.parametrize(
    ("change", "current"),
    [
        ({}, True),
        ({"node_modules/one": None}, False),
        ({"node_modules/one": {**ONE, "version": "1.0.1"}}, False),
        ({"node_modules/one": {**ONE, "integrity": "sha512-y"}}, False),
        ({"node_modules/of-mac": LOCK["node_modules/of-mac"]}, True),
        ({"node_modules/more": ONE}, False),
    ],
)
def test_packages_are_those_of_the_lock_file(
    source: Checkout, change: dict[str, Any], current: bool
) -> None:
    assert not are_installed(source)
    there = {name: LOCK[name] for name in ("node_modules/one", "node_modules/tool")} | change
    kept = {name: about for name, about in there.items() if about is not None}
    (source.web / "node_modules").mkdir()
    record = source.web / "node_modules" / ".package-lock.json"
    record.write_text(json.dumps({"packages": {"": {}, **kept}}))
    assert are_installed(source) is current
    record.write_text("{")
    assert not are_installed(source)


def test_licences_are_those_of_what_is_in_the_page(source: Checkout) -> None:
    for name in ("one", "tool"):
        (source.web / "node_modules" / name).mkdir(parents=True)
        (source.web / "node_modules" / name / "LICENSE.md").write_text(f"of {name}")
    text = licences(source)
    assert "one 1.0.0 (MIT)\n\nof one\n" in text
    assert "tool" not in text and "of-mac" not in text


def test_the_checkout_is_found_from_below_it(
    source: Checkout, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = Checkout.find(ROOT)
    assert here.root == ROOT
    assert here.of_package(SHIPPED) == ROOT / "python" / "forge" / "policy" / SHIPPED.name
    if SHIPPED.is_relative_to(ROOT):  # an editable installation: its own, wherever we are
        assert Checkout.find(tmp_path) == here
        assert own_targets(here) == (PAGE,)
    else:
        assert own_targets(here) == (ROOT / "python" / "forge" / "web" / "page", PAGE)
    installed = tmp_path / "site-packages" / "forge"
    monkeypatch.setattr(checkouts, "_PACKAGE", installed)
    assert Checkout.find(source.web / "core") == source
    assert source.of_package(installed / "x" / "y") == source.root / "python" / "forge" / "x" / "y"
    monkeypatch.setattr(page_build, "PAGE", installed / "web" / "page")
    both = source.root / "python" / "forge" / "web" / "page", installed / "web" / "page"
    assert own_targets(source) == both
    with pytest.raises(ForgeError, match="no source checkout"):
        Checkout.find(tmp_path)


def test_a_program_that_fails_is_heard(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert run_program(["sh", "-c", "echo fine; echo aside >&2"], tmp_path) == "fine\n"
    assert capfd.readouterr() == ("", "")
    with pytest.raises(ForgeError, match="sh -c exit 4 ended with 4"):
        run_program(["sh", "-c", "exit 4"], tmp_path)


def test_the_whole_build(tmp_path: Path) -> None:
    """As people run it, where node and the packages are there."""
    source = Checkout.find()
    if shutil.which("npm") is None or not are_installed(source):
        pytest.skip("npm or the page's packages are not installed: python -m forge.web.build")
    try:
        build_page(source, [tmp_path / "page"], with_network=False, tell=quiet)
    except MissingProgramError as error:
        pytest.skip(str(error))
    assert is_page(tmp_path / "page")
    assert (tmp_path / "page/assets/crystal-forge.wasm").read_bytes()[:4] == b"\0asm"
