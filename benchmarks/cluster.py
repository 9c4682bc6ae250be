"""A standalone Spark cluster on this machine's loopback: a master and two workers of one core each."""

from __future__ import annotations

import os
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_WORKERS = 2
_MEMORY = "1600m"
_PATIENCE_SECONDS = 60


@contextmanager
def running() -> Iterator[str]:
    """The address of the master, as `[spark] master` takes it; at the end all of it is stopped."""
    import pyspark

    port = _free_port()
    address = f"spark://127.0.0.1:{port}"
    program = str(Path(pyspark.__file__).parent / "bin" / "spark-class")
    here = ("--host", "127.0.0.1", "--webui-port", "0")
    with tempfile.TemporaryDirectory() as place:
        environment = {**os.environ, "SPARK_WORKER_DIR": place, "SPARK_LOCAL_DIRS": place}
        master = ("org.apache.spark.deploy.master.Master", *here, "--port", str(port))
        worker = ("org.apache.spark.deploy.worker.Worker", *here, "--cores", "1", "--memory", _MEMORY)
        processes: list[subprocess.Popen[bytes]] = []
        try:
            for arguments in (master, *([(*worker, address)] * _WORKERS)):
                processes.append(
                    subprocess.Popen(
                        [program, *arguments],
                        env=environment,
                        stdout=subprocess.DEVNULL,
                        stderr=subprocess.DEVNULL,
                    )
                )
                if len(processes) == 1:
                    _wait_for(port)
            yield address
        finally:
            for process in reversed(processes):
                process.terminate()
                process.wait()


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def _wait_for(port: int) -> None:
    until = time.monotonic() + _PATIENCE_SECONDS
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return
        except OSError:
            if time.monotonic() > until:
                raise
            time.sleep(0.2)
