"""What every noun shares: frozen, no unknown keys, no NaN; and how a figure states its unit and default."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

Method = Literal["room", "forced_air", "vacuum", "hydro", "process"]
Status = Literal["optimal", "feasible", "infeasible", "limit"]


class Noun(BaseModel):
    """A frozen record checked on creation; unknown keys, NaN and infinity are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


@dataclass(frozen=True)
class Spread:
    """How far a figure may be off: figures of one label are wrong together, in all rows of all tables.

    Attributes
    ----------
    label : what people call it, to be translated
    low, high : the ends of the band, as factors of the figure or as differences from it
    source : where the band is from
    """

    label: str
    low: float
    high: float
    by: Literal["factor", "difference"] = "factor"
    source: str = "estimate"


@dataclass(frozen=True)
class Ends:
    """A band whose ends stand in two other fields of the same row, each row by itself.

    Attributes
    ----------
    label : what people call it, to be translated
    low, high, source : names of the fields; where the source is empty the band spans ``unsourced`` either way at least
    """

    label: str
    low: str
    high: str
    source: str
    unsourced: float = 1.0


Band = Spread | Ends


def figure(
    unit: str,
    meaning: str,
    default: Any = ...,
    *,
    usual: tuple[float, float] | None = None,
    band: Band | None = None,
    **limits: Any,
) -> Any:
    """Declare a field with its unit and meaning; the data dictionary and the checks both read it.

    Parameters
    ----------
    unit : as printed in the dictionary, for example ``"t/day"``; ``"-"`` for none
    meaning : one sentence
    default : the value when a table or the scenario does not give one; required when left out
    usual : range in which the figure lies in practice; what lies outside is doubted, not refused
    band : how far the figure may be off; sensitivity and doubt of a plan move it that far
    limits : pydantic bounds such as ``ge=0``
    """
    extra: dict[str, Any] = {"unit": unit} if usual is None else {"unit": unit, "usual": list(usual)}
    if band is not None:
        extra["band"] = band
    return Field(default, description=meaning, json_schema_extra=extra, **limits)


def band_of(noun: type[Noun], name: str) -> Band | None:
    """Return how far a field may be off; None where nothing is stated."""
    extra = noun.model_fields[name].json_schema_extra
    found: Any = extra.get("band") if isinstance(extra, dict) else None
    return found if isinstance(found, Spread | Ends) else None
