"""Read the forms of a page the way a browser does."""

from dataclasses import dataclass, field
from html.parser import HTMLParser

Attributes = list[tuple[str, str | None]]


@dataclass
class Form:
    """One form: where it goes, what it would send untouched, and its buttons by their id."""

    action: str
    fields: dict[str, str] = field(default_factory=dict)
    buttons: dict[str, dict[str, str]] = field(default_factory=dict)


class Forms(HTMLParser):
    """Collect the forms of a page."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[Form] = []
        self._inside = False
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: Attributes) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.found.append(Form(given.get("action", "")))
            self._inside = True
        elif self._inside and tag == "input":
            self._keep(given)
        elif self._inside and tag == "button":
            sends = {given["name"]: given.get("value", "")} if "name" in given else {}
            self.found[-1].buttons[given.get("id", "")] = sends

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._inside = False

    def _keep(self, given: dict[str, str]) -> None:
        is_choice = given.get("type") in {"radio", "checkbox"}
        if "name" in given and (not is_choice or "checked" in given):
            self.found[-1].fields[given["name"]] = given.get("value", "")


def form_with(page: str, button_id: str) -> Form:
    """Return the form that holds the button; fails if the page has none."""
    for form in Forms(page).found:
        if button_id in form.buttons:
            return form
    raise AssertionError(f"no button {button_id} on this page:\n{page}")
