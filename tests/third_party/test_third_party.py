"""A package of somebody else's, installed by pip into an environment of its own, all the way to its CRM."""

from __future__ import annotations

import hashlib
import json
import os
import site
import subprocess
import sys
import sysconfig
import venv
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

DISTRIBUTION = Path(__file__).parent / "guild-crm"
ROOT = Path(__file__).resolve().parents[2]
CONFIG = """
[workspace]
root_key = "file:root.key"

[clock]
at = 2026-06-15T12:00:00Z

[plugins]
allow = [{allow}]

[connections.guild]
connector = "guild"
sandbox = "hall"
key = "file:hall/key"
calls_per_second = 1000

[connections.ledger]
connector = "files"
contacts = {{ path = "ledger.csv", columns = {{ id = "card", email = "email" }} }}

[purchases]
from = ["guild"]

[controller]
name = "Guild"
country = "FR"

[[purpose]]
id = "segmentation"
basis = ["legitimate_interest"]
assessment = "file:assessment.md"

[[purpose]]
id = "email_marketing"
basis = ["consent"]
channel = "email"
authorities = ["guild"]

[[segment_set]]
name = "rfm5"
purpose = "segmentation"
method = "rfm"

[[destination]]
name = "hall"
to = "guild"
sets = ["rfm5"]
purpose = "email_marketing"
channel = "email"
transfer = "adequacy"
"""

PROGRAM = """
import contextlib, io, json, shlex, sys
from consentric.app.cli import run
told = []
for command in sys.argv[1:]:
    with contextlib.redirect_stdout(io.StringIO()) as said, contextlib.redirect_stderr(said):
        told.append((run(shlex.split(command)), said.getvalue()))
print(json.dumps(told))
"""


@dataclass(frozen=True, slots=True)
class Machine:
    """An environment with our packages and theirs, and a workspace."""

    python: Path
    folder: Path

    def run(self, *commands: str, expect: int = 0) -> list[str]:
        """What commands print, one after the other in one process; the last one ends with `expect`."""
        environment = {k: v for k, v in os.environ.items() if k not in ("PYTHONPATH", "PYTHONHOME")}
        command = [str(self.python), "-c", PROGRAM, *commands]
        done = subprocess.run(command, cwd=self.folder, env=environment, capture_output=True, text=True)
        assert "Traceback" not in done.stdout + done.stderr, done.stdout + done.stderr
        outputs: list[tuple[int, str]] = json.loads(done.stdout.splitlines()[-1])
        assert [code for code, _ in outputs] == [*[0] * (len(commands) - 1), expect], outputs
        return [text for _, text in outputs]

    def allow(self, *entries: str) -> None:
        (self.folder / "config.toml").write_text(CONFIG.format(allow=", ".join(entries)), encoding="utf-8")
        (self.folder / "config.toml").chmod(0o600)

    def books(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads((self.folder / "hall" / "books.json").read_text())
        return found


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A throw-away environment: our packages from here, theirs by pip from its folder and nowhere else."""
    folder = tmp_path_factory.mktemp("theirs") / "env"
    venv.create(folder, with_pip=False)
    python = folder / "bin" / "python"
    purelib = Path(sysconfig.get_path("purelib", vars={"base": str(folder)}))
    ours = [
        *site.getsitepackages(),
        *(str(ROOT / one) for one in ("core", "privacy", "connectors", "plugins")),
    ]
    (purelib / "ours.pth").write_text("\n".join(ours), encoding="utf-8")
    pip = [sys.executable, "-m", "pip", "--python", str(python), "--disable-pip-version-check", "install"]
    offline = ["--quiet", "--no-index", "--no-deps", "--no-build-isolation", "--no-compile"]
    done = subprocess.run([*pip, *offline, str(DISTRIBUTION)], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return python


@pytest.fixture
def machine(environment: Path, tmp_path: Path) -> Machine:
    tmp_path.chmod(0o700)
    (tmp_path / "hall").mkdir(mode=0o700)
    private = {
        "root.key": hashlib.sha256(b"third party").hexdigest(),
        "assessment.md": "The interest prevails (invented, for tests).\n",
        "hall/key": "key-of-the-hall\n",
        "hall/books.json": json.dumps(books()),
        "ledger.csv": "card,email\nc1,member-1@guild.example\n",
    }
    for name, text in private.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
        (tmp_path / name).chmod(0o600)
    return Machine(environment, tmp_path)


def books() -> dict[str, Any]:
    """Twelve members who bought between once and six times; the last two never said yes to the gazette."""
    said = {"paper": "gazette", "state": "granted", "notice": "n1", "at": "2026-01-05T09:00:00+00:00"}
    members = [
        {"id": f"g{n}", "email": f"member-{n}@guild.example", "joined": "2025-01-01T00:00:00+00:00",
         "letters": [said] if n <= 10 else [], "left": False, "change": n}
        for n in range(1, 13)
    ]  # fmt: skip
    purchases = [
        {"id": f"b{n}-{k}", "member": f"g{n}", "at": f"2026-0{k + 1 if n % 2 else 1}-1{k}T10:00:00+00:00",
         "total": f"{10 * n}.50", "change": 20 + n}
        for n in range(1, 13)
        for k in range(n // 2)
    ]  # fmt: skip
    return {"change": 40, "members": members, "purchases": purchases, "badges": {}, "worn": []}


def test_the_whole_way_from_a_config_file_to_their_crm(machine: Machine) -> None:
    machine.allow('"guild"')
    *_, read, _, planned = machine.run(
        "records lia --sign assessment.md --by tests", "pull --json", "segment", "plan --json"
    )
    counts = {one["connection"]: one["streams"][0]["counts"]["contacts"] for one in json.loads(read)["pulls"]}
    assert counts == {"guild": 12, "ledger": 1}
    [plan] = json.loads(planned)["plans"]
    *_, motto = machine.run(f"approve {plan['plan']} --reason 'looked at'", f"apply {plan['plan']}", "guild")
    assert motto == "By hammer and hand\n"

    found = machine.books()
    assert sorted({member for _, member in found["worn"]}) == sorted(f"g{n}" for n in range(2, 11))
    assert all(badge.startswith("consentric_rfm5.") for badge, _ in found["worn"])
    assert found["members"] == books()["members"]
    diary = (machine.folder / "diary.txt").read_text(encoding="utf-8")
    assert [line.split()[:2] for line in diary.splitlines()] == [
        ["pull", "done"], ["segment", "done"], ["plan", "done"], ["apply", "done"],
    ]  # fmt: skip


def test_a_watcher_that_raises_is_named_and_undoes_nothing(machine: Machine) -> None:
    machine.allow('"guild"')
    (machine.folder / "bad-day").touch()
    [output] = machine.run("pull")
    assert 'warning: plugin "guild": run_finished: it raised RuntimeError (plugin.py:' in output
    assert "ink" not in output
    assert "12 contacts" in output


def test_a_pinned_plugin_loads_until_its_files_change(machine: Machine) -> None:
    machine.allow()
    listed, checked = machine.run("plugins list", "config check", expect=2)
    assert "not allowed" in listed
    assert 'connector "guild" is installed but may not load' in checked
    _, listed, _, pulled = machine.run("plugins trust guild", "plugins list --load", "config check", "pull")
    assert "allowed and pinned, loaded" in listed
    assert "12 contacts" in pulled
    with changed(machine, "desk.py", b"\n# changed\n"):
        [output] = machine.run("pull", expect=2)
        assert 'error[CS250]: plugin "guild" is not the one that was trusted' in output
        assert "its files are not those that were trusted" in output
        *_, listed = machine.run("plugins trust guild", "plugins list --load")
        assert "allowed and pinned, loaded" in listed


def test_a_plugin_that_breaks_at_import_is_named(machine: Machine) -> None:
    machine.allow('"guild"')
    with changed(machine, "plugin.py", b"\nraise RuntimeError('not today')\n"):
        [output] = machine.run("pull", expect=3)
        assert (
            'connector "guild" cannot be used: plugin "guild": it raised RuntimeError (plugin.py:' in output
        )
        [checked] = machine.run("plugins check guild", expect=5)
        assert "it raised RuntimeError (plugin.py:" in checked
        assert "not today" not in output + checked


@contextmanager
def changed(machine: Machine, name: str, more: bytes) -> Iterator[None]:
    """Somebody edits a file of the installed package, and takes it back."""
    [file] = machine.python.parent.parent.glob(f"lib/*/site-packages/guild_crm/{name}")
    before = file.read_bytes()
    file.write_bytes(before + more)
    yield
    file.write_bytes(before)
