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
    both = programs.add_parser("engines", help="DuckDB against Spark, row by row; needs pyspark and Java 17")
    both.add_argument("--contacts", type=int, default=1_000_000)
    both.add_argument("--seed", type=int, default=1)
    both.add_argument("--json", action="store_true", help="print the JSON line only")
    both.add_argument("--sets", nargs="+", default=[], help="only these of benchmarks/engine_sets.py")
    both.add_argument("--only", choices=("demo", "town"), help="one of the two worlds; both when absent")
    both.add_argument("--demo", type=Path, help="a folder that consentric demo made; made anew when absent")
    fit = programs.add_parser("clv", help="the fit of lifetime value against that of lifetimes")
    fit.add_argument("--customers", type=int, default=1_000_000)
    fit.add_argument("--pairs", type=int, default=5)
    fit.add_argument("--seed", type=int, default=1)
    fit.add_argument("--json", action="store_true", help="print the JSON line only")
    job = programs.add_parser("segments", help="the segment job against hand-written SQL and data frames")
    job.add_argument("--contacts", type=int, default=1_000_000)
    job.add_argument("--against", default="sql,pandas,polars", help="which of sql, pandas, polars")
    job.add_argument("--rounds", type=int, default=5)
    job.add_argument("--memory-limit-mb", type=int, default=600, help="of DuckDB, for both sides")
    job.add_argument("--seed", type=int, default=1)
    job.add_argument("--json", action="store_true", help="print the JSON line only")
    job.add_argument("--folder", type=Path, help="where the town is, or is made and stays")
    calm = programs.add_parser("nights", help="nights of the demo replayed: who moves, and who to and fro")
    calm.add_argument("--nights", type=int, default=90)
    calm.add_argument("--demo", type=Path, help="a folder that consentric demo made; made anew when absent")
    calm.add_argument("--json", action="store_true", help="print the JSON line only")
    # What a measured process of ours runs; not for people.
    part = programs.add_parser("part")
    part.add_argument("name")
    part.add_argument("arguments", nargs="*")
    options = parser.parse_args()
    if options.program == "part" and options.name in ("town", "job"):
        from . import segments_part, town

        folder, *rest = options.arguments
        if options.name == "job":
            return segments_part.run(folder, Path(rest[0]), int(rest[1]))
        town.build(Path(folder), contacts=int(rest[0]), seed=int(rest[1]))
        return 0
    if options.program == "part":
        from . import part as one_part

        return one_part.run(options.name, options.arguments)
    if options.program == "engines":
        from . import engines

        return engines.run(
            contacts=options.contacts,
            seed=options.seed,
            is_json=options.json,
            demo=options.demo,
            sets=options.sets,
            only=options.only,
        )
    if options.program == "nights":
        from . import nights

        return nights.run(nights=options.nights, demo=options.demo, is_json=options.json)
    if options.program == "clv":
        from . import clv

        return clv.run(
            customers=options.customers, pairs=options.pairs, seed=options.seed, is_json=options.json
        )
    if options.program == "segments":
        from . import segments

        return segments.run(
            contacts=options.contacts,
            against=[one for one in options.against.split(",") if one],
            seed=options.seed,
            rounds=options.rounds,
            memory_limit_mb=options.memory_limit_mb,
            is_json=options.json,
            folder=options.folder,
        )
    return pipeline.run(
        contacts=options.contacts, seed=options.seed, is_json=options.json, folder=options.folder
    )


if __name__ == "__main__":
    sys.exit(main())
