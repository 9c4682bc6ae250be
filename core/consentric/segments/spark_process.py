"""Java for the time of one run: started without our secrets, silent, and ended whatever happens."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from subprocess import DEVNULL
from typing import TYPE_CHECKING, Any

from consentric.sdk.errors import ConfigError, GuardError

from .engine_settings import SparkSettings

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

_ENVIRONMENT = re.compile(r"(PATH|HOME|USER|LANG|TMPDIR|TZ|JAVA_HOME|(SPARK|PYSPARK|HADOOP|YARN)_\w+)")


@contextmanager
def running(settings: SparkSettings, place: Path) -> Iterator[SparkSession]:
    """A session of a Java of its own; one that failed before leaves nothing that could stand in the way.

    Args:
        place: A private folder for what Spark spills.

    Raises:
        ConfigError: pyspark or Java is missing.
        GuardError: The cluster does not answer.
    """
    options = _options(settings, place)
    gateway = _java(options)
    # Only now: without pyspark the line above has said so.
    from pyspark import SparkConf, SparkContext
    from pyspark.sql import SparkSession

    try:
        with telling():
            conf = SparkConf(loadDefaults=False).setAll(list(options.items()))
            session = SparkSession(SparkContext(conf=conf, gateway=gateway))
        try:
            yield session
        finally:
            with suppress(Exception):  # a cluster that is gone cannot be told
                session.stop()
    finally:
        gateway.shutdown()
        gateway.proc.stdin.close()
        gateway.proc.wait()
        SparkContext._gateway = SparkContext._jvm = SparkContext._active_spark_context = None
        SparkSession._instantiatedSession = None


def _java(options: Mapping[str, str]) -> Any:
    try:
        from pyspark import SparkConf
        from pyspark.errors import PySparkRuntimeError
        from pyspark.java_gateway import launch_gateway
    except ImportError:
        raise ConfigError(
            'engine "spark" needs pyspark, which is not installed',
            hint="pip install 'consentric[spark]'",
            happened="nothing was computed.",
            code="CS246",
        ) from None
    conf = SparkConf(loadDefaults=False).setAll(list(options.items()))
    try:
        with _without_secrets():
            # What Java says may quote a row.
            return launch_gateway(conf, {"stdout": DEVNULL, "stderr": DEVNULL})
    except (PySparkRuntimeError, FileNotFoundError):
        raise ConfigError(
            'engine "spark": Java did not start',
            hint="install Java 17 and set JAVA_HOME",
            happened="nothing was computed.",
            code="CS247",
        ) from None


@contextmanager
def _without_secrets() -> Iterator[None]:
    """Hides from a child process what the environment holds beside the names it needs."""
    hidden = {name: value for name, value in os.environ.items() if not _ENVIRONMENT.fullmatch(name)}
    for name in hidden:
        del os.environ[name]
    try:
        yield
    finally:
        os.environ.update(hidden)


def _options(settings: SparkSettings, place: Path) -> dict[str, str]:
    options = {
        "spark.master": settings.master,
        "spark.app.name": "consentric",
        "spark.driver.memory": f"{settings.memory_mb}m",
        "spark.executor.memory": f"{settings.memory_mb}m",
        "spark.local.dir": str(place / "spill"),
        "spark.sql.warehouse.dir": (place / "warehouse").as_uri(),
        "spark.sql.session.timeZone": "UTC",
        # A sum that overflows must end the run, never wrap around.
        "spark.sql.ansi.enabled": "true",
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
    }
    if settings.master.startswith("local") or "//127.0.0.1:" in settings.master:
        options |= {"spark.driver.host": "127.0.0.1", "spark.driver.bindAddress": "127.0.0.1"}
    return options


@contextmanager
def telling() -> Iterator[None]:
    """Says what became of the run instead of what Spark says, which may quote a row.

    Raises:
        GuardError: Spark could not do it (CS519).
    """
    from py4j.protocol import Py4JError
    from pyspark.errors import PySparkException

    try:
        yield
    except (Py4JError, PySparkException) as error:
        raise GuardError(
            f"Spark gave up: {_reason(error)}",
            happened="nothing was computed; what was computed before stands.",
            hint='look whether the cluster of [spark] is up, or set [workspace] engine = "duckdb"',
            code="CS519",
        ) from None


def _reason(error: Any) -> str:
    condition = getattr(error, "getCondition", lambda: None)()
    return str(condition or type(error).__name__)
