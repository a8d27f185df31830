#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Makes tables and charts of what the benchmarks measured.

Each part is a JSON file as the programs write with --json. DIR gets results.json (all of it), results.md
(tables and goals), and charts/*.svg, one for each table and curve.
"""

import argparse
import json
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import charts

Json = dict[str, Any]

LISTS = ("tables", "curves", "goals", "skipped")


def merged(parts: list[Json]) -> Json:
    """All parts in one; the first that says something about the environment is right."""
    environment: Json = {}
    for part in reversed(parts):
        environment |= part.get("environment", {})
    lists = {key: [entry for part in parts for entry in part.get(key, [])] for key in LISTS}
    names = (entry["benchmark"] for part in parts for key in LISTS[:2] for entry in part.get(key, []))
    return {"environment": environment, "benchmarks": list(dict.fromkeys(names))} | lists


def number(figure: float | None) -> str:
    """Four significant digits, and all of those before the point."""
    if figure is None:
        return "–"
    if figure == 0:
        return "0"
    digits = 0
    while digits < 3 and abs(figure) < 1000 / 10**digits:
        digits += 1
    return f"{figure:,.{digits}f}"


def markdown_table(heads: list[str], rows: Iterable[list[str]]) -> Iterator[str]:
    def line(cells: list[str]) -> str:
        return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"

    yield line(heads)
    yield line(["---"] + ["--:"] * (len(heads) - 1))
    yield from (line(row) for row in rows)
    yield ""


def chart_file(entry: Json) -> str:
    words = f"{entry['benchmark']} {entry['title']}".lower()
    return "charts/" + re.sub(r"[^a-z0-9]+", "-", words).strip("-") + ".svg"


def table_lines(table: Json) -> Iterator[str]:
    columns = ["median", "min", "max"]
    if "p99" in table["rows"][0]:
        columns += ["p99", "worst"]
    columns.append("ratio")
    heads = [table["unit"], *columns[:-1], "× first"]
    yield from markdown_table(
        heads, ([row["name"], *(number(row[column]) for column in columns)] for row in table["rows"])
    )


def curve_lines(curve: Json) -> Iterator[str]:
    sizes = sorted({point["size"] for series in curve["series"] for point in series["points"]})

    def row(series: Json) -> list[str]:
        by_size = {point["size"]: point for point in series["points"]}
        return [series["name"], *(cell(by_size.get(size)) for size in sizes)]

    def cell(point: Json | None) -> str:
        if point is None:
            return ""
        return f"{number(point['median'])} ({number(point['min'])}–{number(point['max'])})"

    heads = [f"{curve['unit']}, by {curve['size']}", *(f"{size:,}" for size in sizes)]
    yield from markdown_table(heads, map(row, curve["series"]))


def goal_row(goal: Json) -> list[str]:
    kind = "at most" if "at most" in goal else "at least"
    return [
        f"{goal['benchmark']}: {goal['title']}",
        f"{number(goal['figure'])} {goal['unit']}",
        f"{kind} {number(goal[kind])}",
        "yes" if goal["reached"] else "**no**",
    ]


def results_lines(results: Json) -> Iterator[str]:
    yield "# Results\n"
    environment = results["environment"]
    if environment.get("trial"):
        yield "**A trial: too few calls to mean anything.**\n"
    rows = ([key, str(value)] for key, value in environment.items() if key != "trial")
    yield from markdown_table(["environment", ""], rows)
    yield "Each row took turns with the others. Medians of the repetitions, their least and most; where a"
    yield "repetition gives many samples, also the p99 and the worst of them all.\n"
    if results["goals"]:
        yield "## Goals\n"
        yield from markdown_table(["goal", "figure", "bound", "reached"], map(goal_row, results["goals"]))
    entries = [(entry, table_lines) for entry in results["tables"]]
    entries += [(entry, curve_lines) for entry in results["curves"]]
    for benchmark in results["benchmarks"]:
        yield f"## {benchmark}\n"
        for entry, lines in entries:
            if entry["benchmark"] != benchmark:
                continue
            yield f"### {entry['title']}\n"
            yield from lines(entry)
            if line := entry.get("cache line ns"):
                yield (
                    f"Meanwhile a cache line went from core to core in {number(line['median'])} ns "
                    f"({number(line['min'])} to {number(line['max'])}).\n"
                )
            yield f"![{entry['title']}]({chart_file(entry)})\n"
        for skip in results["skipped"]:
            if skip["benchmark"] == benchmark:
                yield f"Skipped: {skip['reason']}\n"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("parts", nargs="+", type=Path, metavar="PART")
    parser.add_argument("--output", required=True, type=Path, metavar="DIR")
    arguments = parser.parse_args()

    results = merged([json.loads(part.read_text()) for part in arguments.parts])
    output: Path = arguments.output
    (output / "charts").mkdir(parents=True, exist_ok=True)
    for old in (output / "charts").glob("*.svg"):
        old.unlink()
    (output / "results.json").write_text(json.dumps(results, indent=1, ensure_ascii=False) + "\n")
    (output / "results.md").write_text("\n".join(results_lines(results)).rstrip() + "\n")
    for table in results["tables"]:
        charts.draw_table(table, output / chart_file(table))
    for curve in results["curves"]:
        charts.draw_curve(curve, output / chart_file(curve))


if __name__ == "__main__":
    main()
