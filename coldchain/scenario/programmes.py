"""Shipped subsidy programmes, each a set of keys of ``[subsidy]`` with its source."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib import resources
from typing import Any

from coldchain.errors import Fault
from coldchain.language import _
from coldchain.model import Subsidy
from coldchain.model.naming import of_ids


@cache
def programme_keys() -> dict[str, dict[str, Any]]:
    """Return the keys that each programme sets, by name."""
    text = (resources.files("coldchain.scenario") / "catalogue" / "programmes.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)


def programme(name: str) -> Subsidy:
    """Return a shipped programme as a subsidy rule.

    Raises
    ------
    KeyError
        When there is no such programme.

    Examples
    --------
    850 m³ in a formerly poor county of Hunan, as the notice itself reckons: 238,000 CNY.

    >>> rule = programme("hunan_2021")
    >>> round(850 * rule.unit_price_cny_m3 * rule.rate_by_class["formerly_poor"])
    238000
    """
    return Subsidy(programme=name, **programme_keys()[name])


def with_programme(values: Mapping[str, Any], file: str) -> tuple[dict[str, Any], list[Fault]]:
    """Lay the keys of ``[subsidy]`` over those of the programme it names; tables are merged key by key."""
    name = values.get("programme", "")
    if not name:
        return dict(values), []
    known = programme_keys()
    if not isinstance(name, str) or name not in known:
        guess = of_ids(known).find(str(name)).guess or _("there are {listed}").format(listed=_(", ").join(known))
        message = _("is not a shipped programme")
        return dict(values), [Fault(file, None, "programme", str(name), message, "unknown-programme", guess=guess)]
    merged = dict(known[name])
    for key, value in values.items():
        both = isinstance(merged.get(key), dict) and isinstance(value, dict)
        merged[key] = {**merged[key], **value} if both else value
    return merged, []
