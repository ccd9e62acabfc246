"""What the browser gets: the release that was named, on the page and in the language that the address names."""

from __future__ import annotations

import streamlit as st

from pilot.dashboard.frame import (
    language_of_address,
    mode_of_reader,
    navigate,
    page_name,
    page_of_address,
    set_frame,
    set_title,
    switch_language,
)
from pilot.dashboard.pages import DRAW, Reading
from pilot.dashboard.source import downloads_at, named_path, release_at
from pilot.errors import PilotError
from pilot.i18n import Language
from pilot.report import part
from pilot.wording import Voice, brief


def draw_page() -> None:
    """Draw the page of the address, or that there is nothing to show."""
    language, page = language_of_address(), page_of_address()
    st.set_page_config(page_title="pilot", page_icon="◆", layout="wide")
    mode = mode_of_reader()
    set_frame(language, mode)
    path = named_path()
    try:
        release = release_at(path)
    except PilotError as error:
        _draw_empty(error, language)
        return
    briefing = brief(release, language)
    name = briefing.word if page == "verdict" else Voice(language).say(page_name(page))
    set_title(f"{briefing.title} · {name}")
    with st.container(horizontal=True, vertical_alignment="center", key="masthead"):
        st.html(part(language, "masthead", briefing))
        switch_language(language)
    navigate(page, language)
    DRAW[page](Reading(release, briefing, language, mode, downloads_at(path, release)))
    st.html(part(language, "promise", briefing))


def _draw_empty(error: PilotError, language: Language) -> None:
    with st.container(horizontal=True, horizontal_alignment="right"):
        switch_language(language)
    voice = Voice(language)
    st.html(part(language, "empty", voice.say(error.headline), [fault.text(language) for fault in error.faults]))
