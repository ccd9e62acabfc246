"""Two languages from one catalogue.

English sentences in the code are the message ids; `locale/zh/LC_MESSAGES/messages.po` holds the Chinese.
Layers below the views never choose a language: they pass on a `Message`, and the view says in which language
it is read.
"""

from __future__ import annotations

import gettext
import io
import locale
import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from typing import Literal, get_args

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

Language = Literal["zh", "en"]
LANGUAGES: tuple[Language, ...] = get_args(Language)
TAGS: dict[Language, str] = {"zh": "zh-CN", "en": "en"}
"""Language tags as HTML wants them."""


@dataclass(frozen=True)
class Message:
    """A sentence that has not been put into a language yet.

    Attributes:
        msgid: English sentence with `{name}` places.
        values: What stands in the places; a value may itself be a `Message` or a sequence of them.
    """

    msgid: str
    values: Mapping[str, object] = field(default_factory=dict)

    def text(self, language: Language) -> str:
        """The sentence in `language`."""
        values = {name: _in_language(value, language) for name, value in self.values.items()}
        return catalogue(language).gettext(self.msgid).format(**values)


def message(msgid: str, /, **values: object) -> Message:
    """Mark an English sentence for translation and keep what belongs in its places."""
    return Message(msgid, values)


def _in_language(value: object, language: Language) -> str:
    if isinstance(value, Message):
        return value.text(language)
    if isinstance(value, (list, tuple)):
        joiner = "、" if language == "zh" else ", "
        return joiner.join(_in_language(part, language) for part in value)
    return f"{value:.12g}" if isinstance(value, float) else str(value)


@cache
def catalogue(language: Language) -> gettext.NullTranslations:
    """The message catalogue of `language`; English is the language of the message ids."""
    if language == "en":
        return gettext.NullTranslations()
    source = files("pilot") / "locale" / language / "LC_MESSAGES" / "messages.po"
    with source.open("rb") as po_file:
        translations = read_po(po_file)
    compiled = io.BytesIO()
    write_mo(compiled, translations)
    compiled.seek(0)
    return gettext.GNUTranslations(compiled)


def preferred_language(environment: Mapping[str, str] | None = None) -> Language:
    """The user's language: `PILOT_LANG`, else the system's, else Chinese, which most users read first."""
    environment = os.environ if environment is None else environment
    candidates = [environment.get(name, "") for name in ("PILOT_LANG", "LC_ALL", "LC_MESSAGES", "LANG")]
    if sys.platform == "win32":
        candidates.append(locale.getlocale()[0] or "")
    for candidate in candidates:
        for language in LANGUAGES:
            if candidate.lower().startswith(language):
                return language
        if candidate.lower().startswith("chinese"):  # Windows names its locales in words
            return "zh"
        if candidate.lower().startswith("english"):
            return "en"
    return "zh"
