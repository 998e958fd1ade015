"""Delay against cost, as a picture: PNG for the page, SVG for a close look."""

from collections.abc import Sequence
from pathlib import Path

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from bench.polling import Outcome, Polling

MARKERS = "svDP^"
OURS = "#b3261e"
GREY = "#5f6368"


def draw(polling: Polling, folder: Path) -> None:
    """Write polling.png and polling.svg; the same results make the same bytes."""
    mpl.rcParams.update({"svg.hashsalt": "polling", "font.size": 9})
    figure = Figure(figsize=(11, 4.8), layout="constrained")
    mix, known = figure.subplots(1, 2)
    _mix(mix, polling)
    _known(known, polling)
    for axes in (mix, known):
        axes.set_xlabel("dollars for 1,000 tasks: looks and waits")
        axes.set_ylabel("mean delay, seconds")
        axes.grid(visible=True, which="both", alpha=0.25)
        axes.spines[["top", "right"]].set_visible(False)
    figure.savefig(folder / "polling.png", dpi=110, metadata={"Software": None})
    figure.savefig(folder / "polling.svg", metadata={"Date": None, "Creator": None})


def _mix(axes: Axes, polling: Polling) -> None:
    axes.set_title("The mix, total unknown: nothing lies below and left of ours", loc="left")
    axes.loglog()
    for (name, outcomes), marker in zip(polling.families.items(), MARKERS, strict=True):
        ordered = sorted(outcomes, key=lambda outcome: outcome.dollars)
        line = "none" if name.startswith("ours") else "solid"
        axes.plot(*_points(ordered), ls=line, marker=marker, lw=1, ms=5, alpha=0.8, label=name)
    _star(axes, polling.mix, "ours", below=18)
    _mark(axes, polling.mix_poller, "AWS's job poller")
    axes.set_xticks([4, 6, 10, 20, 30], ["$4", "$6", "$10", "$20", "$30"])
    axes.set_yticks([20, 30, 50, 100, 200], ["20", "30", "50", "100", "200"])
    axes.minorticks_off()
    axes.legend(frameon=False, loc="upper right")


def _known(axes: Axes, polling: Polling) -> None:
    axes.set_title("Tasks under 5.5 hours, total known: what progress gains", loc="left")
    _mark(axes, polling.known_poller, "AWS's job poller")
    _mark(axes, polling.unknown, "ours, without progress", below=-8)
    for kind, outcome in polling.known.items():
        _star(axes, outcome, f"{kind} progress")
    dollars, delays = _points([polling.known_poller, polling.unknown, *polling.known.values()])
    axes.set_xlim(0, 1.35 * max(dollars))
    axes.set_ylim(0, 1.15 * max(delays))
    axes.xaxis.set_major_formatter("${x:.2f}")


def _points(outcomes: Sequence[Outcome]) -> tuple[list[float], list[float]]:
    return [o.dollars for o in outcomes], [o.mean for o in outcomes]


def _star(axes: Axes, outcome: Outcome, text: str, below: int = 11) -> None:
    axes.plot(outcome.dollars, outcome.mean, marker="*", ms=13, color=OURS, ls="")
    _name(axes, outcome, text, OURS, below)


def _mark(axes: Axes, outcome: Outcome, text: str, below: int = 11) -> None:
    axes.plot(outcome.dollars, outcome.mean, marker="o", ms=8, color=GREY, ls="")
    _name(axes, outcome, text, GREY, below)


def _name(axes: Axes, outcome: Outcome, text: str, color: str, below: int) -> None:
    axes.annotate(
        text,
        (outcome.dollars, outcome.mean),
        xytext=(8 if below < 18 else -24, -below),
        textcoords="offset points",
        color=color,
        weight="bold" if color == OURS else "normal",
    )
