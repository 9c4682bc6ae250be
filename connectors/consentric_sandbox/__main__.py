"""`python -m consentric_sandbox FOLDER`: a pretend CRM as a process of its own."""

from __future__ import annotations

import argparse
import signal
import sys
import threading
from datetime import UTC, datetime
from pathlib import Path

from consentric.sdk.errors import ConfigError

from .vendors import VENDORS, vendor


def main() -> int:
    """Serves until SIGTERM or SIGINT, then saves; port file and URL appear once it listens."""
    parser = argparse.ArgumentParser(prog="python -m consentric_sandbox")
    parser.add_argument("folder", type=Path, help="folder with the CRM")
    parser.add_argument("--crm", choices=VENDORS, default="hubspot", help="which pretend CRM")
    parser.add_argument("--port-file", type=Path, help="file that will hold the URL")
    parser.add_argument("--no-limits", action="store_true", help="no rate limits, for measurements")
    parser.add_argument("--at", help="pins the CRM's clock, ISO 8601 in UTC")
    parser.add_argument("--no-save", action="store_true", help="do not save what was written")
    options = parser.parse_args()
    pinned = datetime.fromisoformat(options.at) if options.at else None
    ended = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: ended.set())
    try:
        with (
            vendor(options.crm)
            .sandbox()
            .serve_alone(
                options.folder,
                clock=lambda: pinned or datetime.now(UTC),
                has_limits=not options.no_limits,
                is_saved=not options.no_save,
            ) as endpoint
        ):
            if options.port_file is not None:
                partial = options.port_file.with_suffix(".part")
                partial.write_text(endpoint.base_url + "\n")
                partial.replace(options.port_file)
            sys.stdout.write(endpoint.base_url + "\n")
            sys.stdout.flush()
            ended.wait()
    except ConfigError as error:
        sys.stderr.write(f"{error.message}\n")
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
