import os
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from threading import Thread

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from sqlalchemy import Engine

from kernel import calendar, clock
from kernel.db import sessions, transaction
from kernel.keyring import Keyring, new_master_key
from kernel.settings import Mail, Settings
from members import register
from tests import make
from tests.cli.conftest import Taipei
from web.cli import checks

HOST = "localhost"


def line(said: str, title: str) -> str:
    return next(each for each in said.splitlines() if each[2:].startswith(f"{title}: "))


@pytest.fixture
def with_keys(prepared: Engine, taipei_id: Taipei) -> Engine:
    taipei_id("keys", "rotate")
    return prepared


def test_a_healthy_installation_gets_no_cross(with_keys: Engine, taipei_id: Taipei) -> None:
    examined = taipei_id("doctor")

    assert examined.exit_code == 0
    assert "✗" not in examined.stdout
    assert line(examined.stdout, "adapters") == "✓ adapters: password, passkey, smartcard loaded"


def test_no_secret_is_ever_printed(with_keys: Engine, taipei_id: Taipei) -> None:
    examined = taipei_id("doctor")

    password = with_keys.url.password
    assert os.environ["TAIPEI_ID_MASTER_KEY"] not in examined.output
    assert not password or str(password) not in examined.output


def test_unusable_settings_are_all_the_doctor_can_say(
    environment: pytest.MonkeyPatch, taipei_id: Taipei
) -> None:
    environment.setenv("TAIPEI_ID_ARGON2_PARALLEL", "0")
    environment.setenv("TAIPEI_ID_TRUSTED_PROXIES", "9")

    examined = taipei_id("doctor")

    assert examined.exit_code == 1
    assert [each[:12] for each in examined.stdout.splitlines()] == ["✗ settings: "] * 2


def test_what_belongs_to_the_sandbox_and_the_demo_is_no_misspelt_setting(
    with_keys: Engine, environment: pytest.MonkeyPatch, taipei_id: Taipei
) -> None:
    for name in ("SANDBOX_ADDRESS", "SANDBOX_DATA", "DEMO_PROVIDER"):
        environment.setenv(f"TAIPEI_ID_{name}", "localhost:9610")

    assert line(taipei_id("doctor").stdout, "environment").startswith("✓ environment: ")

    environment.setenv("TAIPEI_ID_SANDBOX_ENABLED", "1")  # with one underscore
    assert line(taipei_id("doctor").stdout, "environment").startswith("✗ environment: ")


def test_a_misspelt_variable_is_found(
    with_keys: Engine, environment: pytest.MonkeyPatch, taipei_id: Taipei
) -> None:
    environment.setenv("TAIPEI_ID_TRUSTED_PROXY", "1")

    examined = taipei_id("doctor")

    assert examined.exit_code == 1
    assert line(examined.stdout, "environment") == (
        "✗ environment: TAIPEI_ID_TRUSTED_PROXY is not a setting; is it TAIPEI_ID_TRUSTED_PROXIES?"
    )


def test_an_unprepared_database_is_named_with_its_remedy(
    environment: pytest.MonkeyPatch, taipei_id: Taipei
) -> None:
    examined = taipei_id("doctor")

    assert examined.exit_code == 1
    assert line(examined.stdout, "schema") == (
        "✗ schema: never prepared; run 'taipei-id db upgrade'"
    )


def test_an_unreachable_database_is_a_cross_and_not_a_traceback(
    environment: pytest.MonkeyPatch, taipei_id: Taipei
) -> None:
    environment.setenv("TAIPEI_ID_DATABASE_URL", "postgresql+psycopg://me:hush@127.0.0.1:1/none")

    examined = taipei_id("doctor")

    assert examined.exit_code == 1
    assert line(examined.stdout, "database").startswith("✗ database: ")
    assert line(examined.stdout, "clock").startswith("✗ clock: ")
    assert "hush" not in examined.output


def test_missing_keys_are_found(prepared: Engine, taipei_id: Taipei) -> None:
    assert line(taipei_id("doctor").stdout, "signing keys") == (
        "✗ signing keys: ES256 lacks its active or its next key; run 'taipei-id keys rotate'"
    )


def test_a_master_key_that_does_not_open_the_keys_is_found(
    with_keys: Engine, environment: pytest.MonkeyPatch, taipei_id: Taipei
) -> None:
    environment.setenv("TAIPEI_ID_MASTER_KEY", new_master_key())

    assert line(taipei_id("doctor").stdout, "master key").startswith(
        "✗ master key: does not open signing_key/"
    )


def test_a_master_key_that_does_not_open_the_members_is_found(
    with_keys: Engine, taipei_id: Taipei
) -> None:
    with transaction(sessions(with_keys)) as session:
        other = Keyring(new_master_key())
        register.add(session, "mei", make.a_profile(), keyring=other, now=make.NOON)

    assert line(taipei_id("doctor").stdout, "master key").startswith(
        "✗ master key: does not open member.data_key/"
    )


def test_an_adapter_that_cannot_be_loaded_is_found(
    with_keys: Engine, environment: pytest.MonkeyPatch, taipei_id: Taipei
) -> None:
    environment.setenv("TAIPEI_ID_ADAPTERS", "password telepathy")

    assert line(taipei_id("doctor").stdout, "adapters").startswith(
        "✗ adapters: adapters: no adapter is called telepathy"
    )


def test_an_adapter_that_breaks_does_not_break_the_doctor(
    with_keys: Engine, environment: pytest.MonkeyPatch, taipei_id: Taipei
) -> None:
    environment.setenv("TAIPEI_ID_ADAPTERS", "math:sqrt")

    examined = taipei_id("doctor")

    assert line(examined.stdout, "adapters") == (
        "✗ adapters: adapters: math:sqrt could not be made: "
        "TypeError('must be real number, not dict')"
    )


@contextmanager
def greeting(greet: bytes) -> Iterator[int]:
    """Lend a port of a server that says `greet`, 221 to QUIT and 250 to all else."""
    with socket.create_server((HOST, 0)) as listening:
        thread = Thread(target=_answer, args=(listening, greet))
        thread.start()
        try:
            yield listening.getsockname()[1]
        finally:
            thread.join(timeout=10)


def _answer(listening: socket.socket, greet: bytes) -> None:
    connection, _ = listening.accept()
    with connection, connection.makefile("rb") as lines:
        connection.sendall(greet)
        for said in lines:
            connection.sendall(b"221 bye\r\n" if said.lower() == b"quit\r\n" else b"250 fine\r\n")


def production(**changes: object) -> Settings:
    values = {
        "issuer": "https://id.example.org",
        "master_key": new_master_key(),
        **changes,
    }
    return Settings.model_validate(values)


def test_a_mail_server_is_greeted(environment: pytest.MonkeyPatch) -> None:
    with greeting(b"220 mail.invalid\r\n") as port:
        said = checks.mail(Settings(mail=Mail(host=HOST, port=port)))

    assert said == f"localhost:{port} answers"


def test_a_silent_mail_server_is_found(environment: pytest.MonkeyPatch) -> None:
    with socket.create_server((HOST, 0)) as closed:
        port = closed.getsockname()[1]

    with pytest.raises(checks.Unwell, match=f"localhost:{port} does not answer"):
        checks.mail(Settings(mail=Mail(host=HOST, port=port)))


def test_without_a_mail_server_members_get_no_notices(environment: pytest.MonkeyPatch) -> None:
    environment.delenv("TAIPEI_ID_DEMO")

    with pytest.raises(checks.Unwell, match=r"set mail\.host"):
        checks.mail(production())


@pytest.mark.clause("8(4)")
def test_days_off_that_nobody_checked_are_found(
    with_keys: Engine, environment: pytest.MonkeyPatch, taipei_id: Taipei
) -> None:
    assert line(taipei_id("doctor").stdout, "holidays").startswith("– holidays: ")
    url = with_keys.url.render_as_string(hide_password=False)
    environment.delenv("TAIPEI_ID_DEMO")
    environment.setattr(clock, "now", lambda: make.NOON)
    with transaction(sessions(with_keys)) as session:
        calendar.confirm(session, 2026, by="林○○", document="1", now=make.NOON)

    with pytest.raises(checks.Unwell, match="of 2027"):  # terms of November reach into it
        checks.holidays(production(database_url=url))

    with transaction(sessions(with_keys)) as session:
        calendar.confirm(session, 2027, by="林○○", document="2", now=make.NOON)
    assert checks.holidays(production(database_url=url)).endswith("were checked")


@pytest.fixture
def authority(environment: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Lend a folder whose `server.pem` becomes the one trusted authority."""
    environment.setenv("SSL_CERT_FILE", str(tmp_path / "server.pem"))
    environment.delenv("TAIPEI_ID_DEMO")
    return tmp_path


def write_certificate(folder: Path, *, ends_at: datetime) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, HOST)])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(clock.now() - timedelta(days=1))
        .not_valid_after(ends_at)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(HOST)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    (folder / "server.pem").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    (folder / "server.key").write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )


@contextmanager
def serving_tls(folder: Path) -> Iterator[str]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "server.pem", folder / "server.key")
    with socket.create_server((HOST, 0)) as listening:
        thread = Thread(target=_shake_hands, args=(listening, context))
        thread.start()
        try:
            yield f"https://{HOST}:{listening.getsockname()[1]}"
        finally:
            thread.join(timeout=10)


def _shake_hands(listening: socket.socket, context: ssl.SSLContext) -> None:
    connection, _ = listening.accept()
    with connection:
        try:
            with context.wrap_socket(connection, server_side=True) as secure:
                secure.recv(1)
        except OSError:
            pass  # the visitor did not trust us


def test_a_trusted_certificate_is_good_while_it_lasts(authority: Path) -> None:
    write_certificate(authority, ends_at=clock.now() + timedelta(days=90, hours=1))

    with serving_tls(authority) as issuer:
        said = checks.tls(production(issuer=issuer))

    assert said == "the certificate is trusted for 90 more days"


def test_a_certificate_about_to_end_is_found(authority: Path) -> None:
    write_certificate(authority, ends_at=clock.now() + timedelta(days=5, hours=1))

    with (
        serving_tls(authority) as issuer,
        pytest.raises(checks.Unwell, match="ends in 5 days; renew it now"),
    ):
        checks.tls(production(issuer=issuer))


def test_a_certificate_nobody_trusts_is_found(
    authority: Path, environment: pytest.MonkeyPatch
) -> None:
    write_certificate(authority, ends_at=clock.now() + timedelta(days=90))
    environment.setenv("SSL_CERT_FILE", "/nowhere")

    with (
        serving_tls(authority) as issuer,
        pytest.raises(checks.Unwell, match="does not answer with a trusted certificate"),
    ):
        checks.tls(production(issuer=issuer))
