"""Whole games in the browser, by keyboard and by touch, and what is kept of them."""

import json
from collections.abc import Callable

from playwright.sync_api import Page, expect

from support import browser as support
from support.browser import DESK, PHONE

Opened = Callable[..., Page]


def test_a_whole_match_by_keyboard(opened: Opened, doubled: str) -> None:
    page = opened(viewport=DESK)
    support.choose(page, rules={"allPass": "forced-bid", "marksToWin": 1})
    page.goto(doubled)
    page.get_by_label("Deal number").focus()
    page.keyboard.type("7")
    _tab_back_to(page, "Deal a new match")
    page.keyboard.press("Enter")
    # The keyboard waits on the first call that may be made; arrows go on.
    expect(page.locator("[data-call='30']")).to_be_focused()
    page.keyboard.press("ArrowRight")
    expect(page.locator("[data-call='31']")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("[data-decl='6']")).to_be_focused()
    page.keyboard.press("ArrowDown")
    expect(page.locator("[data-decl='1']")).to_be_focused()
    page.keyboard.press("Enter")
    for n_left in range(7, 0, -1):
        assert support.my_turn(page)
        hand = page.locator(".my-hand button")
        expect(hand).to_have_count(n_left)
        names = [hand.nth(i).get_attribute("aria-label") or "" for i in range(n_left)]
        page.keyboard.press(
            str(1 + next(i for i, name in enumerate(names) if name.endswith(", legal")))
        )
        page.keyboard.press("Enter")
    expect(page.locator(".outcome h2")).to_contain_text("win the match")
    assert sum(support.points(page)) == 42
    expect(page.get_by_role("button", name="New match")).to_be_visible()
    page.keyboard.press("n")
    expect(page.locator(".call-grid")).to_be_visible()


def _tab_back_to(page: Page, name: str) -> None:
    wanted = page.get_by_role("button", name=name)
    for _ in range(20):
        page.keyboard.press("Shift+Tab")
        if wanted.evaluate("each => each === document.activeElement"):
            return
    raise AssertionError(f"the Tab key does not come to {name}")


def test_a_whole_hand_by_touch(opened: Opened, doubled: str) -> None:
    page = opened(has_touch=True, is_mobile=True)
    support.choose(page, taps="two")
    page.goto(doubled)
    page.get_by_label("Deal number").fill("11")
    page.get_by_role("button", name="Deal a new match").tap()
    page.locator(".call-grid button:not([aria-disabled])").first.tap()
    page.locator(".trump-grid button, .my-hand button.legal").first.wait_for()
    if page.locator(".trump-grid").count():
        page.locator(".trump-grid button").first.tap()
    while support.my_turn(page):
        domino = page.locator(".my-hand button.legal").first
        name = domino.get_attribute("data-domino")
        domino.tap()
        raised = page.locator(f".my-hand button.raised[data-domino='{name}']")
        expect(raised).to_have_count(1)
        raised.tap()
        expect(page.locator(f".my-hand [data-domino='{name}']")).to_have_count(0)
    page.get_by_role("button", name="Next hand").tap()
    expect(page.locator("h1")).to_have_text("Texas 42, hand 2")
    assert not page.evaluate("document.documentElement.scrollWidth > innerWidth")


# How many dominoes began to move to whom a trick belongs.
COUNT_MOVES = """
globalThis.gathered = 0;
addEventListener("animationstart", (event) => { gathered += event.animationName === "gather"; });
"""


def test_a_trick_goes_to_whom_it_belongs(opened: Opened, doubled: str) -> None:
    for motion, n_moving in (("full", 4), ("reduced", 0)):
        page = opened()
        page.add_init_script(COUNT_MOVES)
        support.reach_play(page, doubled, speed="fast", motion=motion)
        page.locator(".my-hand button.legal").first.click()
        expect(page.locator(".my-hand button")).to_have_count(6)
        support.my_turn(page)
        page.wait_for_function("n => gathered === n", arg=n_moving)


def test_one_press_or_click_does_one_thing(opened: Opened, doubled: str) -> None:
    page = opened()
    support.choose(page, firstDealer="me")
    support.deal(page, doubled, 7)
    for call in (page.locator("[data-call='84']"), page.locator("[data-call='30']")):
        if call.is_visible() and call.get_attribute("aria-disabled") is None:
            call.dblclick()
            break
    expect(page.locator(".trump-grid")).to_be_visible()
    name = page.locator(".trump-grid [tabindex='0']")
    name.focus()
    for _ in range(4):
        page.keyboard.down("Enter")
    page.keyboard.up("Enter")
    expect(page.locator(".my-hand button")).to_have_count(7)
    assert support.my_turn(page)


def test_an_illegal_play_says_which_rule_forbids_it(opened: Opened, doubled: str) -> None:
    page = opened()
    support.reach_play(page, doubled, 42, call=42, firstDealer="right")
    barred = page.locator(".my-hand button.barred")
    while barred.count() == 0:
        support.play_on(page, 1)
        assert support.my_turn(page)
    n_before = page.locator(".my-hand button").count()
    expect(barred.first).to_have_attribute("aria-disabled", "true")
    barred.first.click(force=True)
    expect(page.locator(".toast")).to_contain_text("You must follow")
    expect(page.locator("#heard")).to_contain_text("You must follow")
    expect(page.locator(".my-hand button")).to_have_count(n_before)


def test_what_happens_is_told(opened: Opened, doubled: str) -> None:
    page = opened()
    support.reach_play(page, doubled)
    expect(page.locator("#heard")).to_contain_text("Sixes are trump. Your lead")
    page.locator(".my-hand button.legal").first.click()
    expect(page.locator("#heard")).to_contain_text("the trick")
    told = support.heard(page)
    assert told.startswith("You play six "), told
    assert "Left plays " in told and "Partner plays " in told and "Right plays " in told


def test_a_match_survives_a_reload(opened: Opened, doubled: str) -> None:
    page = opened()
    support.reach_play(page, doubled)
    support.play_on(page, 2)
    support.my_turn(page)
    before = page.locator(".my-hand").inner_html()
    page.reload()
    support.my_turn(page)
    assert page.locator(".my-hand").inner_html() == before
    page.goto(doubled)
    page.get_by_role("button", name="Go on").click()
    support.my_turn(page)
    assert page.locator(".my-hand").inner_html() == before


def test_two_tabs_play_one_match(opened: Opened, doubled: str) -> None:
    first = opened()
    support.reach_play(first, doubled)
    second = first.context.new_page()
    second.goto(f"{doubled}#table")
    # Playwright's pages all believe that the player looks at them.
    looks_at = "is => { document.hasFocus = () => is; if (is) dispatchEvent(new Event('focus')); }"
    for here, there, n_left in ((first, second, 6), (second, first, 5), (first, second, 4)):
        there.evaluate(looks_at, False)
        here.evaluate(looks_at, True)
        support.play_on(here, 1)
        support.my_turn(here)
        expect(there.locator(".my-hand button")).to_have_count(n_left)
        expect(there.locator(".my-hand button.legal").first).to_be_visible()
        assert support.points(there) == support.points(here)


def test_hostile_storage_is_harmless(opened: Opened, doubled: str) -> None:
    wrapped = json.dumps({"version": 1, "value": "{}"})
    good = {
        "house": {"allPass": "<img src=x onerror=alert(1)>", "marksToWin": -1},
        "hands": [[0] * 7] * 4,
    }
    fair = {
        "house": {"allPass": "forced-bid", "marksToWin": 7},
        "study": False,
        "seed": 1,
        "number": 0,
        "dealer": 3,
        "marks": [0, 0],
        "hands": [list(range(seat, 28, 4)) for seat in range(4)],
        "calls": [30, "pass", "pass", "pass"],
        "decl": 6,
        "plays": [],
    }
    hostile = [
        "",
        "null",
        "[" * 50_000,
        wrapped,
        json.dumps({"version": 99, "value": "{}"}),
        json.dumps({"version": 1, "value": json.dumps(good)}),
        json.dumps({"version": 1, "value": json.dumps({**fair, "seed": 2**53 - 1})}),
        json.dumps({"version": 1, "value": json.dumps({**fair, "decl": "6"})}),
        json.dumps({"version": 1, "value": "x" * 1_000_000}),
        json.dumps({"version": 1, "value": {"__proto__": {"levels": 1}, "levels": {"0": "evil"}}}),
    ]
    page = opened()
    page.goto(doubled)
    for text in hostile:
        for name in ("match", "settings"):
            page.evaluate(
                "([name, text]) => localStorage.setItem(`crystal-forge:${name}`, text)",
                [name, text],
            )
        page.goto(f"{doubled}?again#table")
        page.reload()
        expect(page.get_by_role("button", name="Deal a new match")).to_be_visible()
        expect(page.get_by_role("button", name="Go on")).to_have_count(0)
    keep = "text => localStorage.setItem('crystal-forge:match', text)"
    page.evaluate(keep, json.dumps({"version": 1, "value": json.dumps(fair)}))
    page.reload()
    expect(page.locator(".table-screen")).to_be_visible()


def test_study_takes_back_and_opens_hands(opened: Opened, doubled: str) -> None:
    page = opened()
    support.reach_play(page, doubled, study=True)
    expect(page.locator(".open-hand")).to_have_count(3)
    support.play_on(page, 2)
    page.get_by_role("button", name="Undo").click()
    expect(page.locator(".my-hand button")).to_have_count(6)
    page.keyboard.press("u")
    expect(page.locator(".my-hand button")).to_have_count(7)
    page.keyboard.press("o")
    expect(page.locator(".open-hand")).to_have_count(0)
    expect(page.locator(".backs")).to_have_count(3)


def test_in_a_match_hands_are_hidden_and_nothing_is_taken_back(
    opened: Opened, doubled: str
) -> None:
    page = opened()
    support.reach_play(page, doubled)
    support.play_on(page, 1)
    page.keyboard.press("u")
    page.keyboard.press("o")
    expect(page.locator(".my-hand button")).to_have_count(6)
    expect(page.locator(".open-hand")).to_have_count(0)
    expect(page.get_by_role("button", name="Undo")).to_have_count(0)


def test_a_match_in_progress_is_not_lost_unasked(opened: Opened, doubled: str) -> None:
    page = opened()
    support.reach_play(page, doubled)
    support.play_on(page, 1)
    support.my_turn(page)
    before = page.locator(".my-hand").inner_html()
    for name in ("Deal a new match", "Study with open hands"):
        page.get_by_role("button", name="Leave the table").click()
        page.get_by_role("button", name=name).click()
        asked = page.get_by_role("dialog", name="Give up the match?")
        expect(asked).to_contain_text("0 to 0 in hand 1")
        asked.get_by_role("button", name="Keep it").click()
        page.get_by_role("button", name="Go on: 0 to 0").click()
        support.my_turn(page)
        assert page.locator(".my-hand").inner_html() == before
    page.get_by_role("button", name="Leave the table").click()
    page.get_by_role("button", name="Deal a new match").click()
    page.get_by_role("button", name="Deal anew").click()
    expect(page.locator(".call-grid")).to_be_visible()
    expect(page.get_by_role("dialog")).to_have_count(0)


def test_after_a_hand_the_keyboard_stands_at_what_comes_next(opened: Opened, doubled: str) -> None:
    page = opened()
    support.reach_play(page, doubled, rules={"allPass": "forced-bid", "marksToWin": 1})
    support.play_on(page)
    support.my_turn(page)
    # Not where one press more would end what there is to be seen.
    expect(page.get_by_role("button", name="Review this hand")).to_be_focused()
    page.get_by_role("button", name="New match").click()
    # At once, by the same rules, and with nothing to lose.
    expect(page.locator(".call-grid")).to_be_visible()
    expect(page.locator(".marks")).to_have_attribute("aria-label", "Marks, to 1")
    page.get_by_role("button", name="Leave the table").click()
    page.get_by_role("button", name="Deal a new match").click()
    expect(page.locator(".call-grid")).to_be_visible()


def test_the_second_click_of_two_bids_nothing(opened: Opened, doubled: str) -> None:
    page = opened()
    support.choose(page, firstDealer="right")
    page.goto(doubled)
    page.get_by_role("button", name="Deal a new match").dblclick()
    expect(page.locator(".call-grid")).to_be_visible()
    for name in ("Deal a new match", "Study with open hands"):
        support.bid(page, 84)
        support.name_trump(page)
        page.get_by_role("button", name="Leave the table").click()
        page.get_by_role("button", name=name).click()
        page.get_by_role("button", name="Deal anew").dblclick()
        expect(page.locator(".call-grid")).to_be_visible()
        expect(page.get_by_role("dialog")).to_have_count(0)
    support.bid(page, 84)
    support.name_trump(page)
    support.play_on(page)
    page.get_by_role("button", name="Next hand").dblclick()
    expect(page.locator("h1")).to_have_text("Texas 42, hand 2")
    expect(page.locator(".plate .said")).to_have_count(
        3
    )  # dealt by me: the others spoke, I did not
    expect(page.locator(".call-grid")).to_be_visible()


def test_a_domino_in_the_auction_says_when_it_is_played(opened: Opened, doubled: str) -> None:
    page = opened()
    support.choose(page)
    support.deal(page, doubled)
    page.locator(".my-hand button").first.click()
    expect(page.locator(".toast")).to_have_text("Dominoes are played once trump is named")
    support.bid(page)
    expect(page.locator(".toast")).to_have_count(0)


def test_tricks_beside_a_wide_table_are_reached_by_their_key(opened: Opened, doubled: str) -> None:
    page = opened(viewport=DESK)
    support.reach_play(page, doubled)
    support.play_on(page, 1)
    support.my_turn(page)
    page.keyboard.press("t")
    expect(page.locator(".beside")).to_be_focused()
    page.set_viewport_size(PHONE)
    expect(page.get_by_role("dialog")).to_have_count(0)
