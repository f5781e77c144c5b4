"""What a worker prepares once, so that no request pays for it."""

import socket
from pathlib import Path

from gunicorn.config import Config  # type: ignore[import-untyped]  # no types

from kernel.settings import Settings
from web import serving, worker


def test_an_answer_is_kept_until_it_ends() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        worker.send_whole([listener])

        with (
            socket.create_connection(listener.getsockname()) as caller,
            listener.accept()[0] as answering,
        ):
            assert answering.getsockopt(socket.IPPROTO_TCP, socket.TCP_CORK) == 1
            answering.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
            answering.sendall(b"ok")
            answering.shutdown(socket.SHUT_WR)
            with caller.makefile("rb") as heard:
                assert heard.read() == b"HTTP/1.1 200 OK\r\n\r\nok"


def test_a_port_that_is_a_file_has_no_packets(tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(tmp_path / "port"))

        worker.send_whole([listener])


def test_settings_at_hand_say_what_they_said() -> None:
    cfg, settings = Config(), Settings(demo=True, issuer="http://localhost")
    for name, value in serving.options(settings, bind="127.0.0.1:8600", workers=2).items():
        cfg.set(name, value)
    said = {name: getattr(cfg, name) for name in cfg.settings}

    worker.have_at_hand(cfg)

    assert vars(cfg).keys() > {"timeout", "pre_request", "limit_request_line"}
    assert {name: getattr(cfg, name) for name in cfg.settings} == said
