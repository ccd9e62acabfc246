"""What surrounds every page: style, language, navigation; the address is the only truth about where one is."""

from __future__ import annotations

import json
from collections.abc import Mapping
from importlib.resources import files
from types import MappingProxyType
from typing import Literal, get_args

import streamlit as st

from pilot.figures import CONFIG, Picture
from pilot.i18n import LANGUAGES, TAGS, Language, Message, message, preferred_language
from pilot.look import FONT_STACK, Mode, palette
from pilot.report import part, shared_style
from pilot.wording import Voice, withheld_texts

PageCode = Literal["verdict", "change", "loop", "trust", "teams", "next"]
PAGES: tuple[PageCode, ...] = get_args(PageCode)
LANGUAGE_NAMES: Mapping[str, str] = MappingProxyType({"zh": "中文", "en": "English"})


def page_name(code: PageCode) -> Message:
    """What a page is called in the navigation."""
    names: Mapping[PageCode, Message] = {
        "verdict": message("Verdict"),
        "change": message("Before and after"),
        "loop": message("The loop"),
        "trust": message("Can we trust it?"),
        "teams": message("Teams"),
        "next": message("Next"),
    }
    return names[code]


def language_of_address() -> Language:
    """The language that the address names, else the server's."""
    named = st.query_params.get("lang")
    return next((language for language in LANGUAGES if language == named), preferred_language())


def page_of_address() -> PageCode:
    """The page that the address names, else the first."""
    named = st.query_params.get("page")
    return next((code for code in PAGES if code == named), "verdict")


def mode_of_reader() -> Mode:
    """Light or dark, as the reader's browser has it."""
    return "dark" if st.context.theme.type == "dark" else "light"


def set_frame(language: Language, mode: Mode) -> None:
    """Streamlit's page says it is English whatever it shows; screen readers and the choice of glyphs go by it."""
    frame = files("pilot.dashboard").joinpath("frame.css").read_text("utf-8")
    roles = f".stApp {{ {palette(mode).css} --font: {FONT_STACK}; }}"
    st.html(f"<style>{roles}{frame}{shared_style()}</style>")
    _run(f"document.documentElement.lang = {json.dumps(TAGS[language])}")


def set_title(title: str) -> None:
    """What the browser's tab says."""
    _run(f"document.title = {json.dumps(title)}")


def _run(script: str) -> None:
    st.html(f"<script>{script.replace('<', chr(92) + 'u003c')}</script>", unsafe_allow_javascript=True)


def switch_language(language: Language) -> None:
    """The choice of language; it stands in the address, so that the page can be passed on as it is."""
    st.session_state["language"] = language
    st.segmented_control(
        "语言 · Language",
        LANGUAGES,
        required=True,
        format_func=lambda code: LANGUAGE_NAMES[code],
        key="language",
        label_visibility="collapsed",
        on_change=_remember,
        args=("lang", "language"),
    )


def navigate(page: PageCode, language: Language) -> None:
    """The choice of page, likewise."""
    voice = Voice(language)
    st.session_state["page"] = page
    st.segmented_control(
        voice.say(message("Page")),
        PAGES,
        required=True,
        format_func=lambda code: voice.say(page_name(code)),
        key="page",
        label_visibility="collapsed",
        on_change=_remember,
        args=("page", "page"),
    )


def _remember(parameter: str, key: str) -> None:
    st.query_params[parameter] = st.session_state[key]


def draw_picture(picture: Picture, language: Language, meaning: str = "") -> None:
    """A picture under its finding, with its notes and its table."""
    st.html(part(language, "heading", picture.title, meaning))
    st.plotly_chart(picture.figure, theme=None, config=CONFIG, key=f"picture-{picture.key}", alt=picture.alternative)
    st.html(part(language, "behind", picture, withheld_texts(language)))


def draw_pictures(pictures: list[Picture | None], language: Language) -> None:
    """Those that there are, with room between them."""
    for place, picture in enumerate(each for each in pictures if each is not None):
        if place:
            st.html(part(language, "space"))
        draw_picture(picture, language)
