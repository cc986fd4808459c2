"""The review of a hand: links and texts, grades, and playing on from a play."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page, expect

from forge.advice.hand_text import TableHand
from support import browser as support

Opened = Callable[..., Page]
PLAYED = (
    "#hand=66554442412210.65616054535111.62525043332100.64634032313020~31~fours"
    "~44544340226562204161006430105333506355516660523242112131"
)


def test_a_hand_goes_round_as_link_and_text(opened: Opened, doubled: str) -> None:
    page = opened()
    support.reach_play(page, doubled)
    support.play_on(page)
    page.keyboard.press("r")
    expect(page.locator(".verdict .advice-sentence")).to_be_visible()
    link, text = (_shared(page, name).input_value() for name in ("Link", "Text"))
    # What the page writes is what the terminal reads, and the other way round.
    assert TableHand.from_text(link) == TableHand.from_text(text)
    assert link.endswith(TableHand.from_text(text).fragment)
    expect(page.locator(".verdict")).to_contain_text("You bid 30")

    # A reload still knows whose hand it was; for somebody else it is a hand of others.
    page.reload()
    expect(page.locator(".verdict")).to_contain_text("You bid 30")
    other = opened()
    support.choose(other)
    other.goto(link)
    expect(_shared(other, "Text")).to_have_value(text)
    expect(other.locator(".verdict")).to_contain_text("Declarer bid 30")
    other.get_by_role("button", name="To the first screen").click()
    other.get_by_label("A link, or the hand as text").fill(f"  {text}\n")
    other.get_by_role("button", name="Open", exact=True).click()
    expect(_shared(other, "Link")).to_have_value(link)
    assert other.url == link


def _shared(page: Page, name: str) -> Locator:
    return page.get_by_role("textbox", name=name, exact=True)


def test_plays_are_graded_and_the_one_that_turned_it_is_shown(opened: Opened, doubled: str) -> None:
    page = opened()
    support.choose(page)
    page.goto(doubled + PLAYED)
    turning = page.locator(".play-button.turning")
    expect(turning).to_have_count(1)
    expect(turning).to_have_attribute("aria-label", re.compile("blunder, turned the hand$"))
    expect(turning).to_have_attribute("aria-pressed", "true")
    expect(page.locator(".said-of")).to_contain_text("It turned the hand.")
    number = int(re.findall(r"Play (\d+)", turning.get_attribute("aria-label") or "")[0])
    page.keyboard.press("ArrowRight")
    expect(page.locator(".stepper h2")).to_contain_text(f"Play {number + 1}: ")
    page.get_by_role("button", name="Play before").click()
    expect(page.locator(".stepper h2")).to_contain_text(f"Play {number}: ")
    expect(page.locator(".hand-tiles .slot.gone")).to_have_count(number - 1)


def test_a_hand_that_is_not_over_says_so(opened: Opened, doubled: str) -> None:
    page = opened()
    support.choose(page)
    page.goto(doubled + PLAYED[:-38])
    expect(page.locator(".verdict")).to_contain_text("after 9 of 28 plays")
    page.get_by_role("button", name=re.compile("^Play 9: ")).click()
    page.get_by_role("button", name="Next play").click()
    expect(page.locator(".stepper h2")).to_contain_text("Play 10: ")
    # A hand that is only dealt is no failure.
    page.goto(f"{doubled}?1")
    page.evaluate("fragment => { location.hash = fragment; }", PLAYED[: PLAYED.rindex("~") + 1])
    expect(page.locator(".verdict")).to_contain_text("Nothing is played yet")
    expect(page.locator(".notice")).to_have_count(0)


def test_a_hand_is_played_on_from_a_play(opened: Opened, doubled: str) -> None:
    page = opened()
    support.choose(page)
    page.goto(doubled + PLAYED)
    page.get_by_role("button", name=re.compile("^Play 9: ")).click()
    page.get_by_role("button", name="Play on from here").click()
    # The seat that made play 9 is mine; two tricks lie there already.
    expect(page.locator(".my-hand button.legal")).to_have_count(5)
    page.keyboard.press("t")
    expect(page.locator(".trick-line")).to_have_count(2)
    page.keyboard.press("Escape")
    expect(page.locator("dialog[open]")).to_have_count(0)
    support.play_on(page)
    expect(page.get_by_role("button", name="Done")).to_be_visible()
    page.go_back()
    expect(page.locator(".review")).to_be_visible()


def test_a_match_waits_while_a_hand_of_it_is_replayed(opened: Opened, doubled: str) -> None:
    page = opened()
    support.reach_play(page, doubled)
    support.play_on(page, 2)
    support.my_turn(page)
    before = page.locator(".my-hand").inner_html()
    page.evaluate("fragment => { location.hash = fragment; }", PLAYED)
    page.get_by_role("button", name=re.compile("^Play 9: ")).click()
    page.get_by_role("button", name="Play on from here").click()
    expect(page.locator(".my-hand button.legal")).to_have_count(5)
    # The replay is there again after a reload, and the match behind it.
    page.reload()
    support.play_on(page)
    page.get_by_role("button", name="Done").click()
    page.get_by_role("button", name="Go on: 0 to 0, hand 1").click()
    support.my_turn(page)
    assert page.locator(".my-hand").inner_html() == before
    page.reload()
    support.my_turn(page)
    assert page.locator(".my-hand").inner_html() == before


def test_hands_of_a_match_are_told_from_the_players_chair(opened: Opened, doubled: str) -> None:
    page = opened()
    support.reach_play(page, doubled)
    support.play_on(page)
    page.keyboard.press("n")
    expect(page.locator("h1")).to_have_text("Texas 42, hand 2")
    page.get_by_role("button", name="Leave the table").click()
    # Another match is dealt; the hand is still to be had, also after a reload.
    page.reload()
    page.get_by_role("button", name="Deal a new match").click()
    page.get_by_role("button", name="Deal anew").click()
    page.get_by_role("button", name="Leave the table").click()
    page.get_by_role("link", name=re.compile("^You bid 30 in sixes: ")).click()
    verdict = page.locator(".verdict .advice-sentence")
    expect(verdict).to_contain_text(re.compile("(your|Left's|Partner's|Right's) "))
    told = verdict.inner_text()
    page.get_by_role("button", name="Play on from here").click()
    expect(page.locator(".replay")).to_contain_text(
        re.compile("in (your|Left's|Partner's|Right's)")
    )
    expect(page.locator(".marks")).to_have_count(0)
    support.play_on(page)
    support.my_turn(page)
    page.go_back()
    # Whoever's chair it was replayed from.
    expect(verdict).to_have_text(told)


def test_a_link_that_a_program_escaped_or_spelt_large_is_read(opened: Opened, doubled: str) -> None:
    page = opened()
    support.choose(page)
    for written in (PLAYED.replace("~", "%7E"), PLAYED.upper()):
        page.goto(doubled)
        page.goto(doubled + written)
        expect(page.locator(".review .trick-line")).to_have_count(7)
    page.goto(doubled)
    link = (doubled + PLAYED).replace("#", "%23").replace("=", "%3D")
    page.get_by_label("A link, or the hand as text").fill(link)
    page.get_by_role("button", name="Open", exact=True).click()
    expect(page.locator(".review .trick-line")).to_have_count(7)


BAD_LINKS = [
    ("#hand=", "cut short: 1 of 4 parts"),
    ("#hand=6655", "cut short: 1 of 4 parts"),
    (PLAYED[:60], "cut short: 1 of 4 parts"),
    (PLAYED[:-3], "cut inside a domino: ...42112"),
    (PLAYED.replace("66", "65", 1), "twice"),
    (PLAYED.replace("~31~", "~29~"), "bid is 30..42 or 84"),
    (PLAYED.replace("fours", "<img/src=x onerror=alert(1)>"), "xpected a bid"),
    (PLAYED.replace("fours", "<svg/onload=alert(1)>"), "nknown declaration"),
    (PLAYED.replace("~4454", "~5444"), "lay 1: declarer may not play 5-4"),
    ("#hand=<script>alert(1)</script>", "cut short"),
    ("#hand=" + "6" * 1_000_000, "characters are no hand"),
    ("#hand=%E0%A4%A", "cut short"),
]


def test_a_bad_link_is_one_clear_sentence(opened: Opened, doubled: str) -> None:
    page = opened()
    page.on("dialog", lambda dialog: pytest.fail(dialog.message))
    for number, (fragment, says) in enumerate(BAD_LINKS):
        page.goto(f"{doubled}?{number}")
        page.evaluate("fragment => { location.hash = fragment; }", fragment)
        expect(page.locator(".no-hand .notice")).to_contain_text(says)
        assert len(page.locator(".no-hand .notice").inner_text()) < 300
        assert page.locator("main img, main script, main svg[onload]").count() == 0
    page.get_by_role("button", name="To the first screen").last.click()
    expect(page.get_by_role("button", name="Deal a new match")).to_be_visible()


def test_a_bad_text_is_one_clear_sentence(opened: Opened, doubled: str) -> None:
    page = opened()
    page.goto(doubled)
    for text, says in [
        ("", "Put a link or the text of a hand here first"),
        ("6-6,6-6 / a / b / c ; 31 fours", "there twice"),
        ("javascript:alert(1)", " hand has two or three parts"),
        ("x" * 3000, "3,000 characters are no hand"),
    ]:
        page.get_by_label("A link, or the hand as text").fill(text)
        page.get_by_role("button", name="Open", exact=True).click()
        expect(page.locator("#paste-wrong")).to_contain_text(says)
        assert "#" not in page.url
