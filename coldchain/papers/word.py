"""A paper as a document of Word: real headings and tables, page numbers, Chinese fonts named for Chinese letters."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from coldchain.errors import MissingExtraError
from coldchain.language import _
from coldchain.papers.page import PageSheet, is_short, sheets
from coldchain.papers.paper import Block, Drawing, Head, Listing, Paper, PaperTable, Signature, Text
from coldchain.papers.setting import column_widths
from coldchain.reports.raster import picture

if TYPE_CHECKING:
    from docx.document import Document
    from docx.section import Section
    from docx.table import _Cell
    from docx.text.paragraph import Paragraph

LATIN = "Times New Roman"
FONTS = {"Normal": "仿宋", "Title": "方正小标宋简体", "Heading 1": "黑体", "Heading 2": "楷体", "Heading 3": "仿宋"}
POINTS = {"Normal": 14.0, "Title": 22.0, "Heading 1": 16.0, "Heading 2": 14.0, "Heading 3": 14.0}
ENGLISH_POINTS = {"Normal": 11.0, "Title": 20.0, "Heading 1": 14.0, "Heading 2": 12.0, "Heading 3": 11.0}
MANY_COLUMNS = 6
TABLE_POINTS, WIDE_POINTS, NOTE_POINTS, GAP_POINTS = 9.5, 8.5, 9.0, 4.0
MAP_MM = 140
A4_MM, MARGIN_MM, WIDE_MARGIN_MM = (210, 297), (24, 24), (18, 16)
KEY_FILL, MARK_FILL, HEAD_FILL = "F1F5F4", "FDF6E7", "E8EFEC"


def write_document(paper: Paper, path: Path) -> None:
    """Write a paper as DOCX.

    Raises
    ------
    MissingExtraError
        When python-docx is not installed.
    """
    try:
        import docx
    except ImportError:
        told = _("a DOCX needs python-docx: pip install 'coldchain[report]'; the page can be printed without it")
        raise MissingExtraError(told) from None
    document = docx.Document()
    _styles(document, zh=paper.lang == "zh")
    _properties(document, paper)
    for number, sheet in enumerate(sheets(paper)):
        _begin(document, sheet, first=number == 0)
        if number == 0:
            _title(document, paper)
        for block, _kind in sheet.blocks:
            WRITERS[type(block)](document, block)
    if paper.foot:
        _small(document.add_paragraph(paper.foot), NOTE_POINTS - 1)
    document.save(str(path))


def _styles(document: Document, *, zh: bool) -> None:
    from docx.enum.style import WD_STYLE_TYPE
    from docx.shared import Pt, RGBColor

    for name, font in FONTS.items():
        style: Any = document.styles[name]
        style.font.name = LATIN
        style.font.size = Pt((POINTS if zh else ENGLISH_POINTS)[name])
        style.font.color.rgb = RGBColor(0, 0, 0)
        style.font.bold = name == "Title" or (name != "Normal" and not zh)
        style.font.italic = False
        _fonts(style.element.get_or_add_rPr(), font)
        style.paragraph_format.space_before = Pt(0 if name == "Normal" else 6)
        style.paragraph_format.space_after = Pt(3)
        style.paragraph_format.keep_with_next = name.startswith("Heading")
        style.paragraph_format.line_spacing = 1.2 if zh else 1.15
    body: Any = document.styles["Body Text"]
    body.base_style, body.paragraph_format.space_after = document.styles["Normal"], Pt(3)
    body.paragraph_format.first_line_indent = Pt(2 * POINTS["Normal"] if zh else 0)
    for border in document.styles["Title"].element.xpath(".//w:pBdr"):
        border.getparent().remove(border)
    document.styles.add_style("Cell", WD_STYLE_TYPE.PARAGRAPH).base_style = document.styles["Normal"]
    cell: Any = document.styles["Cell"]
    cell.font.size, cell.paragraph_format.line_spacing = Pt(TABLE_POINTS if zh else NOTE_POINTS), 1.0
    cell.paragraph_format.space_after = Pt(0)


def _fonts(properties: Any, font: str) -> None:
    """Name the font of Chinese letters beside that of Latin ones; fonts of the theme would come first."""
    from docx.oxml.ns import qn

    fonts = properties.get_or_add_rFonts()
    for key in ("asciiTheme", "hAnsiTheme", "eastAsiaTheme", "cstheme"):
        fonts.attrib.pop(qn(f"w:{key}"), None)
    for key, name in (("ascii", LATIN), ("hAnsi", LATIN), ("eastAsia", font), ("cs", LATIN)):
        fonts.set(qn(f"w:{key}"), name)


def _properties(document: Document, paper: Paper) -> None:
    """Set title and language; nothing of the machine it was written on."""
    core = document.core_properties
    core.title, core.author, core.comments = paper.title.replace("\n", " "), "", ""
    core.language = "zh-CN" if paper.lang == "zh" else "en-GB"


def _begin(document: Document, sheet: PageSheet, *, first: bool) -> None:
    from docx.enum.section import WD_ORIENT, WD_SECTION
    from docx.shared import Mm

    section = document.sections[0] if first else document.add_section(WD_SECTION.NEW_PAGE)
    short, tall = A4_MM
    section.orientation = WD_ORIENT.LANDSCAPE if sheet.landscape else WD_ORIENT.PORTRAIT
    section.page_width, section.page_height = (Mm(tall), Mm(short)) if sheet.landscape else (Mm(short), Mm(tall))
    above, beside = WIDE_MARGIN_MM if sheet.landscape else MARGIN_MM
    section.top_margin = section.bottom_margin = Mm(above)
    section.left_margin = section.right_margin = Mm(beside)
    if first:
        _page_number(section)


def _page_number(section: Section) -> None:
    """Put ``— 1 —`` at the foot of every page."""
    from docx.enum.text import WD_ALIGN_PARAGRAPH
    from docx.oxml import OxmlElement
    from docx.oxml.ns import qn

    line = section.footer.paragraphs[0]
    line.alignment = WD_ALIGN_PARAGRAPH.CENTER
    line.add_run("— ")
    for kind, text in (("begin", ""), ("", " PAGE "), ("end", "")):
        part = OxmlElement("w:fldChar" if kind else "w:instrText")
        if kind:
            part.set(qn("w:fldCharType"), kind)
        else:
            part.text = text
        _xml(line.add_run()).append(part)
    line.add_run(" —")


def _title(document: Document, paper: Paper) -> None:
    from docx.enum.text import WD_ALIGN_PARAGRAPH

    document.add_paragraph(paper.title, style="Title").alignment = WD_ALIGN_PARAGRAPH.CENTER
    for line in paper.under:
        document.add_paragraph(line).alignment = WD_ALIGN_PARAGRAPH.CENTER


def _head(document: Document, one: Head) -> None:
    document.add_heading(one.text, one.level)


def _text(document: Document, one: Text) -> None:
    line = document.add_paragraph(style="Body Text" if one.voice == "body" else "Normal")
    if one.label:
        line.add_run(one.label + " ").bold = True
    line.add_run(one.text)
    if one.voice == "note":
        _small(line, NOTE_POINTS)
    elif one.voice in ("key", "mark"):
        _shade(_xml(line).get_or_add_pPr(), KEY_FILL if one.voice == "key" else MARK_FILL)


def _listing(document: Document, one: Listing) -> None:
    from docx.shared import Pt

    for number, item in enumerate(one.items, start=1):
        line = document.add_paragraph(f"{number}. {item}" if one.numbered else f"· {item}")
        line.paragraph_format.left_indent, line.paragraph_format.first_line_indent = Pt(22), Pt(-16)


def _grid(document: Document, one: PaperTable) -> None:
    from docx.enum.text import WD_ALIGN_PARAGRAPH
    from docx.shared import Pt

    head = document.add_paragraph()
    head.add_run(one.caption).bold = True
    head.add_run(f"    {one.unit}" if one.unit else "").font.size = Pt(NOTE_POINTS)
    head.paragraph_format.keep_with_next = True
    table = document.add_table(rows=1 + len(one.rows), cols=len(one.headings), style="Table Grid")
    table.autofit = False
    widths = _widths(document, one)
    for column, width in zip(table.columns, widths, strict=True):
        column.width = width
    for number, row in enumerate((one.headings, *one.rows)):
        cells = table.rows[number].cells
        strong = number == 0 or (one.total and number == len(one.rows))
        together = number < 2 or (is_short(one) and number < len(one.rows))
        for place, text in enumerate(row):
            _fill(cells[place], text, strong=strong, wide=one.wide or len(row) > MANY_COLUMNS)
            cells[place].width = widths[place]
            cells[place].paragraphs[0].paragraph_format.keep_with_next = together
            if one.figures[place]:
                cells[place].paragraphs[0].alignment = WD_ALIGN_PARAGRAPH.RIGHT
            if number == 0:
                _shade(_xml(cells[place]).get_or_add_tcPr(), HEAD_FILL)
        _keep_row(_xml(table.rows[number]), head=number == 0)
    _small(document.add_paragraph(" "), GAP_POINTS)


def _widths(document: Document, one: PaperTable) -> list[Any]:
    from docx.shared import Mm

    section = document.sections[-1]
    wide, margins = section.page_width or Mm(A4_MM[0]), (section.left_margin or 0) + (section.right_margin or 0)
    room = (wide - margins) / Mm(1)
    return [Mm(room * part) for part in column_widths(one)]


def _fill(cell: _Cell, text: str, *, strong: bool, wide: bool) -> None:
    from docx.shared import Pt

    line = cell.paragraphs[0]
    line.style = "Cell"
    run = line.add_run(text)
    run.bold = strong
    if wide:
        run.font.size = Pt(WIDE_POINTS)


def _keep_row(row: Any, *, head: bool) -> None:
    """Keep a row on one page; repeat the head of a table on every page."""
    from docx.oxml import OxmlElement

    properties = row.get_or_add_trPr()
    properties.append(OxmlElement("w:cantSplit"))
    if head:
        properties.append(OxmlElement("w:tblHeader"))


def _xml(part: Any) -> Any:
    """Return the element behind a part; python-docx has no public way to it."""
    return part._element  # noqa: SLF001


def _shade(properties: Any, fill: str) -> None:
    from docx.oxml import OxmlElement
    from docx.oxml.ns import qn

    shade = OxmlElement("w:shd")
    for key, value in (("val", "clear"), ("color", "auto"), ("fill", fill)):
        shade.set(qn(f"w:{key}"), value)
    properties.append(shade)


def _drawing(document: Document, one: Drawing) -> None:
    from docx.enum.text import WD_ALIGN_PARAGRAPH
    from docx.shared import Mm

    try:
        png = picture(one.svg)
    except MissingExtraError:
        _small(
            document.add_paragraph(
                _("(Drawing: see the page or the PDF of this paper.) {caption}").format(caption=one.caption)
            ),
            NOTE_POINTS,
        )
        return
    line = document.add_paragraph()
    line.alignment = WD_ALIGN_PARAGRAPH.CENTER
    line.paragraph_format.keep_with_next = bool(one.caption)
    line.add_run().add_picture(io.BytesIO(png), width=Mm(MAP_MM))
    if one.caption:
        document.add_paragraph(one.caption).alignment = WD_ALIGN_PARAGRAPH.CENTER


def _signature(document: Document, one: Signature) -> None:
    from docx.enum.text import WD_ALIGN_PARAGRAPH
    from docx.shared import Pt

    for number, text in enumerate((one.unit, one.day)):
        line = document.add_paragraph(text)
        line.alignment = WD_ALIGN_PARAGRAPH.RIGHT
        line.paragraph_format.right_indent = Pt(2 * POINTS["Normal"])
        line.paragraph_format.keep_with_next = number == 0
        line.paragraph_format.space_before = Pt(24 if number == 0 else 0)


def _small(line: Paragraph, points: float) -> None:
    from docx.shared import Pt

    for run in line.runs:
        run.font.size = Pt(points)


Writer = Callable[[Any, Any], None]
WRITERS: dict[type[Block], Writer] = {
    Head: _head, Text: _text, Listing: _listing, PaperTable: _grid, Drawing: _drawing, Signature: _signature,
}  # fmt: skip
