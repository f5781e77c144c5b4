"""Prove that mail leaves whole, to one address, and that a failure says what to do with it."""

import socketserver
from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from threading import Thread

import pytest

from kernel import mail
from kernel.jobs import JobDelayed, JobImpossible
from tests import make


def a_message(to: str = "mei.chen@mail.invalid", subject: str = "通知") -> EmailMessage:
    return mail.compose(
        sender="no-reply@id.invalid",
        to=to,
        subject=subject,
        text="您好\n",
        html="<p>您好</p>",
        message_id="42",
        now=make.NOON,
    )


class Server(socketserver.StreamRequestHandler):
    """A mail server that answers RCPT as told and keeps what it took."""

    def handle(self) -> None:
        server = self.server
        assert isinstance(server, MailServer)
        self.wfile.write(b"220 hello\r\n")
        for line in self.rfile:
            verb = line[:4].upper()
            if verb == b"RCPT":
                self.wfile.write(server.answer + b"\r\n")
            elif verb == b"DATA":
                self.wfile.write(b"354 go on\r\n")
                server.taken.append(b"".join(iter(self.rfile.readline, b".\r\n")))
                self.wfile.write(b"250 taken\r\n")
            else:
                self.wfile.write(b"250 ok\r\n")
                if verb == b"QUIT":
                    return


class MailServer(socketserver.ThreadingTCPServer):
    daemon_threads = True
    allow_reuse_address = True
    answer = b"250 ok"

    def __init__(self, port: int = 0) -> None:
        super().__init__(("127.0.0.1", port), Server)
        self.taken: list[bytes] = []

    @property
    def port(self) -> int:
        return int(self.server_address[1])


@contextmanager
def listening(port: int = 0) -> Iterator[MailServer]:
    with MailServer(port) as server:
        thread = Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()


@pytest.fixture
def server() -> Iterator[MailServer]:
    with listening() as server:
        yield server


def test_a_message_has_a_text_and_an_html_part() -> None:
    message = a_message()

    assert [part.get_content_type() for part in message.iter_parts()] == [
        "text/plain",
        "text/html",
    ]
    assert message["Message-ID"] == "<42@id.invalid>"
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["Date"].datetime == make.NOON


@pytest.mark.parametrize("to", ["", "nobody", "a@b\r\nBcc: c@d", "a@b, c@d", "a b@c", '"@'])
def test_what_is_not_one_address_gets_no_mail(to: str) -> None:
    with pytest.raises(JobImpossible, match=r"^mail\.address_unusable$"):
        a_message(to)


def test_a_subject_cannot_bring_a_header_along() -> None:
    with pytest.raises(ValueError, match=r"(?i)newline|linefeed"):
        a_message(subject="hello\r\nBcc: everybody@example.invalid")


def test_the_server_gets_the_message(server: MailServer) -> None:
    mail.SmtpPost("127.0.0.1", server.port, starttls=False).send(a_message())

    (taken,) = server.taken
    read = message_from_bytes(taken, EmailMessage, policy=policy.default)
    assert read["Subject"] == "通知"
    assert read["To"] == "mei.chen@mail.invalid"


@pytest.mark.parametrize(
    ("answer", "raised"),
    [(b"550 no such mailbox", JobImpossible), (b"450 try later", JobDelayed)],
)
def test_a_refused_address_is_given_up_only_if_refused_for_good(
    server: MailServer, answer: bytes, raised: type[JobDelayed]
) -> None:
    server.answer = answer

    with pytest.raises(JobDelayed, match=r"^mail\.address_refused$") as refused:
        mail.SmtpPost("127.0.0.1", server.port, starttls=False).send(a_message())

    assert refused.type is raised


def test_a_server_without_the_tls_we_insist_on_gets_nothing(server: MailServer) -> None:
    with pytest.raises(JobDelayed, match=r"^mail\.server_failed$"):
        mail.SmtpPost("127.0.0.1", server.port, starttls=True).send(a_message())

    assert server.taken == []


def test_a_server_that_is_away_is_waited_for() -> None:
    with listening() as gone:
        port = gone.port

    with pytest.raises(JobDelayed, match=r"^mail\.server_failed$"):
        mail.SmtpPost("127.0.0.1", port, starttls=False).send(a_message())


def test_without_a_server_mail_waits_until_one_is_set() -> None:
    with pytest.raises(JobDelayed, match=r"^mail\.no_server$"):
        mail.NoPost().send(a_message())


def test_the_demo_s_folder_takes_whole_messages_newest_first(tmp_path: Path) -> None:
    post = mail.FolderPost(tmp_path / "inbox")
    post.send(a_message(subject="first"))
    post.send(a_message(subject="second"))

    found = list(mail.files(tmp_path / "inbox"))

    read = [message_from_bytes(each.read_bytes(), policy=policy.default) for each in found]
    assert [each["Subject"] for each in read] == ["second", "first"]
    assert {each.name for each in (tmp_path / "inbox").iterdir()} == {each.name for each in found}
