"""The report as one page that needs nothing else: no script, nothing from outside, read by eye and by ear."""

from __future__ import annotations

from html import escape

from .drawing import svg_of
from .picture import Cell, Picture, Table
from .report import Report
from .words import Words

_STYLE = """
:root { color-scheme: light; }
* { box-sizing: border-box; }
body { margin: 0; background: #fff; color: #1b1f23; }
body { font: 16px/1.5 Arial, "Liberation Sans", Helvetica, sans-serif; }
main, header, footer { max-width: 1180px; margin: 0 auto; padding: 0 24px; }
header { padding-top: 32px; border-bottom: 1px solid #c9ced3; padding-bottom: 16px; }
h1 { font-size: 26px; margin: 0; overflow-wrap: anywhere; }
h2 { font-size: 21px; line-height: 1.3; margin: 2px 0; overflow-wrap: anywhere; max-width: 46em; }
.kind { color: #5b6168; font-size: 14px; margin: 0; }
.period, .note, .about { color: #5b6168; font-size: 14px; margin: 0; max-width: 60em; }
nav ol { columns: 2; margin: 12px 0 0; padding-left: 22px; font-size: 15px; }
nav a { color: #0059a0; }
section { padding: 28px 0 20px; border-bottom: 1px solid #eef0f2; break-inside: avoid; }
.body { display: grid; grid-template-columns: minmax(0, 7fr) minmax(0, 5fr); gap: 16px 32px; }
.body { margin-top: 14px; align-items: start; }
.body.wide { grid-template-columns: minmax(0, 1fr); }
figure { margin: 0; }
svg { width: 100%; max-width: 760px; height: auto; display: block; }
.table { overflow-x: auto; }
table { border-collapse: collapse; font-size: 13px; width: 100%; }
caption { text-align: left; color: #5b6168; padding-bottom: 4px; }
th, td { padding: 3px 10px 3px 0; border-bottom: 1px solid #eef0f2; overflow-wrap: break-word; }
th, td { text-align: left; vertical-align: top; }
th { font-weight: bold; }
.number { text-align: right; white-space: nowrap; font-variant-numeric: tabular-nums; }
.note { margin-top: 10px; }
.empty { border: 1px dashed #8a8f94; padding: 28px; color: #5b6168; margin: 14px 0 0; }
footer { padding: 20px 24px 40px; }
@media (max-width: 860px) { .body { grid-template-columns: minmax(0, 1fr); } nav ol { columns: 1; } }
@media print {
  @page { margin: 14mm; }
  body { font-size: 12px; }
  main, header, footer { max-width: none; padding: 0; }
  nav { display: none; }
  .body { grid-template-columns: minmax(0, 1fr); }
  svg { max-width: 165mm; }
  table { font-size: 10px; }
}
"""
_POLICY = "default-src 'none'; style-src 'unsafe-inline'"
_WIDE_FROM = 7
"""Tables with so many columns stand below their picture."""


def html_page(report: Report) -> str:
    """The whole page; every text in it is escaped.

    Raises:
        ConfigError: The extra `report` is not installed.
    """
    words = Words(report.lang)
    title = words("Segments report", "Rapport sur les segments")
    whose = f"{title} · {report.controller}" if report.controller else title
    links = "".join(f'<li><a href="#{one.name}">{escape(one.kind)}</a></li>' for one in report.pictures)
    sections = "".join(_section(one) for one in report.pictures)
    return (
        f'<!DOCTYPE html>\n<html lang="{report.lang}">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="referrer" content="no-referrer">\n'
        f"<title>{escape(whose)}</title>\n<style>{_STYLE}</style>\n</head>\n<body>\n"
        f'<header><h1>{escape(whose)}</h1><p class="about">{escape(_about(report, words))}</p>'
        f'<nav aria-label="{escape(words("Contents", "Sommaire"))}"><ol>{links}</ol></nav></header>\n'
        f"<main>{sections}</main>\n"
        f'<footer><p class="about">{escape(_small_counts(report, words))}</p></footer>\n'
        "</body>\n</html>\n"
    )


def _about(report: Report, words: Words) -> str:
    made = words.day(report.made_on)
    text = words(f"Made on {made}", f"Établi le {made}")
    if report.day is not None:
        day = words.day(report.day)
        text += words(f", from data up to {day}", f", à partir des données jusqu'au {day}")
    return text + words(
        ". People are counted, nobody is named.", ". Des personnes sont comptées, aucune n'est nommée."
    )


def _small_counts(report: Report, words: Words) -> str:
    return words(
        f"A dash stands for a count under {report.min_cell}, or for one that would reveal such a count.",
        f"Un tiret remplace un effectif inférieur à {report.min_cell}, ou qui en révélerait un.",
    )


def _section(picture: Picture) -> str:
    head = (
        f'<section id="{picture.name}" aria-labelledby="{picture.name}-h">'
        f'<p class="kind">{escape(picture.kind)}</p>'
        f'<h2 id="{picture.name}-h">{escape(picture.finding)}</h2>'
        f'<p class="period">{escape(picture.period)}</p>'
    )
    if picture.canvas is None:
        return f'{head}<p class="empty">{escape(picture.finding)}</p></section>'
    wide = " wide" if len(picture.table.head) >= _WIDE_FROM else ""
    note = f'<p class="note">{escape(picture.note)}</p>' if picture.note else ""
    return (
        f'{head}<div class="body{wide}"><figure>{svg_of(picture)}</figure>'
        f'<div class="table">{_table(picture.table, picture.kind)}{note}</div></div></section>'
    )


def _table(table: Table, caption: str) -> str:
    numeric = [all(_is_number(row[place]) for row in table.rows) for place in range(len(table.head))]
    head = "".join(
        f'<th scope="col"{_class(number)}>{escape(name)}</th>'
        for name, number in zip(table.head, numeric, strict=True)
    )
    rows = "".join(f"<tr>{_row(row, numeric)}</tr>" for row in table.rows)
    top = f"<caption>{escape(caption)}</caption><thead><tr>{head}</tr></thead>"
    return f"<table>{top}<tbody>{rows}</tbody></table>"


def _row(row: tuple[Cell, ...], numeric: list[bool]) -> str:
    words = Words("en")
    texts = [cell if isinstance(cell, str) else words.count(cell) for cell in row]
    return "".join(
        f"<td{_class(number)}>{escape(text)}</td>" for text, number in zip(texts, numeric, strict=True)
    )


def _class(is_number: bool) -> str:
    return ' class="number"' if is_number else ""


def _is_number(cell: Cell) -> bool:
    return not isinstance(cell, str) or cell[:1].isdigit() or cell == "–"
