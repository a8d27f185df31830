#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Python's ways of a call in another thread, for the benchmarks: pythonpeers.py WAY MEASUREMENT IN_FLIGHT CALLS

WAY is asyncio (asyncio.to_thread, its default pool) or anyio (anyio.to_thread.run_sync, 40 tokens). Each
IN_FLIGHT makes its next call when the last one is back. flow prints the nanoseconds per call, latency the
microseconds of each.
"""

import asyncio
import sys
import time
from collections.abc import Awaitable, Callable

Call = Callable[[Callable[[], None]], Awaitable[None]]


def work() -> None:
    pass


async def one_after_another(call: Call, calls: int, latencies: list[float]) -> None:
    for _ in range(calls):
        start = time.perf_counter_ns()
        await call(work)
        latencies.append((time.perf_counter_ns() - start) / 1000)


async def measure(call: Call, measurement: str, in_flight: int, calls: int) -> list[float]:
    latencies: list[float] = []
    await one_after_another(call, 10, [])  # makes a thread and warms up
    start = time.perf_counter_ns()
    each, rest = divmod(calls, in_flight)
    shares = (each + (number < rest) for number in range(in_flight))
    await asyncio.gather(*(one_after_another(call, share, latencies) for share in shares))
    time_per_call = (time.perf_counter_ns() - start) / calls
    return latencies if measurement == "latency" else [time_per_call]


def call_of(way: str) -> Call:
    if way == "asyncio":
        return asyncio.to_thread
    import anyio.to_thread

    return anyio.to_thread.run_sync


def main() -> None:
    way, measurement, in_flight, calls = sys.argv[1:]
    for sample in asyncio.run(measure(call_of(way), measurement, int(in_flight), int(calls))):
        print(sample)


if __name__ == "__main__":
    main()
