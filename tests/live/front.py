"""Run nginx as deploy/ configures it in front of a provider on a Unix socket."""

import os
import re
import shutil
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from http.client import HTTPSConnection
from pathlib import Path
from string import Template
from urllib.parse import urlsplit

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from kernel import clock
from tests.certificates.pki import Leaf, Private
from tests.live.programs import ROOT, free_port, running

NGINX = "/usr/sbin/nginx"
CONF = ROOT / "deploy" / "nginx-certificates.conf"
CLIENTS = ROOT / "deploy" / "nginx-clients.conf"
MAIN = ROOT / "deploy" / "nginx.conf"
POOLS = ROOT / "deploy" / "nginx-pools.conf"
SHARED = "what only the proxy and the service know"

AROUND = Template("""
daemon off;
pid $folder/nginx.pid;
error_log stderr warn;
$user
events { worker_connections 64; }
http {
    client_body_temp_path $folder/body; proxy_temp_path $folder/proxy;
    fastcgi_temp_path $folder/fastcgi; uwsgi_temp_path $folder/uwsgi;
    scgi_temp_path $folder/scgi;
    access_log off;
    include $folder/pools.conf;
    server {
        listen 127.0.0.1:$port;
        server_name localhost;
$location
    }
    include $folder/front.conf;
    include $folder/clients.conf;
}
""")


@dataclass(frozen=True)
class Front:
    """Where nginx answers: our own pages, and the front for certificates."""

    folder: Path
    port: int
    card_port: int
    client_port: int

    @property
    def issuer(self) -> str:
        return f"http://localhost:{self.port}"

    @property
    def pattern(self) -> str:
        """Return the setting `certificate_front`."""
        return f"https://*.card.id.example.org:{self.card_port}"

    @property
    def clients(self) -> str:
        """Return the setting `mtls.front`."""
        return f"https://localhost:{self.client_port}"

    @contextmanager
    def serving(self, *, ready: str) -> Iterator[None]:
        """Serve while the block runs."""
        self._write()
        command = [NGINX, "-p", str(self.folder), "-c", str(self.folder / "nginx.conf")]
        log = self.folder / "nginx.log"
        with running(command, environment={}, log=log, ready=[self.issuer + ready]):
            yield

    def _write(self) -> None:
        key = ec.generate_private_key(ec.SECP256R1())
        (self.folder / "front.key").write_bytes(in_pem(key))
        (self.folder / "front.pem").write_bytes(certificate_for(key))
        secret = f'proxy_set_header X-Client-Certificate-Secret "{SHARED}";\n'
        (self.folder / "secret.conf").write_text(secret)
        (self.folder / "front.conf").write_text(self._front())
        (self.folder / "clients.conf").write_text(self._clients())
        (self.folder / "pools.conf").write_text(self._pools())
        # Its workers must reach a socket in a folder that is the tests' alone.
        user = "user root;" if os.geteuid() == 0 else ""
        told = {"folder": self.folder, "port": self.port, "user": user, "location": _location()}
        (self.folder / "nginx.conf").write_text(AROUND.substitute(told))

    def _front(self) -> str:
        own = {
            "/etc/ssl/taipei-id/card-fullchain.pem": f"{self.folder}/front.pem",
            "/etc/ssl/taipei-id/card-key.pem": f"{self.folder}/front.key",
            "https://id.example.org": self.issuer,
        }
        return self._here(CONF, self.card_port, own)

    def _clients(self) -> str:
        own = {
            "/etc/ssl/taipei-id/mtls-fullchain.pem": f"{self.folder}/front.pem",
            "/etc/ssl/taipei-id/mtls-key.pem": f"{self.folder}/front.key",
            "mtls.id.example.org": "localhost",
        }
        return self._here(CLIENTS, self.client_port, own)

    def _pools(self) -> str:
        """Let one provider be both pools."""
        one = f"server unix:{self.folder}/taipei-id.sock;"
        return re.sub(r"server 127\.0\.0\.1:860[01];", one, POOLS.read_text("utf-8"))

    def _here(self, conf: Path, port: int, own: dict[str, str]) -> str:
        text = conf.read_text("utf-8")
        for written, here in {
            "listen 443 ssl;": f"listen 127.0.0.1:{port} ssl;",
            "listen [::]:443 ssl;": "",
            "/etc/taipei-id/front-secret.conf": f"{self.folder}/secret.conf",
            **own,
        }.items():
            assert written in text, written
            text = text.replace(written, here)
        return _without_limits(re.sub(r"access_log /.*;", "access_log off;", text))

    def call(
        self,
        url: str,
        *,
        holder: Leaf | None = None,
        method: str = "GET",
        headers: dict[str, str] | None = None,
    ) -> tuple[int, str]:
        """Call the front as a browser with a card; return the status and where it leads."""
        parts = urlsplit(url)
        connection = _Loopback(parts.hostname or "", self.card_port, context=self._tls(holder))
        sent = {"Host": parts.netloc, **(headers or {})}
        try:
            connection.putrequest(method, parts.path, skip_host=True)
            for name, value in sent.items():
                connection.putheader(name, value)
            connection.endheaders()
            response = connection.getresponse()
            return response.status, response.getheader("Location") or ""
        finally:
            connection.close()

    def _tls(self, holder: Leaf | None) -> ssl.SSLContext:
        context = ssl.create_default_context(cafile=str(self.folder / "front.pem"))
        if holder is not None:
            both = holder.sign().public_bytes(Encoding.PEM) + in_pem(holder.key)
            file = self.folder / "holder.pem"
            file.write_bytes(both)
            context.load_cert_chain(file)
            file.unlink()
        return context


class _Loopback(HTTPSConnection):
    """A connection to this machine, whatever the host is called."""

    def connect(self) -> None:
        host, self.host = self.host, "127.0.0.1"
        context: ssl.SSLContext = self._context  # type: ignore[attr-defined]  # set by its parent
        super(HTTPSConnection, self).connect()
        self.sock = context.wrap_socket(self.sock, server_hostname=host)


def in_pem(key: Private) -> bytes:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def certificate_for(key: ec.EllipticCurvePrivateKey) -> bytes:
    now = clock.now()
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "front")])
    builder = x509.CertificateBuilder(
        issuer_name=name,
        subject_name=name,
        public_key=key.public_key(),
        serial_number=x509.random_serial_number(),
        not_valid_before=now - timedelta(hours=1),
        not_valid_after=now + timedelta(days=1),
    )
    names = x509.SubjectAlternativeName(
        [x509.DNSName("*.card.id.example.org"), x509.DNSName("localhost")]
    )
    signed = builder.add_extension(names, critical=False).sign(key, SHA256())
    return signed.public_bytes(Encoding.PEM)


def _location() -> str:
    """Return what the deployed server for our own pages says of them."""
    text = MAIN.read_text("utf-8")
    start = text.index("    location / {")
    return _without_limits(text[start : text.index("\n    }\n", start) + 7])


def _without_limits(text: str) -> str:
    """Leave out how often one address may come: the zones stand in nginx.conf."""
    return "\n".join(line for line in text.splitlines() if "limit_req" not in line)


def a_front(folder: Path) -> Front:
    """Return a front on free ports, its files in a new folder."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return Front(folder, free_port(), free_port(), free_port())
