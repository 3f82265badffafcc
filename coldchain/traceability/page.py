"""A page for each lot that opens without a network, in two languages, and labels to print with QR codes.

A page is one file without a program in it: the language is chosen by a style, and a policy forbids scripts, so that no
name can execute. Without an address on the web the QR code holds the facts of the lot as text, which any telephone
shows offline; with one it leads to the page.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from html import escape
from pathlib import Path
from typing import Any

from coldchain.errors import MissingExtraError
from coldchain.language import LANGUAGES, N_, _, language, plural, speaking
from coldchain.model import Commodity
from coldchain.reports import palette
from coldchain.runs import write_folder
from coldchain.traceability import words
from coldchain.traceability.custody import acts_of
from coldchain.traceability.document import Document
from coldchain.traceability.events import Numbering, lot_of
from coldchain.traceability.form import RANGE, listed
from coldchain.traceability.journey import GRAMS, Journey, TracedDay

INDEX, FAMILY = "pages.json", "coldchain.trace-pages/"
LABELS = "labels.html"
STEPS = {
    ("commissioning", "ADD"): N_("Harvested"),
    ("commissioning", ""): N_("Cooled"),
    ("loading", "ADD"): N_("Loaded"),
    ("transporting", "OBSERVE"): N_("On the road"),
    ("unloading", "DELETE"): N_("Unloaded"),
    ("storing", "OBSERVE"): N_("Kept cold"),
    ("destroying", "DELETE"): N_("Sorted out"),
    ("accepting", "OBSERVE"): N_("Handed over"),
}
HASH_SHOWN = 16
POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"
FONTS = ", ".join(f'"{font}"' if " " in font else font for font in palette.FONTS)
STYLE = f"""
* {{ box-sizing: border-box; }}
body {{ font-family: {FONTS}; color: {palette.INK}; background: #f3f4f2; margin: 0; font-size: 16px;
  line-height: 1.45; }}
main {{ max-width: 640px; margin: 0 auto; background: #fff; padding: 18px 20px 26px; min-height: 100vh; }}
input {{ position: absolute; opacity: 0; }}
nav {{ display: flex; justify-content: flex-end; gap: 6px; margin-bottom: 8px; }}
nav label {{ border: 1px solid #8b949c; border-radius: 4px; padding: 3px 12px; cursor: pointer; font-size: 14px; }}
article {{ display: none; }}
#en:checked ~ nav label[for=en], #zh:checked ~ nav label[for=zh] {{ background: #1c5f6b; color: #fff; }}
#en:focus-visible ~ nav label[for=en], #zh:focus-visible ~ nav label[for=zh] {{ outline: 3px solid #c8803a; }}
#en:checked ~ article.en, #zh:checked ~ article.zh {{ display: block; }}
h1 {{ font-size: 25px; line-height: 1.2; margin: 0 0 2px; overflow-wrap: anywhere; }}
h1 + p {{ margin: 0 0 14px; color: {palette.MUTED}; overflow-wrap: anywhere; }}
.mark {{ display: inline-block; background: #fbf2dc; border: 1px solid #c8a24a; border-radius: 4px; padding: 3px 10px;
  margin: 0 0 12px; font-weight: 600; }}
dl {{ display: grid; grid-template-columns: max-content 1fr; gap: 3px 16px; margin: 0 0 18px; }}
dt {{ color: {palette.MUTED}; }} dd {{ margin: 0; overflow-wrap: anywhere; }}
ol {{ list-style: none; margin: 0; padding: 0 0 0 16px; border-left: 3px solid #1c7684; }}
li {{ position: relative; padding: 0 0 13px; overflow-wrap: anywhere; }}
li::before {{ content: ""; position: absolute; left: -23.5px; top: 6px; width: 12px; height: 12px; border-radius: 50%;
  background: #1c7684; border: 2px solid #fff; }}
li b {{ font-weight: 650; }} li span {{ color: {palette.MUTED}; }}
li small {{ display: block; color: {palette.MUTED}; font-size: 14px; }}
footer {{ margin-top: 18px; font-size: 13px; color: {palette.MUTED}; overflow-wrap: anywhere; }}
.code {{ margin-top: 14px; }} svg {{ width: 150px; height: 150px; }}
"""
SHEET = f"""
@page {{ size: A4; margin: 10mm; }}
body {{ font-family: {FONTS}; color: {palette.INK}; margin: 0; font-size: 13px; line-height: 1.35; }}
section {{ display: grid; grid-template-columns: repeat(auto-fill, minmax(88mm, 1fr)); gap: 4mm; padding: 4mm; }}
div {{ display: grid; grid-template-columns: 34mm 1fr; gap: 4mm; border: 1px solid #9aa0a6; padding: 3mm;
  break-inside: avoid; overflow-wrap: anywhere; }}
svg {{ width: 34mm; height: 34mm; }} b {{ display: block; font-size: 16px; }} a {{ color: inherit; }}
"""


@dataclass(frozen=True)
class LotPage:
    """What a page tells of: the lot, its crop, its events, and the names of places."""

    journey: Journey
    crop: Commodity
    village: str
    events: tuple[Mapping[str, Any], ...]
    document: Document

    @property
    def file(self) -> str:
        """Name of the file."""
        return f"{self.journey.lot}.html"

    @property
    def product(self) -> str:
        """What the lot is called in the language spoken: the landmark product, else the crop."""
        return _crop_name(self.crop)

    @property
    def seal(self) -> str:
        """The beginning of the hash of the last event, which stands for all that is said in it."""
        return str(self.events[-1].get("eventID", "")).removeprefix("ni:///sha-256;")[:HASH_SHOWN]


def write_pages(day: TracedDay, document: Document, numbering: Numbering, folder: Path, url: str = "") -> None:
    """Write a page for each lot, the labels and an index into a folder; an earlier one is replaced.

    Raises
    ------
    MissingExtraError
        When segno, which draws the QR codes, is not installed.
    UsageError
        When the folder holds something else.
    """
    pages = list(lot_pages(day, document, numbering))

    def fill(partial: Path) -> None:
        for page in pages:
            (partial / page.file).write_text(page_text(page, url), encoding="utf-8")
        (partial / LABELS).write_text(labels_text(pages, url), encoding="utf-8")
        index = {"schema": f"{FAMILY}1", "pages": {page.journey.lot: page.file for page in pages}}
        (partial / INDEX).write_text(json.dumps(index, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")

    write_folder(folder, fill, INDEX, FAMILY)


def lot_pages(day: TracedDay, document: Document, numbering: Numbering) -> Iterator[LotPage]:
    """Yield what is told of each lot of a day."""
    by_lot: dict[str, list[int]] = {}
    for act in acts_of(document):
        for lot in dict.fromkeys(lot_of(one.key) for one in (*act.goods, *act.outputs)):
            by_lot.setdefault(lot, []).append(act.number - 1)
    crops = {one.id: one for one in day.scenario.commodities}
    for journey in day.journeys:
        events = tuple(document.events[number] for number in by_lot.get(journey.lot, ()))
        village = document.names[numbering.place("village", journey.village)]
        yield LotPage(journey, crops[journey.commodity], village, events, document)


def page_text(page: LotPage, url: str = "") -> str:
    """Return the page of a lot."""
    spoken = language()
    inputs = "".join(
        f'<input type="radio" name="language" id="{one}"{" checked" if one == spoken else ""}>' for one in LANGUAGES
    )
    nav = '<nav><label for="en">English</label><label for="zh">中文</label></nav>'
    articles = []
    for one in LANGUAGES:
        with speaking(one):
            articles.append(f'<article class="{one}" lang="{one}">{_article(page)}</article>')
    code = f'<div class="code">{qr_svg(code_text(page, url))}</div>'
    title = escape(f"{page.product} · {page.village} · {page.journey.lot}")
    return _html(title, STYLE, f"<main>{inputs}{nav}{''.join(articles)}{code}</main>")


def _html(title: str, style: str, body: str) -> str:
    return (
        f'<!DOCTYPE html><html lang="{language()}"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">'
        f'<meta name="viewport" content="width=device-width, initial-scale=1"><title>{title}</title>'
        f"<style>{style}</style></head><body>{body}</body></html>\n"
    )


def _article(page: LotPage) -> str:
    one = page.journey
    mark = ""
    if one.landmark is not None:
        told = _("Landmark product: {name}").format(name=one.landmark.name or one.landmark.id)
        number = _(", certificate {number}").format(number=one.landmark.certificate) if one.landmark.certificate else ""
        mark = f'<p class="mark">{escape(told + number)}</p>'
    facts = [
        (_("Lot"), one.lot),
        (_("Village"), page.village),
        (_("Harvested"), f"{one.harvest:%Y-%m-%d %H:%M}"),
        (_("Weight at harvest"), _("{kg:,.1f} kg").format(kg=one.grams / GRAMS)),
        (_("Expected to be sold"), _("{kg:,.1f} kg").format(kg=(one.grams - one.lost_grams) / GRAMS)),
        (_("Hours from harvest to cold"), f"{(one.cooled - one.harvest).total_seconds() / 3600:.1f}"),
    ]
    listed_facts = "".join(f"<dt>{escape(label)}</dt><dd>{escape(text)}</dd>" for label, text in facts)
    steps = "".join(_step(page, event) for event in page.events)
    foot = _("Seal {seal}: it must be the beginning of the last event's hash in the file of events.")
    return (
        f"<h1>{escape(page.product)}</h1><p>{escape(page.village)}</p>{mark}<dl>{listed_facts}</dl>"
        f"<ol>{steps}</ol><footer>{_basis(page)}<br>{escape(foot.format(seal=page.seal))}</footer>"
    )


def _basis(page: LotPage) -> str:
    measured = any("deviceID" in meta for event in page.events for meta in _metadata(event))
    if measured:
        return escape(_("Times and weights are those of the day's plan; temperatures with a sensor were measured."))
    return escape(_("Times, weights and temperatures are those of the day's plan; nothing was measured."))


def _crop_name(crop: Commodity) -> str:
    return (crop.name_zh if language() == "zh" else crop.name) or crop.name or crop.id


def _step(page: LotPage, event: Mapping[str, Any]) -> str:
    """Return one line of the way of a lot: what, when, where, how warm."""
    step = words.bare("BizStep", str(event.get("bizStep", "")))
    name = STEPS.get((step, str(event.get("action", ""))))
    told = _(name) if name else (step or str(event.get("type", "")))
    time = datetime.fromisoformat(str(event["eventTime"]))
    place = event.get("readPoint", {}).get("id", "")
    where = page.document.names.get(place, "") or (page.document.label(place) if place else "")
    warmth = "".join(f"<small>{escape(text)}</small>" for text in _temperatures(event))
    return f"<li><b>{escape(told)}</b> {escape(where)} <span>{time:%m-%d %H:%M}</span>{warmth}</li>"


def _metadata(event: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    yield from (one.get("sensorMetadata", {}) for one in listed(event, "sensorElementList") if isinstance(one, dict))


def _temperatures(event: Mapping[str, Any]) -> Iterator[str]:
    """Yield how warm it was: over all sensors that measured, and what is planned where none did."""
    spans: dict[bool, list[tuple[float, ...]]] = {}
    for element in listed(event, "sensorElementList"):
        measured = "deviceID" in element.get("sensorMetadata", {})
        for report in listed(element, "sensorReport"):
            span = tuple(float(report[name]) for name in RANGE if name in report)
            if report.get("type") == "Temperature" and report.get("uom") == "CEL" and len(span) == len(RANGE):
                spans.setdefault(measured, []).append(span)
    for measured, found in spans.items():
        least, most = min(one[0] for one in found), max(one[2] for one in found)
        mean = sum(one[1] for one in found) / len(found)
        text = _("{mean:.1f} °C") if least == most else _("{least:.1f} to {most:.1f} °C, mean {mean:.1f} °C")
        source = plural("measured by {count} sensor", "measured by {count} sensors", len(found)).format(
            count=len(found)
        )
        told = source if measured else _("as planned")
        yield f"{text.format(least=least, mean=mean, most=most)} · {told}"


def code_text(page: LotPage, url: str = "") -> str:
    """Return what the QR code holds: where the page lies, or the facts of the lot as text."""
    if url:
        return f"{url.rstrip('/')}/{page.file}"
    one = page.journey
    name = one.landmark.name or one.landmark.id if one.landmark is not None else ""
    lines = [
        page.product,
        name,
        page.village,
        one.lot,
        f"{one.harvest:%Y-%m-%d}",
        f"{one.grams / GRAMS:g} kg",
        page.seal,
    ]
    return "\n".join(line for line in lines if line)


def qr_svg(text: str) -> str:
    """Return a QR code as a drawing.

    Raises
    ------
    MissingExtraError
        When segno is not installed.
    """
    try:
        import segno
    except ImportError:
        message = _("pages of lots need segno for their QR codes: pip install 'coldchain[trace]'")
        raise MissingExtraError(message) from None
    return str(segno.make(text, error="m", micro=False).svg_inline(border=2, omitsize=True))


def labels_text(pages: Sequence[LotPage], url: str = "") -> str:
    """Return a page of labels to print and stick on the crates of a lot."""
    labels = "".join(_label(page, url) for page in pages)
    return _html(escape(_("Labels of the lots")), SHEET, f"<section>{labels}</section>")


def _label(page: LotPage, url: str) -> str:
    one = page.journey
    lines = [
        page.village,
        f"{one.harvest:%Y-%m-%d} · {one.grams / GRAMS:,.1f} kg",
        one.landmark.name or one.landmark.id if one.landmark is not None else "",
    ]
    told = "<br>".join(escape(line) for line in lines if line)
    link = f'<a href="{escape(page.file)}">{escape(one.lot)}</a>'
    return f"<div>{qr_svg(code_text(page, url))}<p><b>{escape(page.product)}</b>{told}<br>{link}</p></div>"
