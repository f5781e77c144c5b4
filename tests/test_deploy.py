"""What `deploy/` holds works as it stands: nginx takes it, and systemd finds little exposed."""

import re
import subprocess
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from tests.live import front
from tests.live.programs import ROOT

DEPLOY = ROOT / "deploy"
UNITS = sorted(path.name for path in DEPLOY.glob("*.service") if "agent" not in path.name)
MOST_EXPOSED = "15"  # tenths: 1.5 of 10


def test_nginx_takes_every_front_together(tmp_path: Path) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    (tmp_path / "key.pem").write_bytes(front._pem(key))
    (tmp_path / "front.pem").write_bytes(front._server_certificate(key))
    (tmp_path / "secret.conf").write_text('proxy_set_header X-Client-Certificate-Secret "x";\n')
    for name in ("nginx.conf", "nginx-certificates.conf", "nginx-clients.conf"):
        text = (DEPLOY / name).read_text("utf-8")
        text = re.sub(r"(ssl_certificate_key) \S+;", rf"\1 {tmp_path}/key.pem;", text)
        text = re.sub(r"(ssl_certificate) \S+;", rf"\1 {tmp_path}/front.pem;", text)
        text = re.sub(r"include /etc/\S+;", f"include {tmp_path}/secret.conf;", text)
        text = re.sub(r"access_log /\S+", f"access_log {tmp_path}/access.log", text)
        text = re.sub(r"listen \[::\]:\d+.*;", "", text)
        text = re.sub(r"listen (80|443)\b", r"listen 127.0.0.1:20\1", text)
        (tmp_path / f"used-{name}").write_text(text)
    around = f"pid {tmp_path}/pid;\nevents {{}}\nhttp {{\ninclude {tmp_path}/used-*;\n}}\n"
    (tmp_path / "whole.conf").write_text(around)

    command = [front.NGINX, "-t", "-q", "-p", str(tmp_path), "-c", str(tmp_path / "whole.conf")]
    said = subprocess.run(command, capture_output=True, text=True, check=False)

    assert (said.returncode, said.stderr) == (0, "")


@pytest.mark.parametrize("unit", UNITS)
def test_a_unit_exposes_next_to_nothing(unit: str) -> None:
    command = ["systemd-analyze", "security", "--offline=true", "--no-pager"]
    command += [f"--threshold={MOST_EXPOSED}", str(DEPLOY / unit)]

    said = subprocess.run(command, capture_output=True, text=True, check=False)

    assert said.returncode == 0, said.stdout + said.stderr


def test_no_number_of_a_node_is_passed_to_the_public() -> None:
    for name in ("nginx.conf", "nginx-clients.conf"):
        text = (DEPLOY / name).read_text("utf-8")

        assert re.search(r"location = /metrics \{\s+return 404;", text)
