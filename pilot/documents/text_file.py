"""Text files as they come from the tools people have."""

from __future__ import annotations

import codecs
from dataclasses import dataclass
from pathlib import Path

from pilot.errors import Fault, PilotError
from pilot.i18n import Message, message

UTF16_MARKS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


BYTE_ORDER_MARK = "\ufeff"


@dataclass(frozen=True)
class TextFile:
    r"""A decoded file.

    Attributes:
        text: Its content, line ends as `\n`, no byte order mark.
        encoding: How it was written: `utf-8`, `utf-16` or `gb18030`.
    """

    text: str
    encoding: str


def read_text(path: Path) -> TextFile:
    """Read UTF-8 (with or without BOM), UTF-16 with BOM (Excel's "Unicode text") or GB18030 (Chinese Excel's CSV).

    Raises:
        PilotError: there is no such file, it is empty, or it is in none of these encodings.
    """
    content = _read_bytes(path)
    encodings = ["utf-16"] if content.startswith(UTF16_MARKS) else ["utf-8-sig", "gb18030"]
    for encoding in encodings:
        try:
            text = content.decode(encoding).removeprefix(BYTE_ORDER_MARK)  # GB18030 has one too, after a conversion
        except UnicodeDecodeError:
            continue
        return TextFile(text.replace("\r\n", "\n").replace("\r", "\n"), encoding.removesuffix("-sig"))
    raise _unreadable(
        path,
        message("the characters are in no encoding that could be recognised."),
        message('Save the file as "CSV UTF-8" or as XLSX and import it again.'),
    )


def write_whole(path: Path, text: str) -> None:
    """Write beside the file and rename, so that nobody ever reads half of it."""
    draft = path.with_name(f"{path.name}.draft")
    draft.write_text(text, "utf-8")
    draft.replace(path)


def _read_bytes(path: Path) -> bytes:
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        found = message("there is no such file.")
        raise _unreadable(path, found, message("Check the name and the folder.")) from None
    except OSError as error:
        found = message("the file cannot be opened ({reason}).", reason=error.strerror or type(error).__name__)
        raise _unreadable(path, found, message("Close it in other programs and check its permissions.")) from None
    if not content.strip(b"\xef\xbb\xbf\xff\xfe \t\r\n\0"):
        raise _unreadable(path, message("the file is empty."), message("Export it again; it should have content."))
    return content


def _unreadable(path: Path, found: Message, remedy: Message) -> PilotError:
    return PilotError(
        message("{file} could not be read.", file=path.name),
        [Fault(path.name, found, remedy)],
    )
