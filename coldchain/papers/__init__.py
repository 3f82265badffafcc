"""Papers for people who decide: the paper of a meeting and the notices of a county, as page, PDF and DOCX.

A paper is a list of parts (:mod:`coldchain.papers.paper`); one template and one stylesheet make it a page, which a
browser prints, and :mod:`coldchain.papers.word` makes it a document to edit.
"""

from coldchain.papers.paper import Break, Drawing, Head, Listing, Paper, PaperTable, Signature, Text
from coldchain.papers.writing import write_paper

__all__ = ["Break", "Drawing", "Head", "Listing", "Paper", "PaperTable", "Signature", "Text", "write_paper"]
