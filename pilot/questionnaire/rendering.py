"""A form's HTML: each text stands there in both languages, each question once, so that switching keeps the answers."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import jinja2
from markupsafe import Markup

from pilot.documents import BilingualText
from pilot.i18n import LANGUAGES, TAGS, Language, Message, message
from pilot.instruments.form import ComposedForm
from pilot.instruments.model import Answers
from pilot.look import DARK, FONT_STACK, LIGHT

SHORT_LABEL: dict[Language, int] = {"zh": 5, "en": 9}
"""Longest label (Chinese) or word (English) that fits a fifth of a phone's width."""


@dataclass(frozen=True)
class Option:
    """One answer to tick.

    Attributes:
        code: What is recorded.
        label: What is read; None where only the ends have words.
    """

    code: int
    label: BilingualText | None


@dataclass(frozen=True)
class Choice:
    """How the answers to an item are laid out.

    Attributes:
        options: To tick, lowest first; none where a number is written.
        layout: `row` side by side, `list` one below the other, `steps` numbers with words at the ends, `number`.
        answers: What can be answered.
    """

    options: tuple[Option, ...]
    layout: str
    answers: Answers

    @classmethod
    def of(cls, answers: Answers) -> Choice:
        """The layout that fits the answers."""
        options = tuple(Option(code, answers.anchors.get(code)) for code in answers.codes)
        if not options:
            return cls((), "number", answers)
        if any(option.label is None for option in options):
            return cls(options, "steps", answers)
        is_short = len(options) <= 5 and all(_is_short(label) for label in answers.anchors.values())
        return cls(options, "row" if is_short else "list", answers)


def render_form(form: ComposedForm, language: Language = "zh", *, is_preview: bool = True) -> str:
    """The page of a form.

    Args:
        form: The form.
        language: In which language it opens.
        is_preview: Whether it says that answers go nowhere.
    """
    return (
        _environment()
        .get_template("form.html.j2")
        .render(
            form=form.form,
            sections=form.sections,
            n_questions=_n_questions(form),
            says=_sentences(form),
            choice=Choice.of,
            language=language,
            tags=TAGS,
            is_preview=is_preview,
            light=LIGHT.css,
            dark=DARK.css,
            font=FONT_STACK,
            style=_beside("form.css"),
            script=_beside("form.js"),
        )
    )


def both(text: BilingualText | Message) -> Markup:
    """A text in both languages; the page shows one."""
    spans = (Markup('<span lang="{}">{}</span>').format(TAGS[each], text.text(each)) for each in LANGUAGES)
    return Markup("").join(spans)


def _sentences(form: ComposedForm) -> dict[str, Message]:
    """What the page itself says."""
    minutes = max(1, round(max(form.minutes(each) for each in LANGUAGES)))
    return {
        "preview": message("Preview: answers stay on this page and go nowhere."),
        "size": message("{count} questions, about {minutes} min", count=_n_questions(form), minutes=minutes),
        "start": message("Start"),
        "back": message("Back"),
        "next": message("Next"),
        "finish": message("Finish"),
        "answered": message("answered"),
        "done": message("Thank you."),
        "nothing_sent": message("This was a preview. Nothing was sent, nothing is kept."),
        "look_again": message("Look through it again"),
    }


def _n_questions(form: ComposedForm) -> int:
    return len(form.items) + len(form.open_questions)


def _is_short(label: BilingualText) -> bool:
    longest_word = max((len(word) for word in label.en.split()), default=0)
    return len(label.zh) <= SHORT_LABEL["zh"] and longest_word <= SHORT_LABEL["en"]


@cache
def _environment() -> jinja2.Environment:
    templates = jinja2.Environment(
        loader=jinja2.PackageLoader("pilot.questionnaire"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    templates.filters["both"] = both
    return templates


def _beside(name: str) -> str:
    return (files("pilot.questionnaire") / "templates" / name).read_text("utf-8")
