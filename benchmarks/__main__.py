"""`python -m benchmarks NAME`: finds the program and runs it."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from . import pipeline


def main() -> int:
    """Gives 0 when every goal was reached, 1 when one was missed."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    programs = parser.add_subparsers(dest="program", required=True)
    whole = programs.add_parser("pipeline", help="the whole way against a pretend HubSpot, stage by stage")
    whole.add_argument("--contacts", type=int, default=200_000)
    whole.add_argument("--seed", type=int, default=1)
    whole.add_argument("--json", action="store_true", help="print the JSON line only")
    whole.add_argument("--folder", type=Path, help="keep the worlds here; a temporary folder when absent")
    # What a measured process of ours runs; not for people.
    part = programs.add_parser("part")
    part.add_argument("name")
    part.add_argument("arguments", nargs="*")
    options = parser.parse_args()
    if options.program == "part":
        from . import part as one_part

        return one_part.run(options.name, options.arguments)
    return pipeline.run(
        contacts=options.contacts, seed=options.seed, is_json=options.json, folder=options.folder
    )


if __name__ == "__main__":
    sys.exit(main())
