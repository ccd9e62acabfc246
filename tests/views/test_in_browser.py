"""The served dashboard and the report, as a person sees them in a real browser."""

from __future__ import annotations

import os
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, sync_playwright

from pilot.dashboard.serving import command
from pilot.publication import Release
from pilot.report import write_renderings

pytestmark = pytest.mark.browser

ReleaseMaker = Callable[..., Release]
CHROMIUM = os.environ.get("PILOT_CHROMIUM", "/usr/bin/chromium")
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
LAPTOP, PHONE = {"width": 1366, "height": 768}, {"width": 390, "height": 844}
LONG = "因区域组织调整，三个团队的期末调查推迟了两周，随访相应顺延；调整前已征得工会与数据保护专员同意。" * 3


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield running
        running.close()


class Visit:
    """One tab, with everything that it complained about and everything that it asked for."""

    def __init__(self, browser: Browser, size: dict[str, int], scheme: str = "light") -> None:
        self.page: Page = browser.new_page(viewport=size, color_scheme=scheme)  # type: ignore[arg-type]
        self.complaints: list[str] = []
        self.strangers: list[str] = []
        self.page.on("console", self._on_console)
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("request", lambda request: self._on_request(request.url))
        self.page.on("websocket", lambda socket: self._on_request(socket.url))

    def _on_console(self, message: object) -> None:
        if message.type in ("error", "warning"):  # type: ignore[attr-defined]
            self.complaints.append(message.text)  # type: ignore[attr-defined]

    def _on_request(self, url: str) -> None:
        at_home = ("http://127.0.0.1:", "ws://127.0.0.1:", "file:///", "data:", "blob:http://127.0.0.1:")
        if not url.startswith(at_home):
            self.strangers.append(url)

    def bottom_of(self, selector: str) -> float:
        box = self.page.locator(selector).last.bounding_box()
        assert box
        return box["y"] + box["height"]


@pytest.fixture
def visit(browser: Browser) -> Iterator[Callable[..., Visit]]:
    visits: list[Visit] = []

    def start(size: dict[str, int] = LAPTOP, scheme: str = "light") -> Visit:
        visits.append(Visit(browser, size, scheme))
        return visits[-1]

    yield start
    for each in visits:
        each.page.close()
        assert each.complaints == []
        assert each.strangers == []


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="module")
def dashboard(make_release: ReleaseMaker, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("pilot") / "releases"
    folder.mkdir()
    release = make_release("adjust", design="comparison", deviations=(LONG, LONG), few_leavers=True)
    (folder / "release-0003.json").write_text(release.model_dump_json(), "utf-8")
    port = _free_port()
    server = subprocess.Popen(
        command(folder.parent, "127.0.0.1", port), cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        _wait_for(f"http://127.0.0.1:{port}/_stcore/health")
        yield f"http://127.0.0.1:{port}"
    finally:
        server.terminate()
        server.wait(timeout=20)


def _wait_for(url: str, seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while True:
        try:
            urllib.request.urlopen(url).close()  # noqa: S310 (127.0.0.1)
        except urllib.error.URLError:
            assert time.monotonic() < end, "the dashboard did not start"
            time.sleep(0.2)
        else:
            return


def _wait_until_drawn(page: Page) -> None:
    page.wait_for_function("document.querySelectorAll('.js-plotly-plot .main-svg .trace').length >= 3")
    page.wait_for_selector(".promise")
    page.wait_for_timeout(300)  # charts settle into their width


@pytest.mark.parametrize("language", ["zh", "en"])
def test_first_page_needs_no_scrolling(language: str, dashboard: str, visit: Callable[..., Visit]) -> None:
    tab = visit()
    tab.page.goto(f"{dashboard}/?lang={language}")
    _wait_until_drawn(tab.page)
    for selector in (".deviation", ".verdict", ".st-key-picture-effect"):
        assert 0 < tab.bottom_of(selector) <= 768
    assert tab.page.locator(".facts").first.locator("dt").count() == 4
    box = tab.page.locator(".facts").first.bounding_box()
    assert box
    assert box["y"] + box["height"] <= 768


def test_a_person_switches_the_language(dashboard: str, visit: Callable[..., Visit]) -> None:
    tab = visit()
    tab.page.goto(f"{dashboard}/?lang=zh")
    _wait_until_drawn(tab.page)
    assert tab.page.locator("html").get_attribute("lang") == "zh-CN"
    assert "调整后延长" in tab.page.locator(".verdict").inner_text()
    tab.page.get_by_role("radio", name="English").click()
    tab.page.wait_for_selector(".verdict >> text=Adjust and extend")
    _wait_until_drawn(tab.page)
    assert tab.page.url.endswith("?lang=en")
    assert tab.page.locator("html").get_attribute("lang") == "en"
    tab.page.reload()
    tab.page.wait_for_selector(".verdict >> text=Adjust and extend")
    _wait_until_drawn(tab.page)


@pytest.mark.parametrize("language", ["zh", "en"])
def test_dashboard_fits_a_phone(language: str, dashboard: str, visit: Callable[..., Visit]) -> None:
    tab = visit(PHONE)
    tab.page.goto(f"{dashboard}/?lang={language}")
    _wait_until_drawn(tab.page)
    assert tab.page.evaluate("document.querySelector('[data-testid=stMain]').scrollWidth") <= 390
    for chart in tab.page.locator(".js-plotly-plot").all():
        box = chart.bounding_box()
        assert box
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= 390


PAGES = ("verdict", "change", "loop", "trust", "teams", "next")


def _open_page(tab: Visit, address: str) -> None:
    tab.page.goto(address)
    tab.page.wait_for_selector(".promise")
    tab.page.wait_for_function(
        "document.querySelectorAll('.js-plotly-plot').length"
        " === document.querySelectorAll('[data-testid=stPlotlyChart]').length"
    )
    tab.page.wait_for_timeout(300)


@pytest.mark.parametrize("size", [LAPTOP, PHONE])
@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("code", PAGES)
def test_every_page_fits_and_can_be_read_by_machines(
    code: str, language: str, size: dict[str, int], dashboard: str, visit: Callable[..., Visit]
) -> None:
    tab = visit(size, "light" if size == LAPTOP else "dark")
    _open_page(tab, f"{dashboard}/?page={code}&lang={language}")
    main = tab.page.locator("[data-testid=stMain]")
    assert main.evaluate("place => place.scrollWidth") <= size["width"]
    for box in (chart.bounding_box() for chart in tab.page.locator(".js-plotly-plot").all()):
        assert box
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= size["width"]
    assert tab.page.get_by_role("radio", checked=True).count() == 2  # page and language
    found = Axe().run(tab.page, options={"resultTypes": ["violations"]})
    wrong = found.response["violations"]
    assert wrong == [], [(each["id"], [node["html"][:200] for node in each["nodes"][:3]]) for each in wrong]


def test_pages_are_reached_by_keyboard_and_kept_by_the_address(dashboard: str, visit: Callable[..., Visit]) -> None:
    tab = visit()
    _open_page(tab, f"{dashboard}/?lang=en")
    tab.page.get_by_role("radio", name="Verdict").focus()
    tab.page.keyboard.press("ArrowRight")
    tab.page.keyboard.press("Space")
    tab.page.wait_for_selector(".st-key-picture-lines")
    assert "page=change" in tab.page.url
    assert "lang=en" in tab.page.url
    assert "Before and after" in tab.page.title()
    focused = tab.page.evaluate("document.activeElement.textContent")
    assert focused == "Before and after"
    tab.page.reload()
    tab.page.wait_for_selector(".st-key-picture-lines")


def test_dark_page_is_dark(dashboard: str, visit: Callable[..., Visit]) -> None:
    tab = visit(LAPTOP, "dark")
    tab.page.goto(f"{dashboard}/?lang=zh")
    _wait_until_drawn(tab.page)
    ink = tab.page.evaluate("getComputedStyle(document.querySelector('.verdict .sentence')).color")
    tick = tab.page.evaluate("getComputedStyle(document.querySelector('.xtick text')).fill")
    assert ink == tick == "rgb(232, 236, 240)"


def test_chinese_is_set_in_a_chinese_font(dashboard: str, visit: Callable[..., Visit]) -> None:
    tab = visit()
    tab.page.goto(f"{dashboard}/?lang=zh")
    _wait_until_drawn(tab.page)
    session = tab.page.context.new_cdp_session(tab.page)
    session.send("DOM.enable")
    session.send("CSS.enable")
    root = session.send("DOM.getDocument")["root"]["nodeId"]
    for selector in (".verdict .sentence", ".xtick text", ".facts dd"):
        node = session.send("DOM.querySelector", {"nodeId": root, "selector": selector})["nodeId"]
        fonts = session.send("CSS.getPlatformFontsForNode", {"nodeId": node})["fonts"]
        assert fonts
        assert all("CJK SC" in font["familyName"] or "SC" in font["familyName"] for font in fonts), fonts


@pytest.fixture(scope="module")
def report(make_release: ReleaseMaker, tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = tmp_path_factory.mktemp("report")
    release = make_release("scale", deviations=(LONG,), few_leavers=True, withheld_waves=("pulse_2",))
    write_renderings(release, folder, ["html"])
    return (folder / "report.html").as_uri()


@pytest.mark.parametrize("size", [LAPTOP, PHONE])
def test_report_switches_language(size: dict[str, int], report: str, visit: Callable[..., Visit]) -> None:
    tab = visit(size)
    tab.page.goto(report)
    for language, tag, word in (("zh", "zh-CN", "推广"), ("en", "en", "Scale"), ("zh", "zh-CN", "推广")):
        tab.page.click(f'a[data-language="{language}"]')
        tab.page.wait_for_selector(f"#{language} .main-svg")
        assert tab.page.locator("html").get_attribute("lang") == tag
        assert tab.page.locator("article:visible").count() == 1
        assert word in tab.page.locator(f"#{language} .verdict").inner_text()
        assert word in tab.page.title()
        assert tab.page.locator(f"#{language} .js-plotly-plot").count() == 3
        assert tab.page.evaluate("document.documentElement.scrollWidth") <= size["width"]


def test_report_opens_in_the_language_of_the_address(report: str, visit: Callable[..., Visit]) -> None:
    tab = visit()
    tab.page.goto(f"{report}#en")
    tab.page.wait_for_selector("#en .main-svg")
    assert tab.page.locator("#zh").is_hidden()


def test_report_prints_with_its_charts_inside_the_page(report: str, visit: Callable[..., Visit]) -> None:
    tab = visit()
    tab.page.goto(report)
    tab.page.wait_for_selector("#zh .main-svg")
    tab.page.emulate_media(media="print")
    tab.page.evaluate("window.dispatchEvent(new Event('beforeprint'))")
    widths = [chart.bounding_box() for chart in tab.page.locator("#zh .main-svg").all()]
    assert all(box and box["width"] <= 680 for box in widths)
    assert tab.page.locator("nav").is_hidden()
    assert tab.page.locator("#zh details.method dl").is_visible()
