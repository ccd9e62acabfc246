"""The page: a release's sentences and pictures in the order in which an executive asks."""

from __future__ import annotations

import json

import streamlit as st

from pilot.dashboard.source import named_path, release_at
from pilot.errors import PilotError
from pilot.figures import CONFIG, Picture, effect_picture, flow_picture, lines_picture
from pilot.i18n import LANGUAGES, Language, message, preferred_language
from pilot.look import FONT_STACK, Mode, palette
from pilot.publication import Release
from pilot.report import TAGS, part, shared_style
from pilot.wording import Briefing, Voice, brief, guardrail_table, withheld_texts

LANGUAGE_NAMES: dict[str, str] = {"zh": "中文", "en": "English"}
FRAME = """
.stApp, .stApp button, .stApp summary { font-family: FONT; }
[data-testid="stMainBlockContainer"] { max-width: 68rem; padding: 0.75rem 1.25rem 2rem; }
[data-testid="stMain"] [data-testid="stVerticalBlock"] { gap: 0.625rem; }
[data-testid="stHeader"], [data-testid="stToolbar"], [data-testid="stDecoration"] { display: none; }
[data-testid="stElementContainer"]:has(script) { display: none; }
.st-key-masthead { flex-wrap: nowrap; }
.st-key-masthead > :first-child { flex: 1 1 auto; min-width: 0; }
.st-key-masthead h1 { display: -webkit-box; -webkit-box-orient: vertical; -webkit-line-clamp: 2; overflow: hidden; }
@media (min-width: 641px) { .st-key-masthead h1 { -webkit-line-clamp: 1; } }
@media print { .st-key-language { display: none; } }
"""


def draw_page() -> None:
    """Draw the whole page."""
    language = _language()
    st.set_page_config(page_title="pilot", page_icon="◆", layout="wide")
    mode: Mode = "dark" if st.context.theme.type == "dark" else "light"
    _set_frame(language, mode)
    try:
        release = release_at(named_path())
    except PilotError as error:
        _draw_empty(error, language)
        return
    briefing = brief(release, language)
    _set_title(f"{briefing.title} · {briefing.word}")
    _draw_first_page(release, briefing, mode)
    _draw_below(release, briefing, mode)


def _language() -> Language:
    """The language that the address names, else the server's."""
    named = st.query_params.get("lang")
    return next((language for language in LANGUAGES if language == named), preferred_language())


def _set_frame(language: Language, mode: Mode) -> None:
    """Streamlit's page says it is English whatever it shows; screen readers and the choice of glyphs go by it."""
    style = f".stApp {{ {palette(mode).css} }}" + FRAME.replace("FONT", FONT_STACK) + shared_style()
    st.html(f"<style>{style}</style>")
    _run(f"document.documentElement.lang = {json.dumps(TAGS[language])}")


def _set_title(title: str) -> None:
    _run(f"document.title = {json.dumps(title)}")


def _run(script: str) -> None:
    st.html(f"<script>{script.replace('<', chr(92) + 'u003c')}</script>", unsafe_allow_javascript=True)


def _switch(language: Language) -> None:
    st.segmented_control(
        "语言 · Language",
        LANGUAGES,
        default=language,
        required=True,
        format_func=lambda code: LANGUAGE_NAMES[code],
        key="language",
        label_visibility="collapsed",
        on_change=_remember_language,
    )


def _remember_language() -> None:
    """Keep the switch in the address, so that the page can be passed on as it is."""
    st.query_params["lang"] = st.session_state["language"]


def _draw_empty(error: PilotError, language: Language) -> None:
    with st.container(horizontal=True, horizontal_alignment="right"):
        _switch(language)
    voice = Voice(language)
    st.html(part(language, "empty", voice.say(error.headline), [fault.text(language) for fault in error.faults]))


def _draw_first_page(release: Release, briefing: Briefing, mode: Mode) -> None:
    language = briefing.language
    with st.container(horizontal=True, vertical_alignment="center", key="masthead"):
        st.html(part(language, "masthead", briefing))
        _switch(language)
    st.html(part(language, "opening", briefing))
    _draw_picture(effect_picture(release, language, mode), language, briefing.meaning)
    st.html(part(language, "facts", briefing))


def _draw_below(release: Release, briefing: Briefing, mode: Mode) -> None:
    language = briefing.language
    withheld = withheld_texts(language)
    for picture in (lines_picture(release, language, mode), flow_picture(release, language, mode)):
        st.html(part(language, "space"))
        _draw_picture(picture, language)
    st.html(part(language, "rest", briefing, guardrail_table(release, language), withheld))
    with st.expander(Voice(language).say(message("Method"))):
        st.html(part(language, "entries", briefing.method))
    st.html(part(language, "promise", briefing))


def _draw_picture(picture: Picture, language: Language, meaning: str = "") -> None:
    st.html(part(language, "heading", picture.title, meaning))
    st.plotly_chart(picture.figure, theme=None, config=CONFIG, key=f"picture-{picture.key}", alt=picture.alternative)
    st.html(part(language, "behind", picture, withheld_texts(language)))
