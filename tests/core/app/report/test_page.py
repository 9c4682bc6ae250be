"""The page stands alone, runs nothing, and cannot be broken by a name."""

from __future__ import annotations

import json
import re
import stat
import sys
from html.parser import HTMLParser
from pathlib import Path

import pytest

from consentric.app import cli
from consentric.app.report.page import html_page

from .house import House

DRAWN = ("grid", "sizes", "moves", "engagement", "funnel")
HOSTILE = "<script>alert(1)</script>\"'><img src=x onerror=alert(2)> ]]> & {{7*7}} \u202eevil\u0007"


class Page(HTMLParser):
    """Every element and every attribute of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str]] = []
        self.texts: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [(name, value or "") for name, value in attrs]

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


def assert_stands_alone(text: str) -> Page:
    page = Page(text)
    assert not {"script", "link", "img", "iframe", "object", "embed", "image", "use", "form", "base"} & set(
        page.tags
    )
    assert [name for name, _ in page.attributes if name.startswith("on")] == []
    links = [value for name, value in page.attributes if name in ("href", "xlink:href", "src", "action")]
    assert all(link.startswith("#") for link in links)
    outside = set(re.findall(r"[a-z]+://[^\s\"'<]*", text))
    assert outside <= {"http://www.w3.org/2000/svg"}
    assert "@import" not in text
    assert "url(" not in text
    assert ("content", "default-src 'none'; style-src 'unsafe-inline'") in page.attributes
    return page


@pytest.mark.parametrize("lang", ["en", "fr"])
def test_the_page_needs_nothing_else_and_runs_nothing(lang: str, full_house: House) -> None:
    text = html_page(full_house.report("fr" if lang == "fr" else "en"))
    page = assert_stands_alone(text)
    assert ("lang", lang) in page.attributes
    assert page.tags.count("svg") == 5  # nothing ever ran here, so there is no timeline
    assert page.tags.count("caption") == 5
    assert ("Rapport sur les segments · Épicerie SAS" in text) == (lang == "fr")
    ids = [value for name, value in page.attributes if name == "id"]
    assert len(ids) == len(set(ids))


def test_no_small_count_is_anywhere_on_the_page(full_house: House) -> None:
    text = html_page(full_house.report("en"))
    sizes = "".join(Page(text.split('<section id="sizes"')[1].split("</section>")[0]).texts)
    assert "40" in sizes
    assert re.search(r"(?<!\d)(3|5|12|13)(?!\d)", re.sub(r"\d+ (\w+ 2026|Oct|Sep|Nov)", "", sizes)) is None


def test_a_hostile_name_is_only_text(house: House) -> None:
    house.titles = {key: f"{HOSTILE} {key}" for key in ("champions", "loyal", "new", "at_risk", "dormant")}
    house.controller = "</title><script>alert(3)</script>"
    house.publish()
    for lang in ("en", "fr"):
        text = html_page(house.report("fr" if lang == "fr" else "en"))
        page = assert_stands_alone(text)
        assert any("<script>alert(1)</script>" in shown for shown in page.texts)
        assert any("</title><script>alert(3)" in shown for shown in page.texts)
        assert "\u202e" not in text
        assert "\u0007" not in text


def test_a_long_name_is_whole_in_the_table_and_cut_in_the_picture(house: House) -> None:
    long = "Clientes et clients fidèles depuis longtemps qui n'ont rien acheté cet automne"
    house.titles = {"champions": long, "loyal": "L", "new": "N", "at_risk": "A", "dormant": "D"}
    house.publish()
    text = html_page(house.report("fr"))
    assert f'<th scope="col" class="number">{long.replace(chr(39), "&#x27;")}</th>' in text
    assert re.search(r">Clientes et clients [^<]*…</text>", text) is not None


def test_before_the_first_run_every_picture_says_what_is_missing(house: House) -> None:
    house.publish(is_empty=True)
    for lang in ("en", "fr"):
        report = house.report("fr" if lang == "fr" else "en")
        assert [one.name for one in report.pictures if one.canvas is not None] == []
        page = assert_stands_alone(html_page(report))
        assert "svg" not in page.tags
        assert page.tags.count("section") == 6


def test_after_a_single_run_there_is_no_movement_yet(house: House) -> None:
    house.publish()
    import duckdb

    with duckdb.connect(str(house.folder / "analytics" / "snapshot.duckdb")) as connection:
        connection.execute("DELETE FROM segment_run WHERE run < '2026-11'")
    pictures = {one.name: one for one in house.report("en").pictures}
    assert pictures["moves"].canvas is None
    assert pictures["moves"].finding == "Movement shows from the second run on"
    assert (
        pictures["sizes"].finding.replace("\u202f", " ") == "Largest segment: Champions, 40 % of 100 people"
    )


def test_without_anything_published_the_command_says_what_to_do(
    house: House, capsys: pytest.CaptureFixture[str]
) -> None:
    house.write_config()
    assert cli.run(["-c", str(house.config), "report"]) == 5
    assert "error[CS514]: no segment was computed yet" in capsys.readouterr().err


def test_the_command_writes_files_for_their_owner_alone(
    house: House, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    house.publish()
    page, folder = tmp_path / "r.html", tmp_path / "pictures"
    arguments = ["-c", str(house.config), "--json", "report", "--html", str(page), "--png", str(folder)]
    assert cli.run(arguments) == 0
    said = json.loads(capsys.readouterr().out)
    assert said["schema"] == "consentric.report/1"
    assert [one["name"] for one in said["pictures"]] == [*DRAWN, "timeline"]
    assert said["files"] == [str(page), *(str(folder / f"{n}.png") for n in DRAWN)]
    assert (folder / "grid.png").read_bytes().startswith(b"\x89PNG")
    assert (folder / "sizes.csv").read_text().splitlines()[-1] == "15 November 2026,40,30,–,–,15"
    assert {stat.S_IMODE(path.stat().st_mode) for path in (page, *folder.iterdir())} == {0o600}


def test_neither_key_nor_vault_is_needed(house: House, capsys: pytest.CaptureFixture[str]) -> None:
    house.publish()
    assert cli.run(["-c", str(house.config), "report"]) == 0
    before = capsys.readouterr().out
    for name in ("people.sqlite", "deks.sqlite", "keyset.json"):
        assert not (house.folder / name).exists()
        (house.folder / name).write_bytes(b"unreadable")
        (house.folder / name).chmod(0o000)
    assert cli.run(["-c", str(house.config), "report"]) == 0
    assert capsys.readouterr().out == before


def test_without_the_extra_the_text_is_there_and_the_page_says_how_to_get_it(
    house: House, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    house.publish()
    monkeypatch.setitem(sys.modules, "vl_convert", None)
    assert cli.run(["-c", str(house.config), "report"]) == 0
    assert cli.run(["-c", str(house.config), "report", "--html", str(tmp_path / "r.html")]) == 2
    said = capsys.readouterr().err
    assert "error[CS284]" in said
    assert "pip install 'consentric[report]'" in said
    assert not (tmp_path / "r.html").exists()


def test_a_page_is_not_written_into_nowhere(
    house: House, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    house.publish()
    assert cli.run(["-c", str(house.config), "report", "--html", str(tmp_path / "no" / "r.html")]) == 2
    assert "error[CS286]" in capsys.readouterr().err


def test_a_group_in_which_somebody_could_be_found_is_a_warning(
    full_house: House, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.run(["-c", str(full_house.config), "report", "--risk"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[2].split() == ["department", "2", "3", "1", "3"]
    assert lines[3].startswith("! groups of fewer than 5")
    assert "2A" not in "".join(lines)
