"""The auction, and advice in it and in the play."""

from collections.abc import Callable

from playwright.sync_api import Page, expect

from support import browser as support
from support.browser import DESK

Opened = Callable[..., Page]


def test_calls_of_all_seats_are_seen_and_the_rules_hold(opened: Opened, doubled: str) -> None:
    page = opened()
    support.choose(page)
    support.deal(page, doubled)
    # All others passed and the dealer must bid: a pass is struck, and says why.
    for seat in ("Left", "Partner", "Right"):
        expect(page.get_by_label(seat, exact=True).locator(".said")).to_have_text("Pass")
    page.locator("[data-call='pass']").click(force=True)
    expect(page.locator(".toast")).to_contain_text("you must bid 30 or more")
    support.bid(page, 84)
    expect(page.locator(".pad h2")).to_contain_text("Your 84 stands")
    support.name_trump(page, 4)
    expect(page.locator(".score")).to_contain_text("You bid 84 in fours")
    expect(page.locator(".race-words")).to_contain_text("make with 42")


def test_a_bid_must_beat_the_one_before(opened: Opened, doubled: str) -> None:
    page = opened()
    support.choose(page, firstDealer="left")
    support.deal(page, doubled, 3)
    expect(page.get_by_label("Partner", exact=True).locator(".said")).to_have_text("30")
    expect(page.get_by_label("Right", exact=True).locator(".said")).to_have_text("31")
    expect(page.locator("[data-call='31']")).to_have_attribute("aria-disabled", "true")
    page.locator("[data-call='30']").click(force=True)
    expect(page.locator(".toast")).to_have_text("A bid must be higher than the 31 before it")
    page.keyboard.press("p")
    expect(page.locator(".call-grid")).to_have_count(0)


def test_where_all_pass_the_hand_is_thrown_in(opened: Opened, doubled: str) -> None:
    page = opened()
    support.choose(page, rules={"allPass": "throw-in", "marksToWin": 7})
    support.deal(page, doubled)
    support.bid(page, "pass")
    expect(page.locator(".outcome h2")).to_have_text("All passed")
    expect(page.get_by_role("button", name="Review this hand")).to_have_count(0)
    page.keyboard.press("n")
    expect(page.locator("h1")).to_have_text("Texas 42, hand 2")


def test_advice_in_the_auction(opened: Opened, doubled: str) -> None:
    page = opened()
    support.choose(page)
    support.deal(page, doubled)
    page.get_by_role("button", name="Advice").click()
    advice = page.get_by_role("dialog")
    expect(advice.locator(".advice-sentence")).to_have_text("Bid 31")
    expect(advice.locator(".chosen .bid-name b")).to_have_text("31")
    assert advice.locator(".chances li").count() >= 5
    expect(page.locator("#heard")).to_contain_text("Advice: Bid 31")


def test_advice_in_the_play_goes_with_the_decision(opened: Opened, doubled: str) -> None:
    page = opened(viewport=DESK)
    support.choose(page)
    support.deal(page, doubled)
    support.bid(page)
    support.ask_advice(page)
    expect(page.get_by_label("Chance to make the bid with each trump")).to_be_visible()
    support.name_trump(page)
    support.ask_advice(page)
    chances = page.get_by_label("Chances to make the bid").locator("li")
    expect(chances).to_have_count(7)
    expect(chances.first.locator(".chance-number")).to_contain_text("82 %, between 78 and 86")
    expect(page.locator(".example")).to_contain_text("works where")
    assert page.locator(".example-deal .named").count() == 21
    page.locator(".my-hand button.legal").first.click()
    expect(page.locator(".advice")).to_have_count(0)


def test_advice_that_is_not_waited_for_is_dropped(opened: Opened, doubled: str) -> None:
    page = opened(viewport=DESK)
    support.choose(page)
    support.deal(page, f"{doubled}?think=700")
    support.bid(page)
    support.ask_advice(page)
    expect(page.get_by_role("progressbar")).to_be_visible()
    support.name_trump(page)
    expect(page.get_by_role("progressbar")).to_have_count(0)
    page.wait_for_timeout(900)
    expect(page.locator(".advice")).to_have_count(0)


def test_with_open_hands_advice_says_what_comes_of_it(opened: Opened, doubled: str) -> None:
    page = opened(viewport=DESK)
    support.reach_play(page, doubled, study=True)
    support.ask_advice(page)
    expect(page.locator(".open-value.works").first).to_contain_text("As the hands lie: makes")
    page.keyboard.press("o")
    # Closed hands tell nothing, not even what was asked before.
    expect(page.locator(".advice")).to_be_visible()
    expect(page.locator(".open-value")).to_have_count(0)
    page.locator(".my-hand button.legal").first.click()
    support.my_turn(page)
    support.ask_advice(page)
    expect(page.locator(".advice")).to_be_visible()
    expect(page.locator(".open-value")).to_have_count(0)


def test_where_deals_do_not_tell_more_are_to_be_had(opened: Opened, doubled: str) -> None:
    page = opened(viewport=DESK)
    support.choose(page)
    support.deal(page, f"{doubled}?open")
    support.ask_advice(page)
    expect(page.locator(".advice")).to_contain_text("from 2,000 deals")
    page.get_by_role("button", name="Look at more deals").click()
    expect(page.locator(".advice")).to_contain_text("from 8,000 deals")
    expect(page.get_by_role("button", name="Look at more deals")).to_have_count(0)


def test_the_bidding_is_there_all_through_the_hand(opened: Opened, doubled: str) -> None:
    page = opened()
    support.reach_play(page, doubled, call=34)
    support.play_on(page, 1)
    page.keyboard.press("t")
    said = page.get_by_role("dialog").locator(".calls li")
    expect(said).to_have_text(["LeftPass", "PartnerPass", "RightPass", "You deals34"])
