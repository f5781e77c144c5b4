"""What the desk prints, on a page or as PDF: facts, what is missing, what to do; two languages."""

from dataclasses import dataclass
from datetime import date, datetime

from flask import render_template, request
from werkzeug.wrappers import Response

from counters.documents import Need
from kernel.wording import CHINESE, ENGLISH, Bilingual
from web import consoles, dates, desk_words, pdf

PDF = "pdf"
TO_CASE = Bilingual("回到案件", "Back to the case")
TO_INTAKE = Bilingual("回到收件", "Back to intake")


@dataclass(frozen=True, kw_only=True)
class Slip:
    """A page to print; each part in the language asked for."""

    number: str
    heading: Bilingual
    back: str
    back_to: Bilingual = TO_CASE
    pairs: tuple[tuple[Bilingual, Bilingual], ...]
    needs: tuple[Need, ...] = ()
    said: tuple[Bilingual, ...]
    signed: Bilingual | None = None  # under which name it goes out

    lacking_heading = Bilingual("缺的文件", "What is missing")

    def facts(self, tag: str) -> list[tuple[str, str]]:
        """Return the facts in pairs."""
        return [(key.text(tag), value.text(tag)) for key, value in self.pairs]

    def lacking(self, tag: str) -> list[str]:
        """Return what to bring."""
        return [desk_words.need(each, tag) for each in self.needs]

    def advice(self, tag: str) -> list[str]:
        """Return what to do now."""
        return [each.text(tag) for each in self.said]


def show(slip: Slip) -> Response:
    """Return the page to print, or the PDF if that is asked for."""
    if request.args.get("as") == PDF:
        return pdf.download(render_template("desk/paper.html", slip=slip), slip.number)
    is_found_again = request.method == "GET"
    as_pdf = f"{request.path}?as={PDF}" if is_found_again and pdf.is_offered() else ""
    page = consoles.page("desk/slip.html", slip=slip, as_pdf=as_pdf)
    return Response(page, mimetype="text/html")


def plain(text: str) -> Bilingual:
    """Return what is the same in every language."""
    return Bilingual(text, text)


def filled(words: Bilingual, value: str) -> Bilingual:
    """Return words with their one value in place."""
    return Bilingual(words.zh % value, words.en % value)


def moment(at: datetime) -> Bilingual:
    """Return a moment in words."""
    return Bilingual(*(dates.moment_words(at, tag) for tag in (CHINESE, ENGLISH)))


def day_of(day: date) -> Bilingual:
    """Return a day in words."""
    return Bilingual(*(dates.roc_date(day, tag) for tag in (CHINESE, ENGLISH)))
