"""Text of the systemd units and the crontab that call both jobs; computes only, writes nothing."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from .timetable import JobName, Timetable

NAME = "consentric"
_DESCRIPTIONS = {
    "sync": "the whole way, every night",
    "consents": "what people forbade, every hour",
}
_SPREAD = {"sync": "10min", "consents": "3min"}
# 3: done, but something was left over. The hourly job may meet the nightly one at work (6), which does
# its part meanwhile.
_SUCCESS = {"sync": "3", "consents": "3 6"}

_HARDENED = """\
UMask=0077
NoNewPrivileges=yes
PrivateTmp=yes
ProtectSystem=strict
ProtectHome=read-only
{writable}
RestrictSUIDSGID=yes
RestrictRealtime=yes
LockPersonality=yes
RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6 AF_NETLINK
SystemCallArchitectures=native
SystemCallFilter=@system-service
LimitCORE=0
"""
# What a user's own service manager may not do.
_HARDENED_AS_SYSTEM = """\
PrivateDevices=yes
ProtectClock=yes
ProtectControlGroups=yes
ProtectHostname=yes
ProtectKernelLogs=yes
ProtectKernelModules=yes
ProtectKernelTunables=yes
RestrictNamespaces=yes
CapabilityBoundingSet=
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """What the units say of this workspace and this machine."""

    program: tuple[str, ...]
    """How a unit starts us: an absolute path, and what comes before the verb."""
    config: Path
    """Absolute."""
    writable: tuple[Path, ...]
    """Folders a run writes to: the workspace, and those of pretend CRMs."""
    secrets: tuple[str, ...] = ()
    """Names of the variables that the configuration refers to as `env:NAME`."""
    user: str | None = None
    """Whom a system service runs as; None for a unit of a user's own manager."""


def unit_files(service: Service, timetable: Timetable) -> dict[str, str]:
    """File name to text: a service and a timer per job, and the unit that tells of a failure."""
    files: dict[str, str] = {}
    for job in timetable.jobs:
        files[f"{NAME}-{job}.service"] = _service(service, job)
        files[f"{NAME}-{job}.timer"] = _timer(timetable, job)
    files[f"{NAME}-failed@.service"] = _failed(service)
    return files


def crontab(service: Service, timetable: Timetable) -> str:
    """Lines for a crontab; they run as its owner, with nobody's variables."""
    command = " ".join(_for_shell(word) for word in _words(service))
    lines = [f"CRON_TZ={timetable.zone.key}"]
    for job in timetable.jobs:
        when = f"{timetable.minute} * * * *"
        if job == "sync" and timetable.sync is not None:
            when = f"{int(timetable.sync[3:])} {int(timetable.sync[:2])} * * *"
        lines.append(" ".join((f"{when} ", command, *_verb(job), "--quiet")))
    return "\n".join([*_REMARKS_OF_CRON, *lines]) + "\n"


_REMARKS_OF_CRON = (
    "# CRON_TZ is known to cronie (Red Hat, Arch); the cron of Debian counts in the zone of the machine.",
    "# Cron does not make up for a run that the machine slept through, and gives no secrets: name them",
    "# with file: in the configuration. consentric status and [notify] ping tell of runs that are missing.",
)


def calendar(timetable: Timetable, job: JobName) -> str:
    """When a job is due, as `OnCalendar=` says it."""
    if job == "sync":
        return f"*-*-* {timetable.sync}:00 {timetable.zone.key}"
    return f"*-*-* *:{timetable.minute:02}:00 UTC"


def _service(service: Service, job: JobName) -> str:
    command = " ".join(_for_unit(word) for word in (*_words(service), *_verb(job), "--quiet"))
    return (
        f"[Unit]\nDescription=consentric: {_DESCRIPTIONS[job]}\n"
        "Wants=network-online.target\nAfter=network-online.target\n"
        f"OnFailure={NAME}-failed@{job}.service\n"
        f"\n[Service]\nType=oneshot\n{_common(service)}"
        f"ExecStart={command}\n"
        # A stop lets the batch in flight end, at most 20 seconds.
        f"TimeoutStopSec=30\nSuccessExitStatus={_SUCCESS[job]}\nNice=5\n"
    )


def _timer(timetable: Timetable, job: JobName) -> str:
    return (
        f"[Unit]\nDescription=consentric: {_DESCRIPTIONS[job]}\n"
        f"\n[Timer]\nOnCalendar={calendar(timetable, job)}\n"
        f"RandomizedDelaySec={_SPREAD[job]}\nPersistent=true\n"
        "\n[Install]\nWantedBy=timers.target\n"
    )


def _failed(service: Service) -> str:
    command = " ".join(_for_unit(word) for word in (*_words(service), "schedule", "failed"))
    return (
        "[Unit]\nDescription=consentric: tell that %i failed\n"
        f"\n[Service]\nType=oneshot\n{_common(service)}ExecStart={command} %i\n"
    )


def _common(service: Service) -> str:
    """Who it runs as, with which secrets, and what it may touch."""
    lines = [] if service.user is None else [f"User={service.user}"]
    lines.append(f"WorkingDirectory={_plain(str(service.config.parent))}")
    # %E is /etc of the system, ~/.config of a user: the secrets are neither in the unit nor in the workspace.
    lines += [f"LoadCredential={name}:%E/{NAME}/{name}" for name in service.secrets]
    writable = "ReadWritePaths=" + " ".join(_for_unit(str(path)) for path in service.writable)
    hardened = _HARDENED.format(writable=writable)
    # A user's own manager can shut folders off only within a namespace of users.
    hardened += "PrivateUsers=yes\n" if service.user is None else _HARDENED_AS_SYSTEM
    return "".join(f"{line}\n" for line in lines) + hardened


def _verb(job: JobName) -> Sequence[str]:
    return ("sync",) if job == "sync" else ("sync", job)


def _words(service: Service) -> Sequence[str]:
    return (*service.program, "--config", str(service.config))


def _for_unit(word: str) -> str:
    """One word of a command line of systemd: its specifiers and variables stand for themselves."""
    plain = _plain(word).replace("$", "$$")
    if re.fullmatch(r"[\w/.,:@%+=-]+", plain):
        return plain
    return '"' + plain.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _plain(text: str) -> str:
    return text.replace("%", "%%")


def _for_shell(word: str) -> str:
    """One word of a crontab line, where a per cent sign ends the command unless it is escaped."""
    quoted = word if re.fullmatch(r"[\w/.,:@+=-]+", word) else "'" + word.replace("'", "'\\''") + "'"
    return quoted.replace("%", "\\%")


def secrets_of(values: Mapping[str, object]) -> tuple[str, ...]:
    """Names of the variables that a configuration refers to, each once, in order.

    >>> secrets_of({"hubspot": {"token": "env:HUBSPOT_TOKEN"}, "notify": {"ping": "env:PING"}})
    ('HUBSPOT_TOKEN', 'PING')
    """
    found: dict[str, None] = {}

    def walk(value: object) -> None:
        if isinstance(value, str) and value.startswith("env:"):
            found[value.removeprefix("env:")] = None
        elif isinstance(value, Mapping):
            for inner in value.values():
                walk(inner)
        elif isinstance(value, list | tuple):
            for inner in value:
                walk(inner)

    walk(values)
    return tuple(sorted(found))
