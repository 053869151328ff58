"""Where the pages of a procedure lie on the site: what an answer links to and the site serves."""

from __future__ import annotations

from urllib.parse import urlencode

from procedures.vocabulary import Language

LIST = "/thu-tuc"
"""All procedures."""
CHECKLIST = "/giay-to"
"""Under a procedure: its papers, to print."""
CHECKLIST_PDF = "/giay-to.pdf"
"""Under a procedure: the same as a PDF."""
CALCULATOR = "/tinh-tien"
"""Under a procedure of `sums.SUMS`: what it costs."""
NATIONAL = "ca-nuoc"
"""In place of a province: the national rules, though the installation has a province."""


def page_path(
    procedure: str = "", part: str = "", *, province: str = "", language: Language = "vi"
) -> str:
    """Return the path of a procedure's page (`part` is one of the above), or of the list.

    `province` is a slug, or empty for the installation's own.
    """
    chosen = {"tinh": province, "lang": "en" if language == "en" else ""}
    query = urlencode({name: value for name, value in chosen.items() if value})
    path = f"{LIST}/{procedure}{part}" if procedure else LIST
    return f"{path}?{query}" if query else path
