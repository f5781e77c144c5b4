"""Put a member's archive together in the worker: a ZIP written as it is read, sealed in pieces."""

import zipfile
from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime
from typing import IO, cast
from uuid import UUID

from sqlalchemy.orm import Session

from audit.sealing import NotOurs
from idp import checkpoints
from kernel import jobs
from kernel.clock import TAIPEI
from kernel.db import transaction
from kernel.jobs import JobDelayed, Work
from kernel.settings import SettingsInvalid
from kernel.wording import Bilingual
from members.archives import Writer
from members.models import Archive, Member
from members.profile import open_data_key
from web import archive_contents, notices, reading_apart
from web.archive_parts import PARTS, Whose
from web.mails import Mail
from web.rooms import Rooms

KIND = "archive.make"
ROUNDS = 4  # batches of the footprint to seal before it is written
README = Bilingual(
    "這是您在 %(issuer)s 的資料，%(at)s（臺北時間）。\n"
    "html 可以直接看，csv 用試算表開，json 給程式用。\n"
    "footprint.json 有雜湊值和簽章，receipts 裡是有簽章的同意收據；公開金鑰在 "
    "%(issuer)s/receipts/jwks.json。\n"
    "這裡有您的個人資料，請收好，不要用公用電腦開。\n",
    "These are your data at %(issuer)s, as of %(at)s in Taipei.\n"
    "Read the html files, open the csv files in a spreadsheet, give the json files to programs.\n"
    "footprint.json carries hashes and a signature, receipts/ holds signed receipts; the public "
    "keys are at %(issuer)s/receipts/jwks.json.\n"
    "This is personal: keep it safe, and do not open it on a shared computer.\n",
)


def enqueue(session: Session, archive: Archive, *, now: datetime) -> None:
    """Let the archive be made."""
    jobs.enqueue(session, KIND, {"archive": str(archive.id)}, now=now)


class ArchiveMaker:
    """The handler of these jobs."""

    def __init__(self, rooms: Rooms) -> None:
        """Read and write through `rooms`."""
        self._rooms = rooms

    def __call__(self, work: Work, *, now: datetime) -> None:
        """Make one archive; one that is gone, ready, or whose member left, is left alone.

        Raises JobDelayed for a part that only a later version can make.
        """
        archive_id = UUID(work.payload["archive"])
        with transaction(self._rooms.sessions) as session:
            archive = session.get(Archive, archive_id)
            if archive is None or archive.ready_at is not None:
                return
            if not PARTS.keys() >= set(archive.parts):
                raise JobDelayed("archive.of_another_version")
            member = session.get_one(Member, archive.member_id)
            if not member.data_key_sealed:
                return
            data_key = open_data_key(member, keyring=self._rooms.keyring)
        provider = self._rooms.provider
        # The worker tells it, or that the token is away; who asks for their data gets them.
        with suppress(NotOurs, SettingsInvalid):
            checkpoints.seal(
                self._rooms.sessions, provider.keys, issuer=provider.issuer, now=now, rounds=ROUNDS
            )
        writer = Writer(self._rooms.sessions, archive_id, data_key)
        with reading_apart.lent(self._rooms, now=now) as make:
            whose = Whose(
                rooms=self._rooms,
                make=make,
                member_id=archive.member_id,
                language=archive.language,
                at=now,
            )
            _write(writer, whose, archive.parts)
        if writer.close(now=now):
            self._tell(archive, now=now)

    def _tell(self, archive: Archive, *, now: datetime) -> None:
        with transaction(self._rooms.sessions) as session:
            notices.mail(
                session,
                Mail.ARCHIVE_READY,
                member_id=archive.member_id,
                language=archive.language,
                now=now,
            )


def _write(writer: Writer, whose: Whose, parts: list[str]) -> None:
    # Writer has what zipfile needs of a stream that cannot be sought.
    with zipfile.ZipFile(cast("IO[bytes]", writer), "w", zipfile.ZIP_DEFLATED) as bundle:
        _add(bundle, "README.txt", iter([_readme(whose)]), whose)
        for part in PARTS:
            if part in parts:
                for name, written in archive_contents.files(part, whose):
                    _add(bundle, name, written, whose)


def _add(bundle: zipfile.ZipFile, name: str, written: Iterator[str], whose: Whose) -> None:
    local = whose.at.astimezone(TAIPEI)
    entry = zipfile.ZipInfo(name, local.timetuple()[:6])
    entry.compress_type = zipfile.ZIP_DEFLATED
    entry.external_attr = 0o600 << 16
    with bundle.open(entry, "w", force_zip64=True) as file:
        for text in written:
            file.write(text.encode())


def _readme(whose: Whose) -> str:
    at = whose.at.astimezone(TAIPEI).strftime("%Y-%m-%d %H:%M")
    return whose.text(README) % {"issuer": whose.rooms.provider.issuer, "at": at}
