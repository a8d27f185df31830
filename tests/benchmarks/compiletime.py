#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Compares the time of compiling a user's file with QFerry and with its peers.

The files in compiletime/ do the same: one call in another thread, its result in this one, with handlers or with
a coroutine. They are compiled in turns, one at a time, with the compiler and the flags of the benchmarks of the
build in BUILD.
"""

import argparse
import json
import resource
import shlex
import statistics
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

BENCHMARKS = Path(__file__).resolve().parent
QCORO = "QCoro::Task, co_await QtConcurrent::run"
GOAL = 1.3


@dataclass(frozen=True)
class Comparison:
    """Files that do the same. Ours comes first, and has a goal against each of the peers."""

    what: str
    sources: dict[str, str]
    peers: tuple[str, ...]

    @property
    def ours(self) -> str:
        return next(iter(self.sources))

    @property
    def title(self) -> str:
        return f"compiling a file with {self.what}"


CALL = Comparison(
    "one call",
    {
        "QFerry, <qferry/qferry.h>": "qferry.cpp",
        "QFerry, <qferry/tothread.h>": "tothread.cpp",
        "QtConcurrent::run, QFutureWatcher": "watcher.cpp",
        "QtConcurrent::run, .then(ctx)": "then.cpp",
        "no call: Qt Core's headers alone": "inline.cpp",
    },
    ("QtConcurrent::run, QFutureWatcher", "QtConcurrent::run, .then(ctx)"),
)
COROUTINE = Comparison(
    "one coroutine",
    {
        "QFerry::Task, <qferry/qferry.h>": "coroutine-qferry.cpp",
        "QFerry::Task, <qferry/task.h>, <qferry/tothread.h>": "coroutine.cpp",
        QCORO: "coroutine-qcoro.cpp",
        "no coroutine: Qt Core's headers alone": "inline.cpp",
    },
    (QCORO,),
)


def compile_command(build: Path) -> list[str]:
    """That of the benchmarks' main.cpp, without its input and outputs."""
    commands = json.loads((build / "compile_commands.json").read_text())
    command = next(entry for entry in commands if Path(entry["file"]) == BENCHMARKS / "main.cpp")
    words = iter(shlex.split(command["command"]))
    kept = []
    for word in words:
        if word in ("-o", "-MF", "-MT"):
            next(words)
        elif word not in ("-c", "-MD", command["file"]):
            kept.append(word)
    return kept


def processor_seconds() -> float:
    """Of the compilers so far: what else the machine does hardly changes it."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def milliseconds(command: list[str], source: str, directory: str) -> float:
    start = processor_seconds()
    subprocess.run(
        [*command, "-c", str(BENCHMARKS / "compiletime" / source), "-o", f"{directory}/object.o"], check=True
    )
    return (processor_seconds() - start) * 1000


def row(name: str, times: list[float], first: float) -> dict[str, Any]:
    median = statistics.median(times)
    return {
        "name": name,
        "median": median,
        "min": min(times),
        "max": max(times),
        "repetitions": times,
        "ratio": median / first,
    }


def compare(comparison: Comparison, command: list[str], reps: int) -> dict[str, dict[str, Any]]:
    sources = comparison.sources
    times: dict[str, list[float]] = {name: [] for name in sources}
    with tempfile.TemporaryDirectory() as directory:
        for source in sources.values():
            milliseconds(command, source, directory)  # reads the headers into the system's cache
        for _ in range(reps):
            for name, source in sources.items():
                times[name].append(milliseconds(command, source, directory))
    first = statistics.median(times[comparison.ours])
    return {name: row(name, times[name], first) for name in sources}


def goal(comparison: Comparison, rows: dict[str, dict[str, Any]], peer: str) -> dict[str, Any]:
    ratio = rows[comparison.ours]["median"] / rows[peer]["median"]
    return {
        "benchmark": "compile-time",
        "title": f"a file with {comparison.what}, against {peer}",
        "unit": "of its compile time",
        "figure": ratio,
        "at most": GOAL,
        "reached": ratio <= GOAL,
    }


def show(comparison: Comparison, rows: dict[str, dict[str, Any]], goals: list[dict[str, Any]]) -> None:
    print(f"\n  {comparison.title}, ms of processor time")
    for name, figures in rows.items():
        print(f"  {name:56}{figures['median']:11.0f}{figures['min']:11.0f}{figures['max']:11.0f}")
    for entry in goals:
        state = "PASS" if entry["reached"] else "MISS"
        print(f"  {state}  {entry['title']}: {entry['figure']:.2f} (goal: at most {GOAL})")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("build", type=Path, metavar="BUILD")
    parser.add_argument("--reps", type=int, default=7, metavar="N")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there, too")
    parser.add_argument("--trial", action="store_true", help="no goals")
    arguments = parser.parse_args()

    command = compile_command(arguments.build)
    has_qcoro = "-DBENCH_HAS_QCORO" in command
    tables: list[dict[str, Any]] = []
    goals: list[dict[str, Any]] = []
    print("\n== compile-time")
    for comparison in (CALL, COROUTINE) if has_qcoro else (CALL,):
        rows = compare(comparison, command, arguments.reps)
        reached = [] if arguments.trial else [goal(comparison, rows, peer) for peer in comparison.peers]
        show(comparison, rows, reached)
        goals += reached
        tables.append(
            {
                "benchmark": "compile-time",
                "title": comparison.title,
                "unit": "ms of processor time",
                "rows": list(rows.values()),
            }
        )
    if arguments.json:
        arguments.json.write_text(json.dumps({"tables": tables, "goals": goals}))
    return 0 if all(entry["reached"] for entry in goals) else 1


if __name__ == "__main__":
    raise SystemExit(main())
