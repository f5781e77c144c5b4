"""Prove that the demo's mailbox shows what was sent, and exists nowhere else."""

from pathlib import Path

from kernel.db import Sessions
from kernel.mail import FolderPost
from kernel.settings import Mail
from tests.flows.browser import Browser
from tests.flows.provider import City, the_settings
from tests.web.outbox import World
from web import handlers
from web.app import create_app


def demo_browser(city: City, folder: Path | None) -> Browser:
    settings = the_settings(demo=True, mail=Mail(folder=folder))
    return Browser(City(create_app(settings, database=city.sessions), city.sessions))


def test_the_mailbox_shows_every_letter(city: City, tmp_path: Path) -> None:
    Browser(city).sign_in()
    world = World(city)
    world.work_off()
    post = FolderPost(tmp_path)
    for letter in world.letters:
        post.send(letter)

    page = demo_browser(city, tmp_path).get("/demo/inbox")

    assert page.status_code == 200
    assert "mei.chen@mail.invalid" in page.text
    assert "有新的瀏覽器登入您的帳號" in page.text
    assert page.text.count("<article") == 2
    assert '<p lang="en">Time: 23 November 2026, 12:00 (Taipei)</p>' in page.text


def test_an_empty_mailbox_says_so(city: City, tmp_path: Path) -> None:
    for folder in (None, tmp_path / "not made yet"):
        assert "還沒有信" in demo_browser(city, folder).get("/demo/inbox").text


def test_outside_the_demo_there_is_no_mailbox(sessions: Sessions, city: City) -> None:
    assert Browser(city).get("/demo/inbox").status_code == 404


def test_mail_leaves_as_the_settings_say(tmp_path: Path) -> None:
    assert type(handlers.post(Mail(folder=tmp_path))).__name__ == "FolderPost"
    assert type(handlers.post(Mail(host="mail.invalid"))).__name__ == "SmtpPost"
    assert type(handlers.post(Mail())).__name__ == "NoPost"
