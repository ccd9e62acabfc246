"""Texts without what a file cannot hold or a tool would take for an instruction."""

from __future__ import annotations

import html
import unicodedata

NONCHARACTERS = "\ufffe\uffff"


def tidy(text: str) -> str:
    """The text without control characters; lines end in a plain line feed."""
    joined = "\n".join(" ".join(line.split()) for line in text.splitlines())
    kept = (letter for letter in joined if letter == "\n" or unicodedata.category(letter) not in ("Cc", "Cs"))
    return "".join(letter for letter in kept if letter not in NONCHARACTERS).strip()


def one_line(text: str) -> str:
    """The text in one line, each space single."""
    return " ".join(tidy(text).split())


def as_html(text: str) -> str:
    """The text as HTML that shows it as it is; braces and backslashes too, with which tools begin expressions."""
    escaped = html.escape(tidy(text)).replace("\n", "<br />")
    for letter in "${}\\":
        escaped = escaped.replace(letter, f"&#{ord(letter)};")
    return escaped
