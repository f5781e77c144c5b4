"""What `deploy/` holds works as it stands: nginx takes it, and systemd finds little exposed."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from services import attachments, consolidation_files
from tests.live import front, fronts
from tests.live.fronts import DEPLOY
from tests.live.programs import ROOT
from web import agency_eligibility

UNITS = sorted(path.name for path in DEPLOY.glob("*.service") if "agent" not in path.name)
# What takes more than a form, by address, and how many bytes.
UPLOADS = {
    "/agency/imports": consolidation_files.LARGEST,
    "/agency/content/library-card/files": attachments.LARGEST,
    "/agency/eligibility/runs/E7Q/findings": agency_eligibility.LARGEST_FILE,
}
MOST_EXPOSED = "15"  # tenths: 1.5 of 10
NO_WEIGHT_OF_ITS_OWN = 100  # systemd's: PostgreSQL and nginx


def test_nginx_takes_every_front_together(tmp_path: Path) -> None:
    conf = fronts.write(tmp_path, plain=2080, tls=20443)

    command = [front.NGINX, "-t", "-q", "-p", str(tmp_path), "-c", str(conf)]
    said = subprocess.run(command, capture_output=True, text=True, check=False)

    assert (said.returncode, said.stderr) == (0, "")


@pytest.mark.parametrize(("address", "most"), UPLOADS.items())
def test_nginx_lets_every_file_through_that_the_service_takes(address: str, most: int) -> None:
    conf = (DEPLOY / "nginx.conf").read_text("utf-8")
    blocks = re.findall(r"location (=|~) (\S+) \{\s+client_max_body_size (\d+)m;", conf)
    sizes = [
        int(size)
        for how, place, size in blocks
        if (address == place if how == "=" else re.search(place, address))
    ]

    assert len(sizes) == 1
    assert sizes[0] * 1024 * 1024 > most


def test_every_address_that_takes_files_is_known_here() -> None:
    raised = [
        path.name
        for path in sorted((ROOT / "web").glob("*.py"))
        if "max_content_length = " in path.read_text("utf-8")
    ]

    assert len(raised) == len(UPLOADS)


@pytest.mark.parametrize("unit", UNITS)
def test_a_unit_exposes_next_to_nothing(unit: str) -> None:
    assert_hidden(DEPLOY / unit)


def test_the_workers_of_programs_are_as_hidden_as_those_of_people(tmp_path: Path) -> None:
    assert_hidden(for_programs(tmp_path))


def test_systemd_understands_the_workers_of_programs(tmp_path: Path) -> None:
    unit = for_programs(tmp_path)
    for path in (unit, unit.with_name(unit.name + ".d") / "programs.conf"):
        path.write_text(
            path.read_text("utf-8").replace("/opt/taipei-id/bin/taipei-id", "/bin/true")
        )

    command = ["systemd-analyze", "verify", "--man=no", "--recursive-errors=no", str(unit)]
    said = subprocess.run(command, capture_output=True, text=True, check=False)

    assert (said.returncode, said.stderr) == (0, "")


def for_programs(folder: Path) -> Path:
    """Put the unit together as deploy/README.md does."""
    unit = folder / "taipei-id-programs.service"
    shutil.copy(DEPLOY / "taipei-id.service", unit)
    shutil.copytree(DEPLOY / "taipei-id-programs.service.d", folder / f"{unit.name}.d")
    return unit


def assert_hidden(unit: Path) -> None:
    command = ["systemd-analyze", "security", "--offline=true", "--no-pager"]
    command += [f"--threshold={MOST_EXPOSED}", str(unit)]

    said = subprocess.run(command, capture_output=True, text=True, check=False)

    assert said.returncode == 0, said.stdout + said.stderr


def test_nginx_looks_for_programs_where_they_are_served() -> None:
    pools, unit, listening = (
        (DEPLOY / name).read_text("utf-8")
        for name in (
            "nginx-pools.conf",
            "taipei-id-programs.service.d/programs.conf",
            "taipei-id-programs.socket",
        )
    )

    (address,) = re.findall(r"upstream taipei_id_programs \{\s+server (\S+);", pools)
    assert f"ListenStream={address}\n" in listening
    assert f"serve --port {address.partition(':')[2]}\n" in unit


def test_programs_go_first_while_there_is_not_enough_for_all() -> None:
    people = (DEPLOY / "taipei-id.service").read_text("utf-8")
    programs = (DEPLOY / "taipei-id-programs.service.d/programs.conf").read_text("utf-8")

    assert weight(programs) > NO_WEIGHT_OF_ITS_OWN > weight(people)


def weight(unit: str) -> int:
    return int(re.findall(r"^CPUWeight=(\d+)$", unit, re.MULTILINE)[0])


def test_no_number_of_a_node_is_passed_to_the_public() -> None:
    for name in ("nginx.conf", "nginx-clients.conf"):
        text = (DEPLOY / name).read_text("utf-8")

        assert re.search(r"location = /metrics \{\s+return 404;", text)
