"""For trainers: the risk-coverage curve as a picture, with the point that was chosen on it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

ACCENT, WARNING, FAINT = "#2f5bd7", "#b3261e", "#8a8580"
SIZE = (7.2, 4.4)  # inches


def draw(report: dict[str, Any], file: Path) -> None:
    """An SVG: how much would be answered (across), and how much of that would be wrong (up)."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot
    from matplotlib.ticker import PercentFormatter

    curve, expected, target = report["curve"], report["expected"], report["target_wrong_share"]
    answered = [point["answered"] for point in curve]
    figure, axes = pyplot.subplots(figsize=SIZE, layout="constrained")
    axes.fill_between(
        answered,
        [point["wrong"] for point in curve],
        [point["wrong_upper"] for point in curve],
        color=ACCENT,
        alpha=0.15,
        linewidth=0,
    )
    axes.plot(answered, [point["wrong"] for point in curve], color=ACCENT, linewidth=1.8)
    axes.axhline(target, color=WARNING, linewidth=1, linestyle=(0, (4, 3)))
    axes.annotate(
        f"promised: at most {target:.0%} wrong",
        (0.0, target),
        (4, 4),
        textcoords="offset points",
        color=WARNING,
    )
    axes.plot(expected["answered"], expected["wrong"], "o", color=ACCENT, markersize=8)
    axes.annotate(
        f"from {report['threshold']:.2f} on: {expected['answered']:.0%} answered, "
        f"{expected['wrong']:.1%} wrong",
        (expected["answered"], expected["wrong"]),
        (-8, 22),
        textcoords="offset points",
        ha="right",
        color=ACCENT,
        arrowprops={"arrowstyle": "-", "color": FAINT},
    )
    axes.set(xlim=(0, 1), ylim=(0, max(0.25, curve[-1]["wrong_upper"] * 1.05)))
    axes.set_xlabel("share of all messages that the bot answers")
    axes.set_ylabel("of these answers wrong")
    axes.set_title(_caption(report), fontsize=9, color=FAINT, loc="left")
    axes.xaxis.set_major_formatter(PercentFormatter(1, decimals=0))
    axes.yaxis.set_major_formatter(PercentFormatter(1, decimals=0))
    axes.spines[["top", "right"]].set_visible(False)
    figure.savefig(file, format="svg")
    pyplot.close(figure)


def _caption(report: dict[str, Any]) -> str:
    expected, share, sample = report["expected"], report["out_of_scope_share"], report["sample"]
    return (  # two lines: one would not fit
        f"{sample['examples']} examples asked unlearned, {share['mean']:.0%} of the traffic out of scope "
        f"({share['low']:.0%} to {share['high']:.0%})\nasked back {expected['asked_back']:.0%}, "
        f"handed over at once {expected['handed_over_at_once']:.0%}"
    )
