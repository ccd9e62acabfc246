from __future__ import annotations

import json
import re
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path

import pytest

from pilot.documents import BilingualText
from pilot.i18n import LANGUAGES
from pilot.publication import Release
from pilot.report import render_report, write_renderings
from pilot.wording import brief

ReleaseMaker = Callable[..., Release]
ADDRESS = {"src", "href", "action", "data", "srcset", "poster"}


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.addresses: list[str] = []
        self.scripts = 0
        self.languages: list[str] = []
        self.text: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.scripts += tag == "script"
        values = dict(attrs)
        self.addresses += [value for name, value in attrs if name in ADDRESS and value]
        if tag in ("html", "article"):
            self.languages.append(values.get("lang") or "")

    def handle_data(self, data: str) -> None:
        self.text.append(data)


def _read(html: str) -> _Reader:
    reader = _Reader()
    reader.feed(html)
    return reader


def test_one_file_asks_nobody(make_release: ReleaseMaker) -> None:
    html = render_report(make_release())
    reader = _read(html)
    assert all(address.startswith(("#", "data:")) for address in reader.addresses)
    assert "default-src 'none'" in html
    assert html.count("plotly.js v") == 1


def test_languages_are_marked(make_release: ReleaseMaker) -> None:
    assert _read(render_report(make_release())).languages == ["zh-CN", "zh-CN", "en"]


@pytest.mark.parametrize("kind", ["scale", "adjust", "stop", "inconclusive", "in_evaluation", "harm", "refused"])
def test_both_editions_say_what_the_wording_says(kind: str, make_release: ReleaseMaker) -> None:
    release = make_release(kind, few_leavers=True, withheld_waves=("pulse_2",))
    text = "".join(_read(render_report(release)).text)
    for language in LANGUAGES:
        briefing = brief(release, language)
        said = [briefing.word, briefing.sentence, briefing.effect, briefing.footer, briefing.promise]
        said += [fact.text for fact in briefing.facts] + [reason.sentence for reason in briefing.reasons]
        assert [sentence for sentence in said if sentence not in text] == []
    assert "不用于员工个人评价" in text
    assert release.sha256[:16] in text


def test_deviations_stand_before_the_verdict(make_release: ReleaseMaker) -> None:
    html = render_report(make_release(deviations=("the endline came two weeks late",)))
    assert html.index("the endline came two weeks late") < html.index('class="verdict"')
    assert 'class="deviation' not in re.sub(r"<style>.*?</style>", "", render_report(make_release()), flags=re.S)


def test_foreign_text_stays_text(make_release: ReleaseMaker) -> None:
    nasty = "</script><script>alert(1)</script><img src=x onerror=alert(1)>{{ 7 * 7 }} {name}"
    release = make_release(title=BilingualText(zh=nasty, en=nasty), deviations=(nasty,))
    html = render_report(release)
    assert "<img src=x" not in html
    assert _read(html).scripts == _read(render_report(make_release())).scripts
    assert nasty in "".join(_read(html).text)


def test_drawings_are_there_for_both_languages_and_modes(make_release: ReleaseMaker) -> None:
    html = render_report(make_release())
    found = re.search(r'<script type="application/json" id="drawings">(.*?)</script>', html, flags=re.S)
    assert found
    pictures = json.loads(found[1])["pictures"]
    assert set(pictures) == {f"{language}-{key}" for language in LANGUAGES for key in ("effect", "lines", "flow")}
    assert all(set(modes) == {"light", "dark"} for modes in pictures.values())
    assert re.findall(r'data-picture="([\w-]+)"', html) == list(pictures)


def test_writing_replaces_the_earlier_report(make_release: ReleaseMaker, tmp_path: Path) -> None:
    path = tmp_path / "report.html"
    for word in ("stop", "scale"):
        write_renderings(make_release(word), tmp_path, ["html"])
    assert "· 推广</title>" in path.read_text("utf-8")
    assert list(tmp_path.iterdir()) == [path]
