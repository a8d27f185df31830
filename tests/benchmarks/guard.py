#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Counts the instructions of QFerry's fixed workloads and compares them with a committed baseline.

Exits with 1 if a workload takes more instructions than it may, with 2 if it cannot be counted. It builds
the workloads (benchmark-guard, preset release) and counts with callgrind, so that it does not matter
how busy the machine is. Only numbers of the same toolchain can be compared: for another one than those
in the baseline it prints the counts and exits with 0.
"""

import argparse
import json
import math
import os
import queue
import re
import statistics
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
PROGRAM = ROOT / "build/release/tests/benchmarks/benchmark-guard"
BASELINE = HERE / "guard-baseline.json"

# Two counts: what their difference is divided by is free of start and end of the process.
FEW, MANY = 1_000, 11_000
TIMEOUT_SECONDS = 90  # of one run; the program's own watchdog comes first
UPDATE_RUNS = 5
LOOKS = 3  # at what seems to be slower: the least count is what it needs

LEAST_TOLERANCE = 8  # percent
SPREADS = 4  # that fit into the tolerance


class GuardError(Exception):
    """The workloads cannot be counted."""


@dataclass(frozen=True)
class Expected:
    """What the baseline says of a workload."""

    instructions: float
    tolerance: float  # percent

    @staticmethod
    def of(counts: Sequence[float]) -> "Expected":
        """From repeated counts of one workload, by their middle and spread."""
        middle = statistics.median(counts)
        spread = (max(counts) - min(counts)) / middle * 100
        return Expected(round(middle, 1), max(LEAST_TOLERANCE, math.ceil(spread * SPREADS)))


@dataclass(frozen=True)
class Verdict:
    """How a workload compares with what is expected of it."""

    workload: str
    now: float
    expected: Expected | None

    @property
    def percent(self) -> float:
        return (self.now / self.expected.instructions - 1) * 100 if self.expected else 0.0

    @property
    def is_worse(self) -> bool:
        return self.expected is not None and self.percent > self.expected.tolerance

    @property
    def is_better(self) -> bool:
        return self.expected is not None and self.percent < -self.expected.tolerance

    def __str__(self) -> str:
        line = f"{self.workload:20}{self.now:10.1f} instructions"
        if not self.expected:
            return f"{line}, no baseline"
        mark = ": WORSE" if self.is_worse else ": better" if self.is_better else ""
        return (
            f"{line}, baseline {self.expected.instructions:.1f}, "
            f"{self.percent:+.1f} % (tolerance {self.expected.tolerance:g} %){mark}"
        )


Baseline = dict[str, dict[str, Expected]]  # by toolchain and workload


def load(text: str) -> Baseline:
    return {
        toolchain: {workload: Expected(**expected) for workload, expected in workloads.items()}
        for toolchain, workloads in json.loads(text).items()
    }


def dump(baseline: Baseline) -> str:
    plain = {
        toolchain: {workload: vars(expected) for workload, expected in workloads.items()}
        for toolchain, workloads in sorted(baseline.items())
    }
    return json.dumps(plain, indent=4) + "\n"


def summary(verdicts: Sequence[Verdict], toolchain: str) -> tuple[int, str]:
    """The exit code, and what is to be said in the end."""
    if all(verdict.expected is None for verdict in verdicts):
        return 0, f"No baseline for {toolchain}: nothing to compare with. --update makes one."
    worse = [verdict.workload for verdict in verdicts if verdict.is_worse]
    if worse:
        return 1, (
            f"More instructions than in the baseline: {', '.join(worse)}. "
            "--keep DIR leaves files for callgrind_annotate; if this is the price of something "
            "worth it, --update."
        )
    if any(verdict.is_better or not verdict.expected for verdict in verdicts):
        return 0, "Passed. Please --update the baseline, so that it guards what was gained or is new."
    return 0, "Passed."


class Counter:
    """Counts workloads, as many at a time as there are processors."""

    def __init__(self, keep: Path | None) -> None:
        self._keep = keep
        processors = sorted(os.sched_getaffinity(0))
        free: queue.SimpleQueue[int] = queue.SimpleQueue()
        for processor in processors:
            free.put(processor)
        # Valgrind runs one thread at a time anyway; and QFerry counts as many cores everywhere.
        self._pool = ThreadPoolExecutor(
            len(processors), initializer=lambda: os.sched_setaffinity(0, {free.get()})
        )

    def instructions(self, workloads: Sequence[str]) -> Iterator[float]:
        """Instructions per operation, for each of the workloads."""
        runs = [[self._pool.submit(self._run, name, n) for n in (FEW, MANY)] for name in workloads]
        for few, many in runs:
            yield (many.result() - few.result()) / (MANY - FEW)

    def close(self) -> None:
        self._pool.shutdown(cancel_futures=True)

    def _run(self, workload: str, count: int) -> int:
        out = self._keep / f"callgrind.out.{workload}.{count}" if self._keep else os.devnull
        command = ["valgrind", "--tool=callgrind", "--fair-sched=yes"]
        command += [f"--callgrind-out-file={out}", str(PROGRAM), workload, str(count)]
        # Nothing of the caller's environment changes what is counted, nor do the abilities of his
        # processor, as far as the C library and Qt choose functions by them.
        environment = {
            "PATH": os.environ.get("PATH", os.defpath),
            "LC_ALL": "C",
            "GLIBC_TUNABLES": "glibc.cpu.hwcaps=-AVX2,-AVX512F,-AVX512VL,-ERMS,-FSRM",
            "QT_NO_CPU_FEATURE": "avx avx2 avx512f avx512bw avx512vl",
        }
        try:
            run = subprocess.run(
                command, env=environment, capture_output=True, text=True, timeout=TIMEOUT_SECONDS
            )
        except subprocess.TimeoutExpired as error:
            raise GuardError(f"{workload} did not end in {TIMEOUT_SECONDS} s") from error
        except FileNotFoundError as error:
            raise GuardError("Please install valgrind first") from error
        total = re.search(r"Collected : (\d+)", run.stderr)
        if run.returncode != 0 or not total:
            raise GuardError(f"{workload} failed ({run.returncode}):\n{run.stderr}")
        return int(total[1])


def build() -> None:
    for step in (["install-dependencies", "valgrind"], ["build", "release", "benchmark-guard"]):
        if subprocess.run([ROOT / ".ci" / step[0], *step[1:]]).returncode != 0:
            raise GuardError("The workloads could not be built")


def ask_program(option: str) -> list[str]:
    answer = subprocess.run([PROGRAM, option], capture_output=True, text=True, timeout=TIMEOUT_SECONDS)
    if answer.returncode != 0 or not answer.stdout:
        raise GuardError(f"{PROGRAM.name} {option} failed ({answer.returncode}):\n{answer.stderr}")
    return answer.stdout.splitlines()


def compare(counter: Counter, workloads: Sequence[str], expected: Mapping[str, Expected]) -> list[Verdict]:
    """Counts and compares; prints a line for each workload."""
    verdicts = []
    for workload, now in zip(workloads, counter.instructions(workloads)):
        verdict = Verdict(workload, now, expected.get(workload))
        if verdict.is_worse:
            again = counter.instructions([workload] * (LOOKS - 1))
            verdict = Verdict(workload, min(now, *again), verdict.expected)
        print(verdict, flush=True)
        verdicts.append(verdict)
    return verdicts


def measure(counter: Counter, workloads: Sequence[str]) -> dict[str, Expected]:
    """What is to be expected from now on; prints a line for each workload."""
    result = {}
    for workload in workloads:
        counts = list(counter.instructions([workload] * UPDATE_RUNS))
        expected = result[workload] = Expected.of(counts)
        print(
            f"{workload:20}{expected.instructions:10.1f} instructions, {min(counts):.1f} to "
            f"{max(counts):.1f} in {UPDATE_RUNS} runs, tolerance {expected.tolerance:g} %",
            flush=True,
        )
    return result


def parse_arguments(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--list", action="store_true", help="name the workloads")
    parser.add_argument("--only", action="append", metavar="NAME", help="this workload; may be repeated")
    parser.add_argument("--update", action="store_true", help="write what is counted into the baseline")
    parser.add_argument("--keep", type=Path, metavar="DIR", help="leave files for callgrind_annotate")
    return parser.parse_args(arguments)


def guard(options: argparse.Namespace) -> int:
    build()
    known = ask_program("--list")
    if options.list:
        print("\n".join(known))
        return 0
    workloads = options.only or known
    if unknown := set(workloads) - set(known):
        raise GuardError(f"There is no workload {', '.join(sorted(unknown))}; --list names them")
    if options.keep:
        options.keep = options.keep.resolve()
        options.keep.mkdir(parents=True, exist_ok=True)

    toolchain = ask_program("--toolchain")[0]
    baseline = load(BASELINE.read_text()) if BASELINE.exists() else {}
    expected = baseline.get(toolchain, {})
    counter = Counter(options.keep)
    try:
        if not options.update:
            code, text = summary(compare(counter, workloads, expected), toolchain)
            print(text)
            return code
        measured = measure(counter, workloads)
        updated = {**expected, **measured}
        baseline[toolchain] = {name: updated[name] for name in known if name in updated}
        BASELINE.write_text(dump(baseline))
        return 0
    finally:
        counter.close()


def main() -> int:
    try:
        return guard(parse_arguments(sys.argv[1:]))
    except GuardError as error:
        print(f"guard.py: {error}", file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(main())
