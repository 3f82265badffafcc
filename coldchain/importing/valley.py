"""A small invented valley in the XML of OpenStreetMap, to try an import without downloading a map."""

from __future__ import annotations

from pathlib import Path
from xml.sax.saxutils import quoteattr

import numpy as np

from coldchain.errors import UsageError
from coldchain.language import _

LON, LAT = 109.70, 28.30
STEP, OFF = 0.011, 0.03
WIGGLE, BEND = 0.003, 0.008
HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n<osm version="0.6" generator="coldchain, an invented valley">'


def write_valley(path: Path, villages: int = 12, seed: int = 7) -> Path:
    """Write an invented valley: a main road with a town at each end, and a side road to each village or hamlet.

    Parameters
    ----------
    path : of a new ``.osm`` file
    villages : producing places, 1 to 500; every third one is a hamlet

    Raises
    ------
    UsageError
        When the file exists already.
    """
    if path.exists():
        raise UsageError(_("{name} exists already; choose another name, nothing was written").format(name=path))
    random = np.random.default_rng(seed)
    bends = LAT + BEND * np.cumsum(random.standard_normal(villages + 2))
    spine = [(LON + STEP * n, float(lat)) for n, lat in enumerate(bends)]
    places = [(_side(*spine[n + 1], n, random), n) for n in range(villages)]
    nodes = [_node(1 + n, at) for n, at in enumerate(spine)]
    nodes += [_node(1000 + n, at, place="hamlet" if n % 3 == 2 else "village", name=f"Village {n + 1}")
              for at, n in places]  # fmt: skip
    for n, (name, people) in enumerate((("Lower Town", "21000"), ("Upper Town", "9000"))):
        nodes.append(_node(2000 + n, spine[-n], place="town", name=name, population=people))
    ways = [_way(1, range(1, len(spine) + 1), highway="secondary", name="Valley road")]
    ways += [_way(10 + n, (2 + n, 1000 + n), highway="tertiary" if n % 2 else "unclassified") for _at, n in places]
    path.write_text("\n".join([HEAD, *nodes, *ways, "</osm>", ""]), encoding="utf-8")
    return path


def _side(lon: float, lat: float, n: int, random: np.random.Generator) -> tuple[float, float]:
    """Return a place up the slope, left and right of the valley by turns."""
    return lon + WIGGLE * random.standard_normal(), lat + (1 if n % 2 else -1) * OFF * random.uniform(0.5, 2.0)


def _tags(tags: dict[str, str]) -> str:
    return "".join(f"<tag k={quoteattr(key)} v={quoteattr(value)}/>" for key, value in tags.items())


def _node(key: int, at: tuple[float, float], **tags: str) -> str:
    return f'<node id="{key}" version="1" lat="{at[1]:.6f}" lon="{at[0]:.6f}">{_tags(tags)}</node>'


def _way(key: int, nodes: range | tuple[int, int], **tags: str) -> str:
    refs = "".join(f'<nd ref="{node}"/>' for node in nodes)
    return f'<way id="{key}" version="1">{refs}{_tags(tags)}</way>'
