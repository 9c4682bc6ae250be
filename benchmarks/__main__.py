"""`python -m benchmarks NAME`: finds the program and runs it."""

from __future__ import annotations

import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Callable
from pathlib import Path


def main() -> int:
    """Gives 0 when every goal was reached, 1 when one was missed."""
    parser = ArgumentParser(prog="python -m benchmarks", description=__doc__)
    programs = parser.add_subparsers(dest="program", required=True)
    for name, (text, add_options, run) in _PROGRAMS.items():
        program = programs.add_parser(name, help=text)
        add_options(program)
        program.add_argument("--json", action="store_true", help="print the JSON line only")
        program.set_defaults(run=run)
    # What a measured process of ours runs; not for people.
    part = programs.add_parser("part")
    part.add_argument("name")
    part.add_argument("arguments", nargs="*")
    part.set_defaults(run=_part)
    options = parser.parse_args()
    return int(options.run(options))


def _pipeline_options(parser: ArgumentParser) -> None:
    parser.add_argument("--contacts", type=int, default=200_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--folder", type=Path, help="keep the worlds here; a temporary folder when absent")


def _pipeline(options: Namespace) -> int:
    from . import pipeline

    return pipeline.run(
        contacts=options.contacts, seed=options.seed, is_json=options.json, folder=options.folder
    )


def _engines_options(parser: ArgumentParser) -> None:
    parser.add_argument("--contacts", type=int, default=1_000_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--sets", nargs="+", default=[], help="only these of benchmarks/engine_sets.py")
    parser.add_argument("--only", choices=("demo", "town"), help="one of the two worlds; both when absent")
    _demo_option(parser)


def _engines(options: Namespace) -> int:
    from . import engines

    return engines.run(
        contacts=options.contacts,
        seed=options.seed,
        is_json=options.json,
        demo=options.demo,
        sets=options.sets,
        only=options.only,
    )


def _clv_options(parser: ArgumentParser) -> None:
    parser.add_argument("--customers", type=int, default=1_000_000)
    parser.add_argument("--pairs", type=int, default=5)
    parser.add_argument("--seed", type=int, default=1)


def _clv(options: Namespace) -> int:
    from . import clv

    return clv.run(customers=options.customers, pairs=options.pairs, seed=options.seed, is_json=options.json)


def _segments_options(parser: ArgumentParser) -> None:
    parser.add_argument("--contacts", type=int, default=1_000_000)
    parser.add_argument("--against", default="sql,pandas,polars", help="which of sql, pandas, polars")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--memory-limit-mb", type=int, default=400, help="of DuckDB, for both sides")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--folder", type=Path, help="where the town is, or is made and stays")


def _segments(options: Namespace) -> int:
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


def _nights_options(parser: ArgumentParser) -> None:
    parser.add_argument("--nights", type=int, default=90)
    _demo_option(parser)


def _nights(options: Namespace) -> int:
    from . import nights

    return nights.run(nights=options.nights, demo=options.demo, is_json=options.json)


def _demo_option(parser: ArgumentParser) -> None:
    parser.add_argument("--demo", type=Path, help="a folder that consentric demo made; made anew when absent")


def _part(options: Namespace) -> int:
    if options.name not in ("town", "job"):
        from . import part

        return part.run(options.name, options.arguments)
    from . import segments_part, town

    folder, *rest = options.arguments
    if options.name == "job":
        return segments_part.run(folder, Path(rest[0]), int(rest[1]))
    town.build(Path(folder), contacts=int(rest[0]), seed=int(rest[1]))
    return 0


_Program = tuple[str, Callable[[ArgumentParser], None], Callable[[Namespace], int]]
_PROGRAMS: dict[str, _Program] = {
    "pipeline": ("the whole way against a pretend HubSpot, stage by stage", _pipeline_options, _pipeline),
    "engines": ("DuckDB against Spark, row by row; needs pyspark and Java 17", _engines_options, _engines),
    "clv": ("the fit of lifetime value against that of lifetimes", _clv_options, _clv),
    "segments": ("the segment job against hand-written SQL and data frames", _segments_options, _segments),
    "nights": ("nights of the demo replayed: who moves, and who to and fro", _nights_options, _nights),
}


if __name__ == "__main__":
    sys.exit(main())
