"""Checks everything a run rests on, each finding with its fix; reads only."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Literal

from consentric.control.runs import list_runs
from consentric.sdk.contracts import Connector
from consentric.sdk.errors import ConfigError, ConsentricError
from consentric.segments.assembly import assemble
from consentric_privacy.assessment import assessment_is_signed
from consentric_privacy.people import PeopleStore

from .config import Config, lacking_in, load_config
from .control_reading import existing_control
from .evidence import claims_in
from .lock import network_file_system
from .messages import unknown_name
from .places import ANALYTICS_FOLDER, KEYSET_FILE, PEOPLE_FILE
from .propagation import late_since, measured_runs
from .reviews import overdue_reviews
from .status import status_of
from .store_modes import readable_by_others
from .timetable import Timetable

State = Literal["ok", "warning", "failed"]
OpenConnector = Callable[[Config, str], AbstractContextManager[Connector]]

FREE_BYTES = 1_000_000_000
"""Below it a first pull of a large account may not fit."""
CLOCK_TOLERANCE = timedelta(minutes=5)
DOUBLES_FROM = 5
"""Fewer purchases alike in two sources may be the habit of one person."""
DOUBLES_PERCENT = 1.0
"""Of the smaller source. Chance alone stays below: somebody who buys every fortnight in both, one time in
twenty for the same amount, does so on the same day in 24 / 365 / 20 = 0.3 % of the purchases. A source that
mirrors another is far above."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One thing looked at; `fix` is the next command or edit when it is not in order."""

    name: str
    state: State
    finding: str
    fix: str = ""

    def as_json(self) -> dict[str, Any]:
        """Plain values for `--json`."""
        return asdict(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class Examination:
    """What the checks need beside the configuration."""

    config: Config
    now: datetime
    open_connector: OpenConnector
    mounts: Path = Path("/proc/self/mounts")


def examine(
    path: Path, *, now: datetime, open_connector: OpenConnector, only: str | None = None
) -> list[Check]:
    """Looks at everything, or at one check or connection by name.

    Asks each CRM who we are, which is the only use of the network; changes nothing.

    Args:
        path: The configuration; when it has faults, nothing else can be looked at.
        now: The time that runs are compared with.
        open_connector: Opens the connector of a connection.
        only: Name of a check or of a connection.

    Raises:
        ConfigError: When `only` names nothing.
    """
    try:
        config = load_config(path)
    except ConfigError as error:
        first = error.faults[0] if error.faults else error
        finding = f"{error.message}; the first: {first.message}"
        return [Check(name="config", state="failed", finding=finding, fix="consentric config check")]
    pinned = config.settings.clock
    examination = Examination(
        config=config, now=pinned.at if pinned is not None else now, open_connector=open_connector
    )
    connections = list(config.settings.connections)
    known = ["config", *_CHECKS, *connections]
    if only is not None and only not in known:
        raise unknown_name("check or connection", only, known)
    checks = []
    if only in (None, "config"):
        checks.append(_config(config))
    for name, check in _CHECKS.items():
        if only in (None, name):
            checks += list(check(examination))
    for name in connections:
        if only in (None, name):
            checks.append(_connection(examination, name))
    return checks


def _config(config: Config) -> Check:
    """As `config check` says it."""
    lacking, files = lacking_in(config), ", ".join(config.document.files)
    if not lacking:
        return Check(name="config", state="ok", finding=f"{files}: no fault")
    finding = f"{files}: {len(lacking)} to mend; the first: {lacking[0].message}"
    return Check(name="config", state="failed", finding=finding, fix="consentric config check")


def _modes(examination: Examination) -> Iterator[Check]:
    group = examination.config.settings.workspace.analytics_group
    open_paths = readable_by_others(examination.config.folder, analytics_group=group)
    for path in open_paths:
        wanted = "700" if path.is_dir() else "600"
        finding = f"{path} can be read by other users of this machine"
        yield Check(name="modes", state="failed", finding=finding, fix=f"chmod {wanted} {path}")
    if not open_paths:
        yield Check(name="modes", state="ok", finding="stores are readable by their owner only")


def _keys(examination: Examination) -> Iterator[Check]:
    from consentric_privacy.keyset import Keyset, read_root_key

    config = examination.config
    reference = config.settings.workspace.root_key
    keyset = config.folder / KEYSET_FILE
    try:
        root = read_root_key(reference, base=config.folder)
        if keyset.exists():
            Keyset.load(keyset, root)
    except ConsentricError as error:
        yield Check(name="keys", state="failed", finding=error.message, fix=error.hint)
        return
    state = "it opens the keyset" if keyset.exists() else "the first pull will make the keyset"
    yield Check(name="keys", state="ok", finding=f"root key found ({reference.partition(':')[0]}); {state}")


def _plugins(examination: Examination) -> Iterator[Check]:
    plugins = examination.config.plugins.load_all()
    broken = [plugin for plugin in plugins if plugin.state in ("failed", "refused")]
    for plugin in broken:
        finding = f'plugin "{plugin.name}" ({plugin.distribution}) {plugin.state}: {plugin.reason}'
        fix = f"mend or uninstall {plugin.distribution}"
        yield Check(name="plugins", state="failed", finding=finding, fix=fix)
    if not broken:
        loaded = ", ".join(plugin.name for plugin in plugins if plugin.state == "loaded")
        yield Check(name="plugins", state="ok", finding=f"loaded: {loaded}")


def _disk(examination: Examination) -> Iterator[Check]:
    free = shutil.disk_usage(examination.config.folder).free
    if free < FREE_BYTES:
        finding = f"{free // 1_000_000} MB are free beside the stores"
        yield Check(name="disk", state="failed", finding=finding, fix="free at least 1 GB")
    else:
        yield Check(name="disk", state="ok", finding=f"{free // 1_000_000_000} GB free")


def _file_system(examination: Examination) -> Iterator[Check]:
    kind = network_file_system(examination.config.folder, examination.mounts)
    if kind is not None:
        finding = f"the workspace lies on a network file system ({kind}), where locks cannot be trusted"
        yield Check(name="filesystem", state="failed", finding=finding, fix="move it to a local disk")
    else:
        yield Check(name="filesystem", state="ok", finding="the workspace lies on a local disk")


def _clock(examination: Examination) -> Iterator[Check]:
    started = _latest_start(examination.config.folder)
    if started is not None and started > examination.now + CLOCK_TOLERANCE:
        finding = f"the last run started at {started:%Y-%m-%d %H:%M} UTC, which is still to come"
        yield Check(name="clock", state="failed", finding=finding, fix="set the clock of this machine")
    elif examination.config.settings.clock is not None:
        at = examination.config.settings.clock.at
        yield Check(name="clock", state="ok", finding=f"stands still at {at:%Y-%m-%d %H:%M} UTC (sandbox)")
    else:
        yield Check(name="clock", state="ok", finding=f"{examination.now:%Y-%m-%d %H:%M} UTC")


def _sandbox(examination: Examination) -> Iterator[Check]:
    for name, connection in examination.config.settings.connections.items():
        if connection.sandbox is None:
            continue
        folder = examination.config.folder / connection.sandbox
        if not folder.is_dir():
            finding = f'connection "{name}": there is no sandbox in {folder}'
            fix = f"consentric sandbox up {connection.sandbox}"
            yield Check(name="sandbox", state="failed", finding=finding, fix=fix)
            continue
        try:
            examination.config.plugins.sandbox(connection.connector)
        except ConsentricError as error:
            yield Check(name="sandbox", state="failed", finding=error.message, fix=error.hint)
        else:
            yield Check(name="sandbox", state="ok", finding=f'connection "{name}" is a pretend CRM')


def _withdrawals(examination: Examination) -> Iterator[Check]:
    with existing_control(examination.config.folder) as store:
        runs = measured_runs(store) if store is not None else []
        late = late_since(store, examination.now) if store is not None else ""
    if late:
        fix = "consentric sync consents   and let a timer call it every hour"
        yield Check(name="withdrawals", state="failed", finding=late, fix=fix)
    elif runs:
        finding = "every no that is known was carried out within 24 hours"
        yield Check(name="withdrawals", state="ok", finding=finding)


def _jobs(examination: Examination) -> Iterator[Check]:
    timetable = Timetable.of(examination.config.settings)
    for job in status_of(examination.config.folder, now=examination.now, timetable=timetable).jobs:
        if job.next_due is None:
            continue
        ran = f"last ran at {job.started:%Y-%m-%d %H:%M} UTC" if job.started is not None else "never ran"
        if job.is_overdue:
            often = "every hour" if job.job == "consents" else "every day"
            finding = f'job "{job.job}" is due {often} and {ran}'
            fix = f"look at the timer, then  consentric sync {job.job}".removesuffix(" sync")
            yield Check(name="jobs", state="failed", finding=finding, fix=fix)
        else:
            yield Check(name="jobs", state="ok", finding=f'job "{job.job}" {ran} and ended {job.state}')


def _notify(examination: Examination) -> Iterator[Check]:
    settings = examination.config.settings
    if not Timetable.of(settings).jobs:
        return
    if settings.notify.ping is None:
        finding = "nobody outside this machine notices when a run stays away"
        yield Check(name="notify", state="warning", finding=finding, fix='[notify] ping = "env:..."')
    else:
        yield Check(name="notify", state="ok", finding="each run pings a watcher")


def _assessments(examination: Examination) -> Iterator[Check]:
    """Legitimate interest allows nothing until its balancing test is signed (GDPR art. 6(1)(f))."""
    config = examination.config
    named = [purpose for purpose in config.settings.purpose if purpose.assessment is not None]
    if not named:
        return
    people = PeopleStore.open(config.folder) if (config.folder / PEOPLE_FILE).exists() else None
    try:
        for purpose in named:
            file = str(purpose.assessment).removeprefix("file:")
            if people is not None and assessment_is_signed(people, purpose, config.folder):
                finding = f'purpose "{purpose.id}": {file} is signed'
                yield Check(name="assessments", state="ok", finding=finding)
                continue
            finding = f'purpose "{purpose.id}" allows nothing: {file} is not signed, or was altered since'
            fix = f'consentric records lia --sign {file} --by "NAME"'
            yield Check(name="assessments", state="failed", finding=finding, fix=fix)
    finally:
        if people is not None:
            people.close()


def _doubles(examination: Examination) -> Iterator[Check]:
    """One purchase under two numbers counts twice, and nothing but its likeness tells."""
    from consentric.warehouse.doubles import possible_doubles

    config = examination.config
    for found in possible_doubles(config.folder / ANALYTICS_FOLDER, config.settings.purchases.sources):
        percent = 100 * found.purchases / found.of
        if found.purchases < DOUBLES_FROM or percent < DOUBLES_PERCENT:
            continue
        one, other = found.accounts
        finding = (
            f'"{one}" and "{other}" tell of {found.purchases} purchases of the same person, day and amount'
            f" under different order numbers ({percent:.0f} % of the smaller source): they may count twice"
        )
        fix = (
            f'let  order_number  of "{one}" and "{other}" name the field with the shop\'s own number, then '
            " consentric pull --full ; or name one of them in  [purchases] from"
        )
        yield Check(name="doubles", state="warning", finding=finding, fix=fix)


def _evidence(examination: Examination) -> Iterator[Check]:
    """A claim counts while its document is there, and the one that was first relied on."""
    config = examination.config
    if not config.settings.evidence or not (config.folder / PEOPLE_FILE).exists():
        return
    with closing(PeopleStore.open(config.folder)) as people:
        claims = claims_in(people, config.settings.evidence, config.folder)
    for one in claims:
        if not one.stands:
            finding = f"evidence claim {one.number} does not count: {one.document} is {one.state}"
            yield Check(name="evidence", state="failed", finding=finding, fix=one.finding.partition(": ")[2])
    if all(one.stands for one in claims):
        finding = f"documents of {len(claims)} evidence claims are as they were recorded"
        yield Check(name="evidence", state="ok", finding=finding)


def _reviews(examination: Examination) -> Iterator[Check]:
    settings = examination.config.settings
    today = examination.now.astimezone(settings.time.info).date()
    for one in overdue_reviews(assemble(settings.segment_set, settings.segment), today):
        fix = "look at it with its owner, then set another  review_by"
        yield Check(name="reviews", state="warning", finding=one.sentence, fix=fix)


def _connection(examination: Examination, name: str) -> Check:
    try:
        with examination.open_connector(examination.config, name) as connector:
            account = connector.check()
    except ConsentricError as error:
        return Check(name=name, state="failed", finding=error.message, fix=error.hint)
    if account.missing_scopes:
        finding = f'"{account.name}" answers, without the scopes {", ".join(account.missing_scopes)}'
        return Check(name=name, state="failed", finding=finding, fix="add them to the token in the CRM")
    return Check(name=name, state="ok", finding=f'"{account.name}" answers (account {account.id})')


def _latest_start(folder: Path) -> datetime | None:
    with existing_control(folder) as store:
        runs = list_runs(store, limit=1) if store is not None else []
    return runs[0].started if runs else None


_CHECKS: dict[str, Callable[[Examination], Iterator[Check]]] = {
    "modes": _modes,
    "keys": _keys,
    "plugins": _plugins,
    "disk": _disk,
    "filesystem": _file_system,
    "clock": _clock,
    "sandbox": _sandbox,
    "jobs": _jobs,
    "withdrawals": _withdrawals,
    "notify": _notify,
    "assessments": _assessments,
    "evidence": _evidence,
    "doubles": _doubles,
    "reviews": _reviews,
}


def utc_now() -> datetime:
    """The real clock, for commands."""
    return datetime.now(UTC)
