"""Templates in one language; the parts that the report and the dashboard share."""

from __future__ import annotations

from functools import cache
from importlib.resources import files

import jinja2
from markupsafe import Markup

from pilot.i18n import TAGS, Language, catalogue


@cache
def environment(language: Language) -> jinja2.Environment:
    """Templates that escape what they print and speak one language."""
    templates = jinja2.Environment(
        loader=jinja2.PackageLoader("pilot.report"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.i18n"],
    )
    translations = catalogue(language)
    templates.install_gettext_callables(  # type: ignore[attr-defined]
        translations.gettext, translations.ngettext, newstyle=True
    )
    return templates


def part(language: Language, name: str, *arguments: object) -> Markup:
    """One of the shared parts, as HTML within the element that carries the shared look."""
    module = environment(language).get_template("parts.html.j2").module
    return Markup('<div class="pilot" lang="{}">{}</div>').format(TAGS[language], getattr(module, name)(*arguments))


def shared_style() -> str:
    """The style of the shared parts."""
    return template_text("style.css")


def template_text(name: str) -> str:
    """A file beside the templates, as it is."""
    return (files("pilot.report") / "templates" / name).read_text("utf-8")
