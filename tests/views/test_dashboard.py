from __future__ import annotations

import re
import sys
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from pilot.dashboard.serving import command, settings
from pilot.dashboard.source import downloads_at, named_path, release_at
from pilot.errors import PilotError
from pilot.i18n import LANGUAGES, Language
from pilot.publication import Release
from pilot.wording import brief

ROOT = Path(__file__).parents[2]
ReleaseMaker = Callable[..., Release]
ReleaseWriter = Callable[[Release], Path]


@pytest.fixture
def open_app(monkeypatch: pytest.MonkeyPatch) -> Callable[..., AppTest]:
    def start(*arguments: Path, lang: str | None = None, page: str | None = None) -> AppTest:
        monkeypatch.setattr(sys, "argv", ["app.py", *map(str, arguments)])
        monkeypatch.setenv("PILOT_LANG", "zh")
        app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=30)
        if lang:
            app.query_params["lang"] = lang
        if page:
            app.query_params["page"] = page
        return app.run()

    return start


def _text(app: AppTest) -> str:
    return "".join(element.proto.body for element in app.get("html"))


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", ["scale", "adjust", "stop", "inconclusive", "in_evaluation", "refused"])
def test_first_page_in_order(
    kind: str, language: Language, make_release: ReleaseMaker, release_file: ReleaseWriter, open_app: Any
) -> None:
    release = make_release(kind, deviations=("two weeks late",))
    app = open_app(release_file(release), lang=language)
    assert not app.exception
    text = _text(app)
    briefing = brief(release, language)
    order = ["two weeks late", briefing.word, briefing.sentence.split("“")[0], briefing.effect]
    order += [fact.text.split("“")[0] for fact in briefing.facts]
    body = text[text.index('class="deviation') :]  # past the title, which names the verdict too
    places = [body.index(each) for each in order]
    assert places == sorted(places)
    assert ("zh-CN" if language == "zh" else '"en"') in text


def test_language_of_the_address_and_the_switch(
    make_release: ReleaseMaker, release_file: ReleaseWriter, open_app: Any
) -> None:
    app = open_app(release_file(make_release()))
    assert "推广" in _text(app)
    switch = app.get("button_group")[0]
    assert switch.value == "zh"
    switch.set_value("en").run()
    assert app.query_params["lang"] == "en"
    assert "The practice works" in _text(app)


@pytest.mark.parametrize(
    ("kind", "design", "language", "full"),
    [  # every pair of two of these once
        ("inconclusive", "waitlist", "zh", True),
        ("inconclusive", "comparison", "en", False),
        ("inconclusive", "before_after", "zh", False),
        ("in_evaluation", "waitlist", "en", False),
        ("in_evaluation", "comparison", "zh", True),
        ("in_evaluation", "before_after", "en", True),
        ("refused", "waitlist", "zh", False),
        ("refused", "comparison", "en", True),
        ("refused", "before_after", "zh", True),
    ],
)
def test_every_page_is_drawn_whatever_the_release_lacks(
    kind: str,
    design: str,
    language: Language,
    full: bool,
    make_release: ReleaseMaker,
    release_file: ReleaseWriter,
    open_app: Any,
) -> None:
    path = release_file(make_release(kind, design=design, full=full, withheld_practice=True))
    for page in ("change", "loop", "trust", "teams", "next"):
        app = open_app(path, lang=language, page=page)
        assert not app.exception
        assert not re.search(r"\bNone\b(?! of)", _text(app))
        assert [switch.value for switch in app.get("button_group")] == [language, page]


def test_a_rehearsed_pilot_tells_its_error_rate_on_the_first_page(
    make_release: ReleaseMaker, release_file: ReleaseWriter, open_app: Any
) -> None:
    rehearsed = _text(open_app(release_file(make_release()), lang="en"))
    assert "Of 100 pilots like this one in which nothing works, about 3 would say “scale”." in rehearsed
    assert "in which nothing works" not in _text(open_app(release_file(make_release(full=False)), lang="en"))


def test_the_switch_of_pages_stands_in_the_address(
    make_release: ReleaseMaker, release_file: ReleaseWriter, open_app: Any
) -> None:
    app = open_app(release_file(make_release("stop")), lang="en", page="teams")
    assert "No single one is shown" in _text(app)
    app.get("button_group")[1].set_value("next").run()
    assert app.query_params["page"] == "next"
    assert "Now end it with respect." in _text(app)
    assert "No single one is shown" not in _text(app)


def test_unknown_page_falls_back(make_release: ReleaseMaker, release_file: ReleaseWriter, open_app: Any) -> None:
    assert 'class="verdict"' in _text(open_app(release_file(make_release()), page="admin"))


def test_downloads_are_what_lies_there(make_release: ReleaseMaker, tmp_path: Path) -> None:
    release = make_release()
    folder = tmp_path / "releases"
    folder.mkdir()
    file = folder / "release-0003.json"
    file.write_text(release.model_dump_json(), "utf-8")
    for named in (tmp_path, folder, file):
        assert [each.path for each in downloads_at(named, release)] == [file]
    (tmp_path / "report").mkdir()
    (tmp_path / "report" / "report.html").write_text("<p>", "utf-8")
    assert [each.path.name for each in downloads_at(tmp_path, release)] == ["release-0003.json", "report.html"]
    assert [each.path.name for each in downloads_at(file, release)] == ["release-0003.json", "report.html"]
    assert downloads_at(None, release) == ()


def test_unknown_language_falls_back(make_release: ReleaseMaker, release_file: ReleaseWriter, open_app: Any) -> None:
    app = open_app(release_file(make_release()), lang="tlh")
    assert not app.exception
    assert "推广" in _text(app)


@pytest.mark.parametrize("language", LANGUAGES)
def test_nothing_published_is_a_page_not_a_traceback(language: Language, tmp_path: Path, open_app: Any) -> None:
    app = open_app(tmp_path, lang=language)
    assert not app.exception
    text = _text(app)
    assert ("还没有可以显示的发布" if language == "zh" else "There is no release to show") in text
    assert "<code>pilot publish</code>" in text


def test_a_changed_release_is_not_shown(make_release: ReleaseMaker, release_file: ReleaseWriter, open_app: Any) -> None:
    path = release_file(make_release())
    path.write_text(path.read_text("utf-8").replace('"estimate": 0.27', '"estimate": 0.77'), "utf-8")
    app = open_app(path, lang="en")
    assert not app.exception
    assert "changed by hand" in _text(app)
    assert not app.get("plotly_chart")


def test_foreign_text_stays_text(make_release: ReleaseMaker, release_file: ReleaseWriter, open_app: Any) -> None:
    nasty = "</script><script>alert(1)</script><b>bold</b>"
    app = open_app(release_file(make_release(deviations=(nasty,))), lang="en")
    assert "<b>bold</b>" not in _text(app)
    assert "&lt;b&gt;bold" in _text(app)


def test_release_is_found_by_file_folder_and_pilot(make_release: ReleaseMaker, tmp_path: Path) -> None:
    release = make_release()
    folder = tmp_path / "releases"
    folder.mkdir()
    file = folder / "release-0003.json"
    file.write_text(release.model_dump_json(), "utf-8")
    assert {release_at(path).sha256 for path in (file, folder, tmp_path)} == {release.sha256}


def test_nothing_named_says_how_to_start() -> None:
    assert named_path([], {}) is None
    assert named_path([], {"PILOT_RELEASE": "a"}) == Path("a")
    assert named_path(["b"], {"PILOT_RELEASE": "a"}) == Path("b")
    with pytest.raises(PilotError, match="pilot dashboard"):
        release_at(None)


def test_config_of_the_checkout_equals_the_flags() -> None:
    config = tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text("utf-8"))
    assert dict(_flat(config)) == settings()


def _flat(table: dict[str, Any], prefix: str = "") -> list[tuple[str, Any]]:
    pairs: list[tuple[str, Any]] = []
    for key, value in table.items():
        pairs += _flat(value, f"{prefix}{key}.") if isinstance(value, dict) else [(prefix + key, value)]
    return pairs


@pytest.mark.parametrize(
    ("host", "open_to_others"),
    [("127.0.0.1", False), ("::1", False), ("localhost", False), ("0.0.0.0", True), ("10.1.2.3", True), ("hr", True)],  # noqa: S104
)
def test_an_address_that_others_reach_is_said_to_be_open(host, open_to_others, command, monkeypatch, tmp_path) -> None:
    monkeypatch.setattr("pilot.dashboard.serve", lambda *_, **__: 0)
    told = command("dashboard", tmp_path, "--host", host)
    assert ("whoever reaches" in told.err) == open_to_others


def test_server_stays_on_this_machine_and_reports_nothing(tmp_path: Path) -> None:
    words = command(tmp_path, "127.0.0.1", 8765)
    assert "--browser.gatherUsageStats=false" in words
    assert "--server.address=127.0.0.1" in words
    assert words[-2:] == ["--", str(tmp_path)]
