"""Refuse a PDF that acts by itself, carries files, or cannot be looked into (ISO 32000-1, 12.6).

qpdf reads it, without guessing at what is damaged: a reader might guess otherwise. What streams
hold (points, letters) is not inflated, for nothing there acts; only those that hold objects are.
"""

import io
from collections.abc import Iterable, Iterator

import pikepdf
from pikepdf import Array, Dictionary, Object, Stream
from pikepdf.settings import set_qpdf_limits

from kernel.errors import Refused

EACH = 4 * 1024 * 1024  # bytes inflated of one stream that holds objects
MOST_ENTRIES = 200_000  # of one list
MOST_PARTS = 250_000  # looked at, some seconds; a long form has a tenth of them
KEYS = frozenset({"/AA", "/EF", "/EmbeddedFiles", "/JavaScript", "/JS", "/XFA"})
KINDS = frozenset(
    {"/EmbeddedFile", "/ImportData", "/JavaScript", "/Launch", "/RichMedia", "/SubmitForm"}
)
SAYS_ITS_KIND = ("/S", "/Subtype", "/Type")

# They hold for the process, so they are set before anybody opens a file.
set_qpdf_limits(
    flate_max_memory=EACH,
    png_max_memory=EACH,
    tiff_max_memory=EACH,
    run_length_max_memory=EACH,
    parser_max_container_size=MOST_ENTRIES,
)


def require_still(content: bytes) -> None:
    """Raise Refused `attachment.acts` for a PDF with a script, a program, a file or a password.

    Raises Refused `attachment.unreadable` for one that is damaged, or has no end.
    """
    try:
        with pikepdf.open(io.BytesIO(content), attempt_recovery=False) as pdf:
            acts = pdf.is_encrypted or any(_acts(each) for each in _dictionaries(pdf))
            is_damaged = bool(pdf.get_warnings())  # found while it was walked through
    except pikepdf.PasswordError:
        raise Refused("attachment.acts") from None
    except (pikepdf.PikepdfError, ValueError):  # the second: a strange name, or a number
        raise Refused("attachment.unreadable") from None
    if acts:
        raise Refused("attachment.acts")
    if is_damaged:
        raise Refused("attachment.unreadable")


def _dictionaries(pdf: pikepdf.Pdf) -> Iterator[Object]:
    """Return every dictionary, those inside others too; what is referred to comes by itself."""
    waiting = [pdf.trailer, *pdf.objects]
    for _ in range(MOST_PARTS):
        if not waiting:
            return
        each = waiting.pop()
        held: Iterable[object] = ()
        if isinstance(each, Stream | Dictionary):
            yield each
            held = each.values()
        elif isinstance(each, Array):
            held = each
        parts = [one for one in held if isinstance(one, Array | Dictionary)]
        waiting += [one for one in parts if not one.is_indirect]
    raise Refused("attachment.unreadable")


def _acts(entries: Object) -> bool:
    return (
        not KEYS.isdisjoint(entries.keys())
        or any(str(entries.get(name)) in KINDS for name in SAYS_ITS_KIND)
        or _opens_elsewhere(entries.get("/OpenAction"))
    )


def _opens_elsewhere(action: Object | None) -> bool:
    """To begin at a page is no action: LibreOffice and LaTeX write that into every file."""
    return isinstance(action, Dictionary) and str(action.get("/S")) != "/GoTo"
