"""Writes a small package around a plugin of one's own, with tests that pass at once."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

from consentric.sdk.errors import ConfigError

from .plugin_loading import NAME

_EXAMPLE = ("acme-till", "acme_till", "AcmeTill", "ACME_TILL")
"""The name in the templates: of the distribution, the module, the classes, the variable of the token."""


def package_files(name: str, *, has_writer: bool) -> dict[str, str]:
    """Path to text of every file of a package.

    >>> sorted(package_files("acme-till", has_writer=False))[-1]
    'tests/test_connector.py'
    """
    module = name.replace("-", "_")
    templates = {
        "pyproject.toml": "pyproject.toml",
        "README.md": "README.md",
        f"{module}/plugin.py": "plugin_with_writer.py" if has_writer else "plugin.py",
        f"{module}/client.py": "client.py",
        f"{module}/connector.py": "connector.py",
        "tests/pretend_service.py": "pretend_service.py",
        "tests/test_connector.py": "test_connector.py",
    }
    if has_writer:
        templates |= {f"{module}/writer.py": "writer.py", "tests/test_writer.py": "test_writer.py"}
    empty = {f"{module}/__init__.py": "", f"{module}/py.typed": ""}
    return empty | {path: _filled(template, name) for path, template in templates.items()}


def write_package(name: str, folder: Path, *, has_writer: bool) -> list[str]:
    """Writes the files into a folder that is empty or not there yet; gives their paths.

    Raises:
        ConfigError: The name is none, or something is in the folder.
    """
    if not NAME.fullmatch(name) or name.endswith(("-", "_")):
        raise _refused(f'"{name}" is no name for a plugin', "small letters, digits, - and _, as  acme-till")
    if folder.exists() and any(folder.iterdir()):
        raise _refused(f"{folder.name} is not empty", "name another folder with --out")
    written = package_files(name, has_writer=has_writer)
    for path, text in written.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text, encoding="utf-8")
    return sorted(written)


def _filled(template: str, name: str) -> str:
    text = (files(__package__) / "plugin_template_files" / f"{template}.txt").read_text(encoding="utf-8")
    module = name.replace("-", "_")
    words = [word for word in module.split("_") if word]
    own = (name, module, "".join(word.capitalize() for word in words), module.upper())
    for example, mine in zip(_EXAMPLE, own, strict=True):
        text = text.replace(example, mine)
    return text


def _refused(message: str, hint: str) -> ConfigError:
    return ConfigError(message, hint=hint, happened="nothing was written.", code="CS254")
