"""A figure of matplotlib that needs no window: drawn to files, and shown by notebooks as a picture."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any, Literal

from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from coldchain.reports import palette

if TYPE_CHECKING:
    from matplotlib.axes import Axes


class Chart(Figure):
    """A figure on our paper that is independent of pyplot and its settings."""

    def __init__(self, size_in: tuple[float, float], dpi: int, layout: Any = None) -> None:
        super().__init__(figsize=size_in, dpi=dpi, facecolor=palette.PAPER, layout=layout)
        FigureCanvasAgg(self)

    def _repr_png_(self) -> bytes:
        """Return the picture, which is what notebooks ask for."""
        held = io.BytesIO()
        self.savefig(held, format="png")
        return held.getvalue()


def calm(axes: Axes, grid: Literal["both", "x", "y"], size: float) -> None:
    """Leave of the frame of a panel a pale grid and figures of some size."""
    axes.grid(axis=grid, color="#e6e9ec", linewidth=0.6)
    axes.set_axisbelow(True)
    axes.tick_params(labelsize=size, colors=palette.INK, length=0)
    for spine in axes.spines.values():
        spine.set_visible(False)
