"""The front door of the checks: `python -m consentric.testing COMMAND`.

Every command ends with one JSON line of its figures and exits with 1 when it is not met, 2 when it was asked
wrongly.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path

_SHOWN_HITS = 50


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; gives its exit code."""
    parser = argparse.ArgumentParser(prog="python -m consentric.testing", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    canary = commands.add_parser("canary", help="search every file of a workspace for planted people")
    canary.add_argument("workspace", type=Path, help="the folder of config.toml")
    canary.add_argument("--people", type=Path, required=True, help="sandbox folder with people.json")
    canary.add_argument(
        "--also",
        type=Path,
        nargs="+",
        action="extend",
        default=[],
        metavar="FILE",
        help="more files or folders",
    )
    canary.set_defaults(run=_canary)
    model = commands.add_parser("model", help="properties of the engine in random worlds")
    model.add_argument("--only", choices=["consent"], default="consent", help="which properties")
    model.add_argument("--examples", type=int, default=60_000, help="worlds to try")
    model.add_argument("--seed", type=int, default=0, help="seed of the first world")
    model.set_defaults(run=_model)
    explanations = commands.add_parser("explanations", help="hold every explanation to its word")
    explanations.add_argument("--workspace", type=Path, required=True, help="the folder of config.toml")
    explanations.set_defaults(run=_explanations)
    specs = commands.add_parser("specs", help="hold connectors and writers to their vendor's description")
    specs.add_argument("--specs", type=Path, required=True, help="folder with the vendors' descriptions")
    specs.set_defaults(run=_specs)
    chosen = parser.parse_args(arguments)
    return int(chosen.run(chosen))


def _canary(chosen: argparse.Namespace) -> int:
    from consentric.testing.canary import scan
    from consentric.testing.identifiers import read_people

    missing = [path for path in (chosen.workspace, chosen.people, *chosen.also) if not path.exists()]
    people = [] if missing else read_people(chosen.people)
    if missing or not people:
        what = f"{missing[0]} does not exist" if missing else "people.json holds nobody"
        print(f"canary: {what}", file=sys.stderr)  # noqa: T201 - a command's answer
        return 2
    started = time.perf_counter()
    report = scan(chosen.workspace, people, also=chosen.also, without=chosen.people)
    _print_figures(
        command="canary",
        hits=len(report.hits),
        files=report.files,
        patterns=report.patterns,
        people=len(people),
        megabytes=round(report.scanned_bytes / 1e6, 1),
        controls_planted=report.controls_planted,
        controls_found=report.controls_planted - len(report.controls_missed),
        controls_missed=report.controls_missed,
        unopened=report.unopened,
        where=[asdict(hit) for hit in report.hits[:_SHOWN_HITS]],
        seconds=round(time.perf_counter() - started, 1),
    )
    return 0 if report.is_clean else 1


def _model(chosen: argparse.Namespace) -> int:
    from consentric.testing.consent_model import check_worlds

    started = time.perf_counter()
    violations = check_worlds(chosen.examples, seed=chosen.seed)
    _print_figures(
        command="model",
        only=chosen.only,
        worlds=chosen.examples,
        violations=len(violations),
        where=violations[:_SHOWN_HITS],
        seconds=round(time.perf_counter() - started, 1),
    )
    return 1 if violations else 0


def _explanations(chosen: argparse.Namespace) -> int:
    from consentric.app.outlets import segment_sets
    from consentric.app.report.published import published
    from consentric.app.workspace import Workspace
    from consentric.sdk.errors import ConsentricError
    from consentric.testing.explanations import prove

    started = time.perf_counter()
    try:
        with (
            Workspace.open_stores(chosen.workspace / "config.toml") as workspace,
            published(workspace) as connection,
        ):
            settings = workspace.settings
            proof = prove(
                connection,
                segment_sets(workspace),
                attributes=sorted({field.attribute for field in settings.field if field.attribute}),
                reporting_currency=settings.money.reporting,
            )
    except ConsentricError as error:
        print(f"explanations: {error}", file=sys.stderr)  # noqa: T201 - a command's answer
        return 2
    _print_figures(
        command="explanations",
        subjects=proof.subjects,
        explanations=proof.explanations,
        changes=proof.changes,
        faults=len(proof.faults),
        where=proof.faults[:_SHOWN_HITS],
        seconds=round(time.perf_counter() - started, 1),
    )
    return 1 if proof.faults else 0


def _specs(chosen: argparse.Namespace) -> int:
    from consentric.testing.description import INSTALL
    from consentric.testing.specs import described_vendors, hold_to_description

    started = time.perf_counter()
    vendors = described_vendors(chosen.specs)
    if not vendors:
        print(f"specs: no description of a vendor lies in {chosen.specs}", file=sys.stderr)  # noqa: T201
        return 2
    try:
        reports = [hold_to_description(name, make, chosen.specs) for name, make in vendors.items()]
    except ImportError as error:
        print(f"specs: {error.name} is not installed: {INSTALL}", file=sys.stderr)  # noqa: T201
        return 2
    for report in reports:
        _print_operations(report.title, report.operations, report.violations)
    violations = [f"{report.name}: {one}" for report in reports for one in report.violations]
    _print_figures(
        command="specs",
        vendors=list(vendors),
        operations={report.name: len(report.operations) for report in reports},
        exchanges=sum(sum(report.operations.values()) for report in reports),
        violations=len(violations),
        where=violations[:_SHOWN_HITS],
        seconds=round(time.perf_counter() - started, 1),
    )
    return 1 if violations else 0


def _print_operations(title: str, operations: Mapping[str, int], violations: Sequence[str]) -> None:
    width = max(map(len, operations), default=0)
    lines = [f"{title}: {len(operations)} operations"]
    lines += [f"  {name:<{width}}  {count:>6}" for name, count in operations.items()]
    lines += [f"  ! {one}" for one in violations]
    lines.append("1 violation" if len(violations) == 1 else f"{len(violations)} violations")
    print("\n".join(lines))  # noqa: T201 - a command's answer


def _print_figures(**figures: object) -> None:
    print(json.dumps(figures, ensure_ascii=False))  # noqa: T201 - a command's answer


if __name__ == "__main__":
    sys.exit(main())
