"""Charts as SVG that takes its text colour from the page, so that one drawing serves light and dark."""

import io
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import altair

_WIDTH = 560
_FADED = 0.25
_CHARACTER = 7.8
# Of middling lightness: told apart on white and on black, and by people who see colours differently.
COLOURS = ("#3a8fd0", "#e07b39", "#2fa37c", "#b56bc4", "#c2963a", "#d65c78")


def _style(chart: Any) -> Any:
    text = {"labelColor": "currentColor", "titleColor": "currentColor", "labelFontSize": 12, "titleFontSize": 12}
    faint = {"gridColor": "currentColor", "gridOpacity": _FADED / 2, "domainColor": "currentColor"}
    faint |= {"domainOpacity": _FADED, "tickColor": "currentColor", "tickOpacity": _FADED}
    return (
        chart.configure(background="transparent", font="sans-serif")
        .configure_view(stroke=None)
        .configure_axis(**text, **faint, titleFontWeight="normal", labelLimit=320)
        .configure_legend(**text, title=None, orient="top")
        .configure_header(**text, title=None)
        .configure_range(category=list(COLOURS))
        .configure_text(color="currentColor")
    )


def _svg(chart: Any, name: str) -> str:
    """The drawing, its inner names made different from those of other drawings on the page."""
    stream = io.StringIO()
    _style(chart).save(stream, format="svg")
    drawing = stream.getvalue()
    return drawing.replace('id="', f'id="{name}-').replace("url(#", f"url(#{name}-")


def _values(rows: Sequence[Mapping[str, Any]]) -> Any:
    return altair.InlineData(values=[dict(row) for row in rows])


def _axis(labels: Iterable[str]) -> Any:
    """An axis with room for its labels in any font: the browser's is not the one they were measured in."""
    return altair.Axis(minExtent=_CHARACTER * max(map(len, labels), default=0))


def bars(name: str, counts: Mapping[str, float], title: str, number: str = ",d") -> str:
    """A bar for each name, with its number, in the order given."""
    rows = [{"name": key, "count": value} for key, value in counts.items()]
    base = altair.Chart(_values(rows)).encode(
        y=altair.Y("name:N", sort=None, title=None, axis=_axis(counts)),
        x=altair.X("count:Q", title=title, axis=altair.Axis(format=number, tickCount=5)),
    )
    labels = base.mark_text(align="left", dx=4, fontSize=12).encode(text=altair.Text("count:Q", format=number))
    drawn = base.mark_bar(color=COLOURS[0], height={"band": 0.7}) + labels
    return _svg(drawn.properties(width=_WIDTH - 200, height=22 * max(1, len(rows))), name)


def histogram(name: str, bins: Mapping[str, Mapping[int, int]], title: str) -> str:
    """Rows in bins that double, side by side by style; `bins` are by style and lower bound."""
    bounds = sorted({bound for of_style in bins.values() for bound in of_style})
    every = [1 << e for e in range(bounds[0].bit_length() - 1, bounds[-1].bit_length())] if bounds else []
    rows = [
        {"style": style, "bin": f"{bound:,}", "rows": of_style.get(bound, 0)}
        for style, of_style in bins.items()
        for bound in every
    ]
    several = len(bins) > 1
    encoded: dict[str, Any] = {
        "x": altair.X("bin:N", sort=None, title=f"{title}, from", axis=altair.Axis(labelAngle=-40)),
        "y": altair.Y("rows:Q", title="rows", axis=altair.Axis(format=",d", tickCount=5, tickMinStep=1)),
        "color": altair.Color("style:N") if several else altair.value(COLOURS[0]),
    }
    if several:
        encoded["xOffset"] = altair.XOffset("style:N")
    return _svg(altair.Chart(_values(rows)).mark_bar().encode(**encoded).properties(width=_WIDTH, height=170), name)


def ranges(name: str, quantiles: Mapping[str, Mapping[float, float]], title: str) -> str:
    """A line from the tenth to the ninetieth part of a hundred for each style, with its median."""
    rows = [{"style": s, "low": q[0.1], "median": q[0.5], "high": q[0.9]} for s, q in quantiles.items()]
    base = altair.Chart(_values(rows)).encode(y=altair.Y("style:N", title=None, axis=_axis(quantiles)))
    line = base.mark_bar(height=8, cornerRadius=4, color=COLOURS[0], opacity=0.6).encode(
        x=altair.X("low:Q", title=title, scale=altair.Scale(zero=True)), x2="high:Q"
    )
    median = base.mark_tick(thickness=3, size=20, color=COLOURS[1]).encode(x="median:Q")
    label = base.mark_text(dy=-16, fontSize=12).encode(x="median:Q", text=altair.Text("median:Q", format=".1f"))
    return _svg((line + median + label).properties(width=_WIDTH, height=46 * max(1, len(rows))), name)


def shares(name: str, fits: Mapping[str, Mapping[int, float]], title: str) -> str:
    """For each style a bar for each budget: the share that fits it."""
    rows = [
        {"style": style, "budget": f"{budget:,}", "share": share}
        for style, of_style in fits.items()
        for budget, share in of_style.items()
    ]
    base = altair.Chart(_values(rows)).encode(
        y=altair.Y("style:N", title=None, axis=_axis(fits)),
        yOffset=altair.YOffset("budget:N", sort=None),
        x=altair.X(
            "share:Q", title=title, scale=altair.Scale(domain=[0, 1]), axis=altair.Axis(format="%", tickCount=5)
        ),
    )
    drawn = base.mark_bar().encode(color=altair.Color("budget:N", sort=None))
    label = base.mark_text(align="left", dx=4, fontSize=11).encode(text=altair.Text("share:Q", format=".1%"))
    return _svg((drawn + label).properties(width=_WIDTH - 120, height=66 * max(1, len(fits))), name)
