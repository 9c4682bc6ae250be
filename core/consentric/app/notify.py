"""Tells somebody outside how a job went: a ping that is missed when it stays away, and a mail when needed."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from consentric.sdk.errors import ConsentricError
from consentric_privacy.files import make_private_folder, write_atomic
from consentric_privacy.secrets import SCHEMES, resolve

from .control_reading import existing_control
from .places import RUNS_FOLDER

Outcome = Literal["success", "partly", "brake", "failure"]
Occasion = Literal["failure", "brake", "recovery", "partly", "success"]
Tell = Callable[[str], None]

DEFECT = 1
NOTIFIED_FILE = "notified.json"
TOLD_LATELY = timedelta(minutes=15)
"""A service manager tells of the same failure a moment after the run itself did."""

_REFERENCE = rf"^({'|'.join(SCHEMES)}):.+$"
_Address = Annotated[str, Field(pattern=r"^[^@\s,<>]+@[^@\s,<>]+$")]
_NEXT = {
    1: "consentric doctor",
    2: "consentric config check",
    4: "consentric doctor",
    75: "the same command again: it goes on where it stopped",
}


class NotifySettings(BaseModel):
    """`[notify]`: who is told how the jobs went; counts and codes only, nothing about a person."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    ping: str | None = Field(default=None, pattern=_REFERENCE)
    """Where an https address is kept that is called at the start, at success and at failure of each job."""
    mail: _Address | None = None
    """Address that gets a mail; sent by `smtp`, else by the sendmail of this machine."""
    mail_on: tuple[Occasion, ...] = ("failure", "brake", "recovery")
    """Occasions of a mail: failure, brake, recovery (the first success after one), partly, success."""
    sender: _Address | None = None
    """Address that the mail comes from; the one it goes to when absent."""
    smtp: str | None = Field(default=None, pattern=r"^smtps?://([^/\s:@]+@)?[^/\s@]+$")
    """Server, as `smtps://user@mail.example.com` (TLS) or `smtp://user@mail.example.com:587` (STARTTLS)."""
    smtp_password: str | None = Field(default=None, pattern=_REFERENCE)
    """Where the password of the user of `smtp` is kept."""

    @model_validator(mode="after")
    def _is_coherent(self) -> NotifySettings:
        if self.smtp is not None and self.mail is None:
            raise ValueError("smtp without mail sends nothing: set mail")
        return self


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """How one job ended."""

    job: str
    exit_code: int
    is_braked: bool = False
    run: str = ""
    counts: Mapping[str, int] = field(default_factory=dict)
    error: str = ""
    """Code of what ended it, if so."""

    @property
    def outcome(self) -> Outcome:
        """What the exit code means to whoever is told."""
        if self.exit_code == 0:
            return "success"
        if self.exit_code == 3:
            return "partly"
        return "brake" if self.is_braked else "failure"

    def text(self) -> str:
        """Counts and codes, a line each."""
        head = [f"job {self.job}", f"outcome {self.outcome}", f"exit {self.exit_code}"]
        head += [f"run {self.run}"] if self.run else []
        head += [f"code {self.error}"] if self.error else []
        return "\n".join([*head, *(f"{name} {count}" for name, count in self.counts.items())]) + "\n"


class Notifier:
    """Tells of the runs of one workspace; what it cannot send it says, and no run fails of it."""

    def __init__(
        self,
        settings: NotifySettings,
        *,
        folder: Path,
        tell: Tell,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._settings = settings
        self._folder = folder
        self._tell = tell
        self._clock = clock

    def started(self, job: str) -> None:
        """A run begins."""
        self._ping("/start", f"job {job}\n")

    def ended(self, job: str, exit_code: int, *, is_braked: bool = False, error: str = "") -> None:
        """A run ended: pings, and mails if this is an occasion for it."""
        ended = self._described(job, exit_code, is_braked=is_braked, error=error)
        before = self._told().get(job, {}).get("outcome", "success")
        self._ping("" if ended.outcome in ("success", "partly") else "/fail", ended.text())
        if self._is_occasion(ended.outcome, before):
            self._mail(ended)
        self._remember(job, ended.outcome)

    def failed_outside(self, job: str) -> bool:
        """A service manager says that a job failed; told on unless the run itself has just done so."""
        last = self._told().get(job, {})
        told_at = datetime.fromisoformat(last["at"]) if "at" in last else None
        is_told = last.get("outcome") in ("failure", "brake")
        if is_told and told_at is not None and self._clock() - told_at < TOLD_LATELY:
            return False
        self.ended(job, DEFECT)
        return True

    def _is_occasion(self, outcome: Outcome, before: str) -> bool:
        occasions: set[str] = {outcome}
        if outcome in ("success", "partly") and before in ("failure", "brake"):
            occasions.add("recovery")
        return bool(occasions & set(self._settings.mail_on))

    def _described(self, job: str, exit_code: int, *, is_braked: bool, error: str) -> Ended:
        """With the counts of the run, as the control store keeps them."""
        from consentric.control.runs import last_run

        run = None
        try:
            with existing_control(self._folder) as store:
                run = last_run(store, job) if store is not None else None
        except ConsentricError as fault:  # a damaged store is what is to be told of, not what stops it
            error = error or fault.code
        counts = {} if run is None else {n: v for n, v in run.summary.items() if isinstance(v, int)}
        return Ended(
            job=job,
            exit_code=exit_code,
            is_braked=is_braked,
            run="" if run is None else run.id,
            counts=counts,
            error=error,
        )

    def _ping(self, suffix: str, body: str) -> None:
        if self._settings.ping is None:
            return
        from .outgoing import UNSENT, send_ping

        try:
            url = resolve(self._settings.ping, base=self._folder).reveal()
            if not url.startswith("https://"):
                self._tell("! the ping of [notify] was not sent: its address is not https")
                return
            send_ping(url.rstrip("/") + suffix, body)
        except UNSENT as error:
            self._tell(f"! the ping of [notify] was not sent: {why(error)}")

    def _mail(self, ended: Ended) -> None:
        settings = self._settings
        if settings.mail is None:
            return
        from .outgoing import UNSENT, send_mail

        subject = f"consentric {self._folder.resolve().name}: {ended.job} {_WORDS[ended.outcome]}"
        following = "consentric status"
        if ended.outcome == "brake":
            following = "consentric plan   shows what waits for  consentric approve"
        elif ended.outcome == "failure":
            following = _NEXT.get(ended.exit_code, "consentric status, then consentric doctor")
        try:
            secret = settings.smtp_password
            send_mail(
                subject,
                f"{ended.text()}\nNext:  {following}\n",
                to=settings.mail,
                sender=settings.sender or settings.mail,
                smtp=settings.smtp,
                password=resolve(secret, base=self._folder).reveal() if secret is not None else "",
            )
        except UNSENT as error:
            self._tell(f"! the mail of [notify] was not sent: {why(error)}")

    def _told(self) -> dict[str, Any]:
        try:
            told = json.loads((self._folder / RUNS_FOLDER / NOTIFIED_FILE).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {}
        return told if isinstance(told, dict) else {}

    def _remember(self, job: str, outcome: Outcome) -> None:
        if self._settings.ping is None and self._settings.mail is None:
            return
        told = {**self._told(), job: {"outcome": outcome, "at": self._clock().isoformat()}}
        try:
            make_private_folder(self._folder / RUNS_FOLDER)
            write_atomic(self._folder / RUNS_FOLDER / NOTIFIED_FILE, json.dumps(told).encode())
        except (OSError, ConsentricError) as error:
            self._tell(f"! what [notify] told is not kept: {why(error)}")


_WORDS: Mapping[Outcome, str] = {
    "success": "done",
    "partly": "done, with something left over",
    "brake": "is held by the brake",
    "failure": "failed",
}


def why(error: Exception) -> str:
    """The kind of a failure and its number; never its words, which may hold the address."""
    if isinstance(error, ConsentricError):
        return error.message
    number = getattr(error, "code", None) or getattr(error, "smtp_code", None)
    reason = getattr(error, "reason", None)
    kind = type(reason if isinstance(reason, Exception) else error).__name__
    return f"{kind} {number}" if isinstance(number, int) else kind
