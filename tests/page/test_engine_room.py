"""The page as people get it: its engine, without a network, and with parts of it broken."""

import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, Route, expect

from support import browser as support
from support.browser import DESK

Opened = Callable[..., Page]
# At 10 Mbit/s two seconds are 2.5 MB; a quarter of that is left to the way and to starting.
MOST_BYTES = 1_900_000
# Remembers the workers that the page makes, so that they can be ended from outside.
WATCH_WORKERS = """
const Real = Worker;
globalThis.workers = [];
globalThis.Worker = class extends Real {
  constructor(...given) { super(...given); workers.push(this); }
};
"""


def test_a_hand_against_a_strong_table_with_advice_and_review(opened: Opened, whole: str) -> None:
    page = opened(viewport=DESK)
    support.reach_play(
        page, whole, call=84, levels=["strong", "casual", "strong"], firstDealer="right"
    )
    support.ask_advice(page)
    expect(page.locator(".chances li")).to_have_count(7, timeout=60_000)
    expect(page.locator(".advice-sentence")).not_to_be_empty()
    support.play_on(page)
    assert sum(support.points(page)) == 42
    page.keyboard.press("r")
    expect(page.locator(".verdict .advice-sentence")).to_contain_text(" in sixes: ", timeout=60_000)
    assert page.locator(".play-button .grade").count() > 0


def test_workers_that_are_killed_in_mid_thought_are_made_again(opened: Opened, whole: str) -> None:
    page = opened()
    page.add_init_script(WATCH_WORKERS)
    support.reach_play(page, whole, call=84, levels=["strong"] * 3, firstDealer="right")
    for _ in range(2):
        assert support.my_turn(page)
        page.locator(".my-hand button.legal").first.click()
        page.wait_for_function("workers.length > 0")
        page.evaluate("workers.splice(0).forEach(each => each.terminate())")
    support.play_on(page)
    assert sum(support.points(page)) == 42
    expect(page.locator(".trouble")).to_have_count(0)


@pytest.mark.parametrize("how", ["missing", "broken"])
def test_a_network_that_is_not_there_is_said_and_others_go_on(
    opened: Opened, whole: str, how: str
) -> None:
    page = opened(errors=True)

    def answer(route: Route) -> None:
        route.fulfill(status=404 if how == "missing" else 200, body=b"\x08no network" * 100)

    page.route(re.compile(r"stage2\.onnx$"), answer)
    support.choose(page, firstDealer="right")
    page.goto(whole)
    page.get_by_role("combobox", name="Left", exact=True).select_option("network")
    expect(page.locator(".failed")).to_contain_text("It cannot be used: ")
    expect(page.locator(".failed")).to_contain_text("The other levels play on.")
    page.get_by_label("Deal number").fill("7")
    page.get_by_role("button", name="Deal a new match").click()
    support.bid(page, 84)
    support.name_trump(page)
    support.play_on(page)
    assert sum(support.points(page)) == 42
    expect(page.locator(".trouble")).to_contain_text("Left cannot play as Network, Quick stands in")
    page.get_by_role("button", name="Dismiss").click()
    expect(page.locator(".trouble")).to_have_count(0)


def test_without_its_core_the_page_says_so(opened: Opened, whole: str) -> None:
    page = opened(errors=True)
    page.route(re.compile(r"crystal-forge\.wasm$"), lambda route: route.fulfill(status=404))
    page.goto(whole)
    expect(page.locator(".boot p")).to_have_text(
        "The game cannot start: crystal-forge.wasm could not be loaded. Reload to try again."
    )


def test_it_plays_without_a_network_after_the_first_visit(opened: Opened, built: Path) -> None:
    page = opened(service_workers="allow", errors=True)
    support.choose(page, firstDealer="right")
    with support.served(built.parent, f"{built.name}/") as address:
        page.goto(address)
        page.evaluate("navigator.serviceWorker.ready.then(() => 1)")
    # The server is gone.
    page.goto(f"{address}index.html")
    expect(page.get_by_role("button", name="Deal a new match")).to_be_visible()
    page.reload()
    support.deal(page, address)
    support.bid(page, 84)
    support.name_trump(page)
    support.play_on(page, 2)
    page.reload()
    expect(page.locator(".my-hand button")).to_have_count(5)
    support.play_on(page)
    assert sum(support.points(page)) == 42


def test_a_host_in_trouble_is_no_host(opened: Opened, built: Path, tmp_path: Path) -> None:
    page = opened(service_workers="allow", errors=True)
    support.choose(page)
    shutil.copytree(built, tmp_path / "42")
    with support.served(tmp_path, "42/") as address:
        page.goto(address)
        page.evaluate("navigator.serviceWorker.ready.then(() => 1)")
        # From now on it answers 404 to everything.
        (tmp_path / "42").rename(tmp_path / "moved")
        page.reload()
        expect(page.get_by_role("button", name="Deal a new match")).to_be_visible()


def test_a_first_visit_takes_few_bytes(opened: Opened, whole: str) -> None:
    page = opened()
    sizes: dict[str, int] = {}
    page.on("response", lambda got: sizes.update({got.url: len(got.body())}))
    page.goto(whole)
    expect(page.get_by_role("button", name="Deal a new match")).to_be_visible()
    page.wait_for_load_state("networkidle")
    assert any(url.endswith(".wasm") for url in sizes)
    assert not any("ort" in url.rsplit("/", 1)[-1] or url.endswith(".onnx") for url in sizes)
    assert sum(sizes.values()) < MOST_BYTES


def test_the_page_guards_itself(opened: Opened, whole: str, built: Path) -> None:
    guard = re.findall(
        r'Content-Security-Policy"\s*content="([^"]+)"', (built / "index.html").read_text()
    )
    assert len(guard) == 1
    rules = dict(rule.strip().split(" ", 1) for rule in guard[0].split(";"))
    assert rules["default-src"] == "'none'"
    assert {rule for rule in rules.values()} <= {"'none'", "'self'", "'self' 'wasm-unsafe-eval'"}
    page = opened(errors=True)
    page.goto(whole)
    refused = page.evaluate("fetch('https://example.org/').then(() => 'sent', () => 'refused')")
    assert refused == "refused"
    page.evaluate(
        "const script = document.createElement('script');"
        "script.textContent = 'globalThis.injected = 1';"
        "document.head.append(script);"
    )
    assert page.evaluate("globalThis.injected") is None
