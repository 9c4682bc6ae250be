"""Finds the line and column of every key of a TOML text, which the standard reader does not tell."""

from __future__ import annotations

from dataclasses import dataclass

Path = tuple[str | int, ...]

_BARE_END = frozenset(" \t\r\n=.]#,}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a key or table stands in its file; lines and columns count from 1."""

    line: int
    column: int
    text_line: int
    """Line of the first character of the value; of a string, the one after its quotes."""
    text_column: int


def find_places(text: str) -> dict[Path, Place]:
    """Maps the path of every table, key and array element to its place.

    A path is made of keys and of indexes, as `("purpose", 1, "basis", 0)`. The text must already have
    been accepted by `tomllib`: this reader finds, it does not check.

    >>> find_places('[a]\\nb = "x"')[("a", "b")].line
    2
    """
    return _Scanner(text).scan()


def place_inside(start: Place, content: str, offset: int) -> tuple[int, int]:
    """The line and column in the file of one character of a string value.

    Exact for strings without backslash escapes, which rules do not need.
    """
    before = content[:offset]
    newlines = before.count("\n")
    if newlines == 0:
        return start.text_line, start.text_column + offset
    return start.text_line + newlines, offset - before.rfind("\n")


class _Scanner:
    def __init__(self, text: str) -> None:
        self._text = text.replace("\r\n", "\n") + "\n"
        self._at = 0
        self._places: dict[Path, Place] = {}
        self._array_lengths: dict[Path, int] = {}
        self._table: Path = ()

    def scan(self) -> dict[Path, Place]:
        self._skip_blank()
        while self._at < len(self._text):
            if self._text[self._at] == "[":
                self._header()
            else:
                self._pair(self._table)
            self._skip_blank()
        return self._places

    def _header(self) -> None:
        start = self._at
        is_array = self._text.startswith("[[", start)
        self._at += 2 if is_array else 1
        keys = self._keys()
        self._at += 2 if is_array else 1
        path = (*self._absolute(keys[:-1], start), keys[-1])
        if is_array:
            index = self._array_lengths.get(path, 0)
            self._array_lengths[path] = index + 1
            self._note(path, start, start)
            path = (*path, index)
        elif path in self._array_lengths:
            path = (*path, self._array_lengths[path] - 1)
        self._table = path
        self._note(path, start, start)

    def _absolute(self, keys: list[str], start: int) -> Path:
        path: Path = ()
        for key in keys:
            path = (*path, key)
            self._note(path, start, start)
            if path in self._array_lengths:
                path = (*path, self._array_lengths[path] - 1)
        return path

    def _pair(self, table: Path) -> None:
        start = self._at
        keys = self._keys()
        self._at += 1  # the equals sign
        self._skip_spaces()
        path = table
        for key in keys[:-1]:
            path = (*path, key)
            self._note(path, start, start)
        self._value((*path, keys[-1]), start)

    def _keys(self) -> list[str]:
        keys = []
        while True:
            self._skip_spaces()
            keys.append(self._key())
            self._skip_spaces()
            if self._text[self._at] != ".":
                return keys
            self._at += 1

    def _key(self) -> str:
        start = self._at
        if self._text[start] in "\"'":
            self._string()
            return self._text[start + 1 : self._at - 1]
        while self._text[self._at] not in _BARE_END:
            self._at += 1
        return self._text[start : self._at]

    def _value(self, path: Path, start: int) -> None:
        first = self._text[self._at]
        if first in "\"'":
            self._note(path, start, self._string())
            return
        self._note(path, start, self._at)
        if first == "[":
            self._array(path)
        elif first == "{":
            self._inline_table(path)
        else:
            while self._text[self._at] not in ",]}#\n":
                self._at += 1

    def _string(self) -> int:
        """Steps over a string; gives the offset of its first character."""
        quote = self._text[self._at]
        delimiter = quote * 3 if self._text.startswith(quote * 3, self._at) else quote
        self._at += len(delimiter)
        content = self._at
        if len(delimiter) == 3 and self._text[content] == "\n":
            content += 1
        while not self._text.startswith(delimiter, self._at):
            self._at += 2 if quote == '"' and self._text[self._at] == "\\" else 1
        self._at += len(delimiter)
        while len(delimiter) == 3 and self._text[self._at] == quote:
            self._at += 1
        return content

    def _array(self, path: Path) -> None:
        self._at += 1
        index = 0
        self._skip_blank()
        while self._text[self._at] != "]":
            self._value((*path, index), self._at)
            index += 1
            self._skip_separator()
        self._at += 1

    def _inline_table(self, path: Path) -> None:
        self._at += 1
        self._skip_blank()
        while self._text[self._at] != "}":
            self._pair(path)
            self._skip_separator()
        self._at += 1

    def _skip_separator(self) -> None:
        self._skip_blank()
        if self._text[self._at] == ",":
            self._at += 1
            self._skip_blank()

    def _skip_spaces(self) -> None:
        while self._text[self._at] in " \t":
            self._at += 1

    def _skip_blank(self) -> None:
        while self._at < len(self._text):
            if self._text[self._at] == "#":
                self._at = self._text.index("\n", self._at)
            elif self._text[self._at] in " \t\n":
                self._at += 1
            else:
                return

    def _note(self, path: Path, start: int, content: int) -> None:
        if path in self._places:
            return
        line, column = self._line_and_column(start)
        text_line, text_column = self._line_and_column(content)
        self._places[path] = Place(line=line, column=column, text_line=text_line, text_column=text_column)

    def _line_and_column(self, offset: int) -> tuple[int, int]:
        return self._text.count("\n", 0, offset) + 1, offset - self._text.rfind("\n", 0, offset)
