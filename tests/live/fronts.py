"""Write every front that `deploy/` holds into a folder, changed only where this machine differs."""

import os
import re
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric import ec

from tests.live.front import certificate_for, in_pem
from tests.live.programs import ROOT

DEPLOY = ROOT / "deploy"
FRONTS = ("nginx.conf", "nginx-pools.conf", "nginx-certificates.conf", "nginx-clients.conf")


def write(folder: Path, *, plain: int, tls: int, beside: str = "") -> Path:
    """Return a configuration that listens on these two ports, with other servers beside it.

    The pools are reached by sockets in the folder: `people.sock` and `programs.sock`.
    """
    key = ec.generate_private_key(ec.SECP256R1())
    (folder / "key.pem").write_bytes(in_pem(key))
    (folder / "front.pem").write_bytes(certificate_for(key))
    (folder / "secret.conf").write_text('proxy_set_header X-Client-Certificate-Secret "x";\n')
    for name in FRONTS:
        text = (DEPLOY / name).read_text("utf-8")
        (folder / f"used-{name}").write_text(_here(text, folder, plain=plain, tls=tls))
    user = "user root;" if os.geteuid() == 0 else ""  # nobody else may enter the tests' folder
    temporary = "".join(
        f"{kind}_temp_path {folder}/{kind};\n"
        for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    path = folder / "whole.conf"
    path.write_text(
        f"daemon off;\npid {folder}/pid;\nerror_log stderr warn;\n{user}\nevents {{}}\n"
        f"http {{\n{temporary}{beside}\ninclude {folder}/used-*;\n}}\n"
    )
    return path


def _here(text: str, folder: Path, *, plain: int, tls: int) -> str:
    for pattern, here in (
        (r"(ssl_certificate_key) \S+;", rf"\1 {folder}/key.pem;"),
        (r"(ssl_certificate) \S+;", rf"\1 {folder}/front.pem;"),
        (r"include /etc/\S+;", f"include {folder}/secret.conf;"),
        (r"access_log /\S+", f"access_log {folder}/access.log"),
        (r"listen \[::\]:\d+.*;", ""),
        (r"listen 80\b", f"listen 127.0.0.1:{plain}"),
        (r"listen 443\b", f"listen 127.0.0.1:{tls}"),
        (r"server 127\.0\.0\.1:8600;", f"server unix:{folder}/people.sock;"),
        (r"server 127\.0\.0\.1:8601;", f"server unix:{folder}/programs.sock;"),
    ):
        text = re.sub(pattern, here, text)
    return text
