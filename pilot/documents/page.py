"""A page is one YAML document with one pydantic model.

Every scalar is read as text (YAML's BaseLoader) and typed by the model: YAML's own typing would turn the answer
`NO` into false and die on `2026-13-01`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, TypeVar

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from pilot.documents.faults import sentence
from pilot.documents.text_file import read_text
from pilot.errors import Fault, PilotError
from pilot.i18n import Language, Message, message

FULL_WIDTH_COLON = re.compile(r"^(\s*(?:-\s+)*[A-Za-z_]\w*\s*)：\s*")

Keys = tuple[str | int, ...]


@dataclass(frozen=True)
class Contradiction:
    """Entries of a page that do not go together.

    Attributes:
        keys: Path of keys where it shows.
        found: What does not fit.
        remedy: What to do instead.
    """

    keys: Keys
    found: Message
    remedy: Message


class Page(BaseModel):
    """Base of everything read from a page: frozen, and no key that it does not know."""

    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)

    def contradictions(self) -> Iterator[Contradiction]:
        """What is wrong although every single entry is well-formed."""
        yield from ()


FormatOne = Annotated[int, Field(ge=1, le=1, description="format of this page")]


class BilingualText(Page):
    """One text in both languages."""

    zh: str
    en: str

    def text(self, language: Language) -> str:
        """The text in `language`."""
        return self.zh if language == "zh" else self.en


PageModel = TypeVar("PageModel", bound=Page)


@dataclass(frozen=True)
class PageSource:
    """A page as read, before its model.

    Attributes:
        name: File name, for messages.
        content: Nested dicts, lists and strings.
        lines: Line (from 1) on which each path of keys stands.
        faults: What is wrong with the writing itself.
    """

    name: str
    content: Any
    lines: dict[Keys, int] = field(default_factory=dict)
    faults: tuple[Fault, ...] = ()

    def place(self, keys: Keys) -> str:
        """Where a path of keys stands, or would stand: `plan.yaml:12 calendar.launch_on`."""
        known = next((keys[:end] for end in range(len(keys), -1, -1) if keys[:end] in self.lines), ())
        line = self.lines.get(known)
        path = "".join(f"[{key + 1}]" if isinstance(key, int) else f".{key}" for key in keys).lstrip(".")
        return f"{self.name}:{line} {path}".rstrip() if line else f"{self.name} {path}".rstrip()


def read_page(path: Path, model: type[PageModel], headline: Message) -> tuple[PageModel, PageSource]:
    """Read and validate one page.

    Returns:
        The model, and the source that knows its line numbers (for checks across pages).

    Raises:
        PilotError: with every fault found, under `headline`.
    """
    source = parse_page(path)
    return validate_page(source, model, headline), source


def validate_page(source: PageSource, model: type[PageModel], headline: Message) -> PageModel:
    """Turn a parsed page into its model.

    Raises:
        PilotError: with every fault found, under `headline`.
    """
    faults = list(source.faults)
    try:
        page = model.model_validate(source.content)
    except ValidationError as error:
        for detail in error.errors(include_url=False):
            found, remedy = sentence(detail, model)
            faults.append(Fault(source.place(detail["loc"]), found, remedy))
        raise PilotError(headline, faults) from None
    faults += [Fault(source.place(wrong.keys), wrong.found, wrong.remedy) for wrong in page.contradictions()]
    if faults:
        raise PilotError(headline, faults)
    return page


def parse_page(path: Path) -> PageSource:
    """Parse YAML into text scalars; the writing's faults are collected, not raised, where reading can go on.

    Raises:
        PilotError: the file cannot be read or is not YAML.
    """
    text = read_text(path).text
    text, faults = _mend_full_width_colons(path.name, text)
    try:
        node = yaml.compose(text, Loader=yaml.BaseLoader)
    except yaml.MarkedYAMLError as error:
        raise PilotError(
            message("{file} could not be read.", file=path.name), [*faults, _syntax_fault(path.name, error)]
        ) from None
    except yaml.YAMLError:
        found = message("there is a character that YAML does not allow.")
        remedy = message("Remove invisible characters; copy the text through a plain editor.")
        headline = message("{file} could not be read.", file=path.name)
        raise PilotError(headline, [*faults, Fault(path.name, found, remedy)]) from None
    lines: dict[Keys, int] = {}
    repeated: list[Fault] = []
    content = _construct(path.name, node, (), lines, repeated) if node else {}
    return PageSource(path.name, content, lines, (*faults, *repeated))


def _mend_full_width_colons(name: str, text: str) -> tuple[str, list[Fault]]:
    """Report every key written with a full-width colon, and read on as if it were a plain one."""
    mended, faults = [], []
    for number, line in enumerate(text.split("\n"), start=1):
        match = FULL_WIDTH_COLON.match(line)
        if match:
            key = match[1].strip().lstrip("- ")
            found = message("the colon after “{key}” is full-width (：).", key=key)
            remedy = message("Write “{key}: ” with a plain colon and a space.", key=key)
            faults.append(Fault(f"{name}:{number}", found, remedy))
            line = FULL_WIDTH_COLON.sub(r"\1: ", line)
        mended.append(line)
    return "\n".join(mended), faults


def _syntax_fault(name: str, error: yaml.MarkedYAMLError) -> Fault:
    mark = error.problem_mark or error.context_mark
    place = f"{name}:{mark.line + 1}" if mark else name
    if mark and "\t" in _line_at(mark):
        return Fault(place, message("the line has a tab."), message("Indent with spaces only."))
    return Fault(
        place,
        message("the line does not read as “key: value” at this depth."),
        message("Check the indentation, the space after the colon, and put texts that hold “: ” or “#” in quotes."),
    )


def _line_at(mark: yaml.Mark) -> str:
    buffer = mark.buffer or ""
    return buffer[: mark.pointer].rpartition("\n")[2] + buffer[mark.pointer :].partition("\n")[0]


def _construct(
    name: str, node: yaml.Node, keys: Keys, lines: dict[Keys, int], repeated: list[Fault]
) -> dict[str, Any] | list[Any] | str:
    lines.setdefault(keys, node.start_mark.line + 1)
    if isinstance(node, yaml.MappingNode):
        content: dict[str, Any] = {}
        for key_node, value_node in node.value:
            key = str(key_node.value)
            line = key_node.start_mark.line + 1
            if key in content:
                found = message("“{key}” stands here a second time.", key=key)
                repeated.append(Fault(f"{name}:{line}", found, message("Keep one of the two.")))
            lines[(*keys, key)] = line
            content[key] = _construct(name, value_node, (*keys, key), lines, repeated)
        return content
    if isinstance(node, yaml.SequenceNode):
        parts = enumerate(node.value)
        return [_construct(name, part, (*keys, index), lines, repeated) for index, part in parts]
    return str(node.value)
