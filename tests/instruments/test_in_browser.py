"""Every form on a phone: nothing sticks out, every question can be answered, nothing leaves the page."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from pilot.documents import BilingualText
from pilot.i18n import LANGUAGES, TAGS
from pilot.instruments import read_form
from pilot.instruments.form import Block, ComposedForm
from pilot.questionnaire import render_form, write_preview
from pilot.resources import shipped_pages

pytestmark = pytest.mark.browser

CHROMIUM = os.environ.get("PILOT_CHROMIUM", "/usr/bin/chromium")
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"]
FLAGS += ["--disable-component-update", "--disable-sync"]
SMALLEST_TARGET = 44  # px, as phones' makers advise


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield running
        running.close()


@pytest.fixture
def open_form(browser: Browser, tmp_path: Path) -> Iterator[Callable[..., Page]]:
    """Open a form from a file; afterwards nothing was complained about and nothing was asked for."""
    tabs: list[Page] = []
    complaints: list[str] = []

    def visit(form: ComposedForm | str, language: str = "zh", width: int = 390, **more: str) -> Page:
        form = read_form(form, Path()) if isinstance(form, str) else form
        path = tmp_path / "form.html"
        write_preview(form, path, language)  # type: ignore[arg-type]
        tab = browser.new_page(viewport={"width": width, "height": 844}, **more)  # type: ignore[arg-type]
        tab.on("console", lambda said: complaints.append(said.text))
        tab.on("pageerror", lambda error: complaints.append(str(error)))
        tab.on(
            "request", lambda asked: None if asked.url.startswith(("file:", "data:")) else complaints.append(asked.url)
        )
        tab.goto(path.as_uri())
        tabs.append(tab)
        return tab

    yield visit
    for tab in tabs:
        tab.close()
    assert complaints == []


def _turn(tab: Page) -> None:
    tab.locator(".page.shown .forward").click()


def _sticking_out(tab: Page) -> list[str]:
    """Texts of what is wider than its place, and the page itself if it can be scrolled sideways."""
    found: list[str] = tab.evaluate(
        """() => [document.documentElement, ...document.querySelectorAll(".page.shown .face")]
             .filter((each) => each.scrollWidth > each.clientWidth).map((each) => each.innerText)"""
    )
    return found


def _lowest_target(tab: Page) -> float:
    """Height of the lowest thing to touch, px."""
    lowest: float = tab.evaluate(
        """() => Math.min(...[...document.querySelectorAll(".page.shown .option, .page.shown button, .switch button")]
             .map((each) => each.getBoundingClientRect().height))"""
    )
    return lowest


@pytest.mark.parametrize("width", [390, 320])
@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", shipped_pages("surveys/forms"))
def test_every_form_fits_a_phone(name: str, language: str, width: int, open_form: Callable[..., Page]) -> None:
    tab = open_form(name, language, width)
    assert tab.locator("html").get_attribute("lang") == TAGS[language]  # type: ignore[index]
    # The chosen answer is set in bold, so it is wider.
    tab.evaluate("document.querySelectorAll('.option input').forEach((each, place) => place % 3 || each.click())")
    last = tab.locator(".page").count() - 1
    for place in range(last + 1):
        assert _sticking_out(tab) == []
        assert _lowest_target(tab) >= SMALLEST_TARGET
        if place < last:
            _turn(tab)
    assert tab.locator(".page.shown .forward").count() == 0


@pytest.mark.parametrize("name", shipped_pages("surveys/forms"))
def test_every_question_is_there_once_and_can_be_answered(name: str, open_form: Callable[..., Page]) -> None:
    form = read_form(name, Path())
    tab = open_form(form)
    questions = [item.id for item in form.items] + [question.id for question in form.open_questions]
    asked = tab.locator("[data-question]").evaluate_all("all => all.map((each) => each.dataset.question)")
    assert sorted(asked) == sorted(questions)
    assert [each for each in asked if each not in {question.id for question in form.open_questions}] == [
        item.id for item in form.items
    ]
    for _section in form.sections:
        _turn(tab)
        for question in tab.locator(".page.shown [data-question]").all():
            field = question.locator("input, textarea").first
            if field.get_attribute("type") == "radio":
                field.check()
            else:
                field.fill("3")
    assert tab.locator("[data-answered]").inner_text() == str(len(questions))


def test_switching_the_language_keeps_answers_and_place(open_form: Callable[..., Page]) -> None:
    tab = open_form("pulse")
    _turn(tab)
    tab.locator(".page.shown .option").nth(2).click()
    tab.get_by_role("button", name="English").click()
    assert tab.locator("html").get_attribute("lang") == "en"
    assert tab.title() == "One-minute pulse"
    assert tab.locator(".page.shown h2").inner_text() == "The last four weeks"
    assert tab.locator(".page.shown input:checked").count() == 1
    assert tab.locator(".count").inner_text() == "1 / 8 answered"
    tab.get_by_role("button", name="中文").click()
    assert tab.locator(".count").inner_text() == "1 / 8 已答"


def test_it_works_by_keyboard_alone(open_form: Callable[..., Page]) -> None:
    tab = open_form("pulse")
    tab.locator(".page.shown .forward").focus()
    tab.keyboard.press("Enter")
    assert tab.evaluate("document.activeElement.tagName") == "H2"
    tab.keyboard.press("Tab")
    tab.keyboard.press("Space")
    tab.keyboard.press("ArrowRight")
    assert tab.locator("[name=eng_energy_start]:checked").get_attribute("value") == "2"
    ring = tab.evaluate("getComputedStyle(document.activeElement.nextElementSibling).outlineStyle")
    assert ring == "solid"


def test_questions_and_answers_have_names(open_form: Callable[..., Page]) -> None:
    tab = open_form("audit", "en")
    _turn(tab)
    group = tab.get_by_role("group", name="In our unit, the purpose of discussing performance is …").first
    assert group.get_by_role("radio", name="1 to rate people").count() == 1
    assert tab.get_by_role("radio", name="给人打分").count() == 0


def test_it_says_that_it_is_a_preview() -> None:
    form = read_form("pulse", Path())
    assert "answers stay on this page" in render_form(form)
    assert "answers stay on this page" not in render_form(form, is_preview=False)


def test_hostile_texts_are_texts(open_form: Callable[..., Page]) -> None:
    form = read_form("pulse", Path())
    hostile = BilingualText(zh="<script>alert(1)</script>“引” & '号'", en='</title><img src=x onerror=alert(1)> "q"')
    item = form.items[0].model_copy(update={"text": hostile})
    section = form.sections[0]
    block = Block("engagement", section.blocks[0].answers, (item,))
    title = form.form.model_copy(update={"title": hostile})
    tab = open_form(type(form)(title, (type(section)(hostile, (block,), ()),)), "en")
    assert tab.title() == hostile.en
    _turn(tab)
    assert tab.locator(".page.shown legend").inner_text() == hostile.en
    assert tab.locator("img").count() == 0


def test_dark_is_dark(open_form: Callable[..., Page]) -> None:
    tab = open_form("pulse", color_scheme="dark")
    assert tab.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(20, 25, 31)"
