"""What `deploy/` holds works as it stands: nginx takes it, and systemd finds little exposed."""

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
import yaml  # type: ignore[import-untyped]  # it has no types, and none are installed

from kernel.settings import Settings
from services import attachments, consolidation_files
from tests import configuration
from tests.cli.test_documented_commands import mistake
from tests.live import front, fronts
from tests.live.fronts import DEPLOY
from tests.live.programs import ROOT
from web import agency_eligibility

PARTS = sorted(path for kind in ("service", "timer", "socket") for path in DEPLOY.glob(f"*.{kind}"))
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


def test_nothing_reaches_the_service_without_a_limit_on_how_often() -> None:
    passed = [
        (name, block)
        for name in fronts.FRONTS
        for block in re.findall(r"location [^\n]+ \{\n.*?\n    \}", _read(name), re.DOTALL)
        if "proxy_pass" in block
    ]

    assert {name for name, _ in passed} == {*fronts.FRONTS} - {"nginx-pools.conf"}
    assert [each for each in passed if "limit_req zone=" not in each[1]] == []


def _read(name: str) -> str:
    return (DEPLOY / name).read_text("utf-8")


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


def test_systemd_understands_every_unit(tmp_path: Path) -> None:
    for part in PARTS:
        shutil.copy(part, tmp_path)
    for_programs(tmp_path)
    for path in (path for path in tmp_path.rglob("*") if path.is_file()):
        path.write_text(PROGRAM.sub("/bin/true", path.read_text("utf-8")))
    of_users = [path for path in sorted(tmp_path.glob("*.*")) if "agent" in path.name]
    of_the_machine = sorted({*tmp_path.glob("*.*")} - {*of_users, *tmp_path.glob("*.d")})

    assert len(of_users) + len(of_the_machine) == len(PARTS) + 1
    assert verified(of_the_machine) == (0, "")
    assert verified(of_users, "--user") == (0, "")


PROGRAM = re.compile(r"(/opt/taipei-id|%h/\.local/share/taipei-id-agent)/bin/taipei-id(-agent)?")


def verified(units: list[Path], *more: str) -> tuple[int, str]:
    command = ["systemd-analyze", "verify", "--man=no", "--recursive-errors=no", *more]
    with TemporaryDirectory(prefix="taipei-id-") as short:  # a socket's name has 108 characters
        said = subprocess.run(
            [*command, *map(str, units)],
            env={**os.environ, "XDG_RUNTIME_DIR": short},  # a user's manager wants one
            capture_output=True,
            text=True,
            check=False,
        )
    return said.returncode, said.stderr


def test_every_timer_has_its_service_and_is_enabled() -> None:
    readme = (DEPLOY / "README.md").read_text("utf-8")
    timers = [path for path in PARTS if path.suffix == ".timer"]

    assert timers
    for timer in timers:
        assert timer.with_suffix(".service") in PARTS
        assert re.search(rf"^systemctl enable --now .*{timer.name}", readme, re.MULTILINE)


def test_keys_are_made_and_ports_held_before_anything_starts() -> None:
    steps = ("run keys rotate", "enable --now taipei-id.socket", "enable --now taipei-id.service")
    readme = (DEPLOY / "README.md").read_text("utf-8")

    assert [readme.count(step) for step in steps] == [1, 1, 1]
    assert sorted(steps, key=readme.index) == list(steps)


def test_an_upgrade_before_the_start_has_the_time_it_needs() -> None:
    unit = (DEPLOY / "taipei-id.service").read_text("utf-8")

    assert "ExecStartPre=/opt/taipei-id/bin/taipei-id db upgrade\n" in unit
    assert "TimeoutStartSec=infinity\n" in unit


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


# In containers

COMPOSE = DEPLOY / "compose.yaml"
IMAGE = (DEPLOY / "Dockerfile").read_text("utf-8")


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    """Return the file as docker reads it."""
    parsed: dict[str, Any] = yaml.safe_load(COMPOSE.read_text("utf-8"))
    return parsed


def commands() -> Iterator[str]:
    """Give every command of ours that the compose file and the image run or tell to type."""
    for text in (COMPOSE.read_text("utf-8"), " ".join(json.loads(IMAGE.rpartition("CMD ")[2]))):
        yield from re.findall(
            r"(?<![\w:/-])taipei-id(?: (?!taipei-id)[a-z0-9/.-]+)+", text.replace('", "', " ")
        )


def test_the_commands_of_the_containers_exist() -> None:
    said = list(commands())

    assert {"taipei-id worker", "taipei-id purge", "taipei-id db upgrade"} <= set(said)
    assert [wrong for command in said if (wrong := mistake(command)) is not None] == []


def test_what_a_container_is_given_is_there_or_said_to_be_made(compose: dict[str, Any]) -> None:
    told = COMPOSE.read_text("utf-8").partition("services:")[0]
    mounted = {
        each.partition(":")[0]
        for service in compose["services"].values()
        for each in service.get("volumes", ())
        if each.startswith("./")
    }
    mounted |= {each["file"] for each in compose["secrets"].values()}
    mounted |= {compose["services"]["service"]["env_file"]}

    assert mounted > {"./nginx.conf", "./nginx-pools.conf"}
    for each in (path.removeprefix("./") for path in mounted):
        assert (DEPLOY / each).exists() or f"#   {each}" in told, each


def test_no_image_and_no_commit_holds_a_secret_that_lies_beside_the_file() -> None:
    told = COMPOSE.read_text("utf-8").partition("services:")[0]
    secrets = re.findall(r"^#   ([\w.-]+)/?  ", told, re.MULTILINE)

    assert {"secrets.env", "tls"} <= set(secrets)
    for name in (".dockerignore", ".gitignore"):
        lines = (ROOT / name).read_text("utf-8").splitlines()
        kept_out = {line.strip("/") for line in lines}
        assert {f"deploy/{each}" for each in secrets} <= kept_out, name


def test_the_containers_build_what_is_here_and_lean_on_one_another(
    compose: dict[str, Any],
) -> None:
    services = compose["services"]
    build = services["service"]["build"]

    assert (DEPLOY / build["context"] / build["dockerfile"]).samefile(DEPLOY / "Dockerfile")
    for service in services.values():
        assert set(service.get("depends_on", ())) <= set(services)
        assert set(service["networks"]) <= set(compose["networks"])


def test_the_containers_settings_are_settings(compose: dict[str, Any]) -> None:
    known = {
        f"TAIPEI_ID_{name.replace('.', '__').upper()}" for name, _ in configuration.fields(Settings)
    }
    given = {name for name in compose["services"]["service"]["environment"] if "TAIPEI" in name}

    assert given
    assert given <= known


def test_whatever_runs_as_a_unit_runs_as_a_container_too(compose: dict[str, Any]) -> None:
    started = re.compile(r"^ExecStart=/opt/taipei-id/bin/(taipei-id .*)$", re.MULTILINE)
    units = {started.findall((DEPLOY / unit).read_text("utf-8"))[0] for unit in UNITS}
    contained = " ".join(
        " ".join(service.get("command", ())) for service in compose["services"].values()
    )

    assert {each for each in units if each not in contained} == {"taipei-id serve"}  # the image's
    assert "taipei-id" in json.loads(IMAGE.rpartition("CMD ")[2])


def test_the_image_holds_what_a_copy_is_made_with() -> None:
    assert re.search(r"apt-get install .*\bpostgresql-client\b", IMAGE)  # pg_dump, pg_restore, psql


# What it is all made of


@pytest.mark.parametrize("lock", ["runtime", "pdf", "otel"])
def test_everything_a_server_installs_is_in_its_list(sboms: Path, lock: str) -> None:
    locked = (ROOT / f"requirements/{lock}.txt").read_text("utf-8")
    wanted = re.findall(r"^([A-Za-z0-9._-]+)(?:\[[^]]*\])?==([^\s;]+)", locked, re.MULTILINE)
    listed = json.loads((sboms / f"sbom-{lock}.json").read_text("utf-8"))["components"]

    assert len(wanted) > 20
    assert sorted((each["name"], each["version"]) for each in listed) == sorted(wanted)


@pytest.fixture(scope="module")
def sboms(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("sboms")
    command = [str(ROOT / "scripts/sbom.sh"), str(Path(sys.executable).parent), str(folder)]
    subprocess.run(command, check=True, capture_output=True)
    return folder
