"""Make a PDF of what the desk prints, where the extra `pdf` is installed (WeasyPrint); else not.

The page brings its own style and loads nothing: no address in it is followed.
"""

from functools import cache
from importlib import import_module
from pathlib import Path
from types import ModuleType

from werkzeug.wrappers import Response

from kernel.errors import NotFound

STYLE = Path(__file__).with_name("static") / "paper.css"


@cache
def _maker() -> ModuleType | None:
    try:
        return import_module("weasyprint")
    except (ImportError, OSError):  # the extra is missing, or the library it draws with
        return None


def is_offered() -> bool:
    """Say whether PDFs can be made here."""
    return _maker() is not None


def download(html: str, name: str) -> Response:
    """Return the page as a PDF of this name. Raises NotFound where none can be made."""
    maker = _maker()
    if maker is None:
        raise NotFound("record.not_found")
    sheet = maker.CSS(filename=str(STYLE))
    made: bytes = maker.HTML(string=html).write_pdf(stylesheets=[sheet], pdf_variant="pdf/ua-1")
    response = Response(made, mimetype="application/pdf")
    response.headers["Content-Disposition"] = f'inline; filename="{name}.pdf"'
    response.headers["Cache-Control"] = "no-store"
    return response
