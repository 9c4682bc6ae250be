"""A sheet of pixels on which a picture is laid out; gives the Vega-Lite specification that draws it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from .palette import FAINT, INK, PAPER

Align = Literal["left", "center", "right"]
FONT = "Arial, 'Liberation Sans', Helvetica, sans-serif"
_WIDTHS = {
    **dict.fromkeys("ijl.,:;'|! \u202f\u00a0", 0.28),
    **dict.fromkeys("frtI()[]-/", 0.34),
    **dict.fromkeys("mMwW@%…", 0.95),
}
"""Widths of characters by the size of the type, where they are far from the usual."""


@dataclass(slots=True, kw_only=True)
class Canvas:
    """Marks are drawn in the order in which their kinds were first put down; text comes last."""

    width: int = 720
    height: int
    _layers: dict[tuple[Any, ...], list[dict[str, Any]]] = field(default_factory=lambda: defaultdict(list))
    _texts: dict[tuple[Any, ...], list[dict[str, Any]]] = field(default_factory=lambda: defaultdict(list))
    _paths: int = 0

    def box(
        self, x: float, y: float, width: float, height: float, *, fill: str, stroke: str = "transparent"
    ) -> None:
        """A rectangle from its upper left corner."""
        ends = {"x": x, "x2": x + width, "y": y, "y2": y + height}
        self._layers["rect",].append({**ends, "fill": fill, "stroke": stroke})

    def line(self, points: Sequence[tuple[float, float]], *, stroke: str, width: float = 1) -> None:
        """A line through these points."""
        self._paths += 1
        self._layers["line", width].extend(
            {"x": x, "y": y, "order": place, "path": self._paths, "stroke": stroke}
            for place, (x, y) in enumerate(points)
        )

    def band(self, points: Sequence[tuple[float, float, float]], *, fill: str, opacity: float = 1) -> None:
        """What lies between two heights at each of these places."""
        self._paths += 1
        self._layers["area", opacity].extend(
            {"x": x, "y": top, "y2": bottom, "path": self._paths, "fill": fill} for x, top, bottom in points
        )

    def dot(
        self, x: float, y: float, *, size: float, fill: str, stroke: str = PAPER, shape: str = "circle"
    ) -> None:
        """A symbol of this many pixels across."""
        self._layers["point", shape, size].append({"x": x, "y": y, "fill": fill, "stroke": stroke})

    def text(
        self,
        x: float,
        y: float,
        text: str,
        *,
        size: int = 13,
        fill: str = INK,
        align: Align = "left",
        is_bold: bool = False,
    ) -> None:
        """A line of text, its middle at this height."""
        self._texts[align, size, is_bold].append({"x": x, "y": y, "text": text, "fill": fill})

    def spec(self) -> dict[str, Any]:
        """The Vega-Lite specification."""
        layers = [_layer(kind, rows, self) for kind, rows in self._layers.items()]
        layers += [_layer(("text", *style), rows, self) for style, rows in self._texts.items()]
        return {
            "width": self.width,
            "height": self.height,
            "padding": 0,
            "autosize": {"type": "none"},
            "background": PAPER,
            "view": {"stroke": None},
            "config": {"font": FONT, "aria": False},
            "layer": layers or [_layer(("rect",), [], self)],
        }


def lines_of(text: str, size: int, width: float) -> list[str]:
    """A text in as few lines as this width allows, none of them much shorter than the others.

    >>> lines_of("one two three four", 10, 80)
    ['one two', 'three four']
    """
    lines = _wrapped(text, size, width)
    for share in range(19, 9, -1):
        tried = _wrapped(text, size, width * share / 20)
        if len(tried) > len(lines):
            break
        lines = tried
    return lines


def shortened(text: str, size: int, width: float) -> str:
    """A text cut to this width, with an ellipsis where something is missing.

    >>> shortened("Endormis depuis longtemps", 10, 60)
    'Endormis…'
    """
    if width_of(text, size) <= width:
        return text
    while text and width_of(text + "…", size) > width:
        text = text[:-1].rstrip()
    return text + "…"


def width_of(text: str, size: int) -> float:
    """How wide a line of text is, about; never less than it is in the fonts that pictures ask for."""
    return size * sum(_WIDTHS.get(character, _other_width(character)) for character in text)


def _other_width(character: str) -> float:
    if ord(character) > 0x2E80:  # ideographs fill a square
        return 1.0
    return 0.72 if character.isupper() else 0.56


def _wrapped(text: str, size: int, width: float) -> list[str]:
    lines = [""]
    for word in text.split(" "):
        longer = f"{lines[-1]} {word}".strip()
        if lines[-1] and width_of(longer, size) > width:
            lines.append(shortened(word, size, width))
        else:
            lines[-1] = shortened(longer, size, width)
    return lines


def titled(canvas: Canvas, title: str, subtitle: str) -> Canvas:
    """The same sheet beneath its title and what stands below it, for a picture that goes out alone."""
    margin, size = 24, 19
    lines = lines_of(title, size, canvas.width)
    top = margin + 26 * len(lines) + 36
    sheet = Canvas(width=canvas.width + 2 * margin, height=canvas.height + top + margin)
    sheet._layers, sheet._texts = _moved(canvas._layers, margin, top), _moved(canvas._texts, margin, top)
    for place, line in enumerate(lines):
        sheet.text(margin, margin + 10 + 26 * place, line, size=size, is_bold=True)
    sheet.text(margin, margin + 26 * len(lines) + 8, subtitle, size=13, fill=FAINT)
    return sheet


def _moved(
    layers: dict[tuple[Any, ...], list[dict[str, Any]]], right: float, down: float
) -> dict[tuple[Any, ...], list[dict[str, Any]]]:
    by = {"x": right, "x2": right, "y": down, "y2": down}
    moved: dict[tuple[Any, ...], list[dict[str, Any]]] = defaultdict(list)
    for kind, rows in layers.items():
        moved[kind] = [
            {key: value + by[key] if key in by else value for key, value in row.items()} for row in rows
        ]
    return moved


def _layer(kind: tuple[Any, ...], rows: list[dict[str, Any]], sheet: Canvas) -> dict[str, Any]:
    marks: dict[str, dict[str, Any]] = {
        "rect": {"type": "rect", "strokeWidth": 1},
        "line": {"type": "line", "strokeWidth": kind[-1], "strokeJoin": "round"},
        "area": {"type": "area", "opacity": kind[-1]},
        "point": {"type": "point", "strokeWidth": 2, "opacity": 1},
        "text": {"type": "text", "baseline": "middle"},
    }
    mark = dict(marks[kind[0]])
    if kind[0] == "point":
        mark |= {"shape": kind[1], "size": kind[2] ** 2}
    if kind[0] == "text":
        mark |= {"align": kind[1], "fontSize": kind[2], "fontWeight": "bold" if kind[3] else "normal"}
    encoding: dict[str, Any] = {
        "x": _place("x", sheet.width, is_down=False),
        "y": _place("y", sheet.height, is_down=True),
    }
    first = rows[0] if rows else {}
    for channel in ("x2", "y2"):
        if channel in first:
            encoding[channel] = {"field": channel}
    for channel in ("fill", "stroke"):
        if channel in first:
            encoding[channel] = {"field": channel, "type": "nominal", "scale": None}
    if "text" in first:
        encoding["text"] = {"field": "text", "type": "nominal"}
    if "path" in first:
        encoding["detail"] = {"field": "path", "type": "nominal"}
    if "order" in first:
        encoding["order"] = {"field": "order", "type": "quantitative"}
    return {"data": {"values": rows}, "mark": mark, "encoding": encoding}


def _place(name: str, length: int, *, is_down: bool) -> dict[str, Any]:
    scale = {"domain": [0, length], "nice": False, "zero": False, "reverse": is_down}
    return {"field": name, "type": "quantitative", "axis": None, "scale": scale}
