# SPDX-License-Identifier: MIT
"""The charts of the benchmarks: bars for tables, lines for curves, on logarithmic axes where it helps."""

import re
from pathlib import Path
from typing import Any

import matplotlib
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

Json = dict[str, Any]

OURS = re.compile(r"QFerry|FromThreadChannel|Stream")
FLOOR = re.compile(r"floor|moodycamel|nothing|^no ")
OUR_COLOURS = ("#1565c0", "#42a5f5", "#0d3c73", "#90caf9", "#00838f", "#4dd0e1")
FLOOR_COLOURS = ("#e09f3e", "#b5651d")
PEER_COLOURS = (
    *("#5f6368", "#9aa0a6", "#a1665e", "#7d6b91", "#6b8f71", "#b08ea2"),
    *("#3c4043", "#c4b7a6", "#8c7b4f", "#4f7c8c", "#d09a8f", "#74508c"),
)
WHISKER = {"ecolor": "#202124", "elinewidth": 0.9, "capsize": 2.5}
MARKERS = "os^Dvp*X"

matplotlib.rcParams.update(
    {
        "font.size": 9,
        "axes.spines.top": False,
        "axes.spines.right": False,
        "svg.fonttype": "none",  # text stays text
        "svg.hashsalt": "qferry",  # the same figures give the same file
    }
)


def palette(name: str) -> tuple[str, ...]:
    """The colours of a way's family: QFerry blue, floors amber, peers grey and muted."""
    if OURS.search(name):
        return OUR_COLOURS
    return FLOOR_COLOURS if FLOOR.search(name) else PEER_COLOURS


def short(figure: float) -> str:
    if figure >= 100:
        return f"{figure:,.0f}"
    return f"{figure:.3g}"


def save(figure: Figure, path: Path) -> None:
    figure.savefig(path, bbox_inches="tight", metadata={"Date": None} if path.suffix == ".svg" else None)


def wide_apart(figures: list[float]) -> bool:
    positive = [figure for figure in figures if figure > 0]
    return len(positive) == len(figures) and max(positive) > 15 * min(positive)


def use_logarithm(axis: Axis, figures: list[float]) -> None:
    """Ticks at 1, 2 and 5 as long as there is room for them."""
    (axis.axes.set_xscale if axis is axis.axes.xaxis else axis.axes.set_yscale)("log")
    axis.set_major_locator(LogLocator(subs=(1, 2, 5) if max(figures) < 300 * min(figures) else (1,)))


def title(entry: Json) -> str:
    return f"{entry['benchmark']}: {entry['title']}"


def draw_table(table: Json, path: Path) -> None:
    """A bar for each row, or, where they are wide apart, a dot on a logarithmic axis; from its least to its
    most a whisker."""
    rows = [row for row in table["rows"] if row["median"] is not None]
    if not rows:
        return
    medians = [row["median"] for row in rows]
    colours = [palette(row["name"])[0 if OURS.search(row["name"]) else 1] for row in rows]
    whiskers = [[row["median"] - row["min"] for row in rows], [row["max"] - row["median"] for row in rows]]
    positions = range(len(rows))
    figure = Figure(figsize=(9, 0.9 + 0.34 * len(rows)))
    axes: Axes = figure.subplots()
    if wide_apart(medians):
        use_logarithm(axes.xaxis, medians)
        axes.errorbar(medians, positions, xerr=whiskers, fmt="none", **WHISKER)
        axes.scatter(medians, positions, s=60, color=colours, zorder=3)
        axes.grid(axis="both", color="#e8eaed")
        axes.set_axisbelow(True)
        axes.set_ylim(-0.6, len(rows) - 0.4)
    else:
        axes.barh(positions, medians, height=0.62, color=colours, xerr=whiskers, error_kw=WHISKER)
    axes.set_yticks(positions, [row["name"] for row in rows])
    axes.invert_yaxis()
    for position, row in enumerate(rows):
        axes.annotate(
            short(row["median"]), (row["max"], position), (7, 0), textcoords="offset points", va="center"
        )
    axes.xaxis.set_major_formatter(FuncFormatter(lambda x, _: short(x)))
    axes.xaxis.set_minor_formatter(NullFormatter())
    axes.margins(x=0.12)
    axes.set_xlabel(table["unit"])
    axes.set_title(title(table), loc="left", fontweight="bold")
    save(figure, path)


def draw_curve(curve: Json, path: Path) -> None:
    """A line for each series, from its least to its most a band."""
    figure = Figure(figsize=(9, 5))
    axes: Axes = figure.subplots()
    used: dict[tuple[str, ...], int] = {}
    for series in curve["series"]:
        colours = palette(series["name"])
        index = used[colours] = used.get(colours, -1) + 1
        sizes = [point["size"] for point in series["points"]]
        colour = colours[index % len(colours)]
        axes.plot(
            sizes,
            [point["median"] for point in series["points"]],
            color=colour,
            marker=MARKERS[index % len(MARKERS)],
            markersize=4.5,
            linewidth=2.2 if colours is OUR_COLOURS else 1.3,
            linestyle="--" if colours is FLOOR_COLOURS else "-",
            label=series["name"],
        )
        axes.fill_between(
            sizes,
            [point["min"] for point in series["points"]],
            [point["max"] for point in series["points"]],
            color=colour,
            alpha=0.13,
            linewidth=0,
        )
    axes.set_xscale("log")
    figures = [point["median"] for series in curve["series"] for point in series["points"]]
    if wide_apart(figures):
        use_logarithm(axes.yaxis, figures)
    else:
        axes.set_ylim(bottom=0)
    axes.set_xticks(sorted({point["size"] for series in curve["series"] for point in series["points"]}))
    axes.minorticks_off()
    axes.xaxis.set_major_formatter(FuncFormatter(lambda x, _: short(x)))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda y, _: short(y)))
    axes.grid(axis="y", color="#e8eaed")
    axes.set_axisbelow(True)
    axes.set_xlabel(curve["size"])
    axes.set_ylabel(curve["unit"])
    axes.set_title(title(curve), loc="left", fontweight="bold")
    axes.legend(loc="upper left", bbox_to_anchor=(0, -0.13), ncols=2, frameon=False)
    save(figure, path)
