import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from clients.directory import view_of
from consent import ledger, receipts, texts
from consent.acting import Acting
from consent.ledger import Answer, Approval
from consent.receipts import Issuer, Represented
from idp import deletion_proofs, keys
from idp.keys import Keys
from idp.receipts import sign
from kernel import clock
from kernel.db import Json, Sessions, transaction
from members.models import Relation
from tests import make
from tests.cli.conftest import Taipei

ISSUER = Issuer(
    url="https://id.invalid", name="Taipei ID", withdraw_at="https://id.invalid/account"
)
GIVEN, REFUSED = frozenset({"sub", "name"}), frozenset({"birthdate"})


@pytest.fixture
def kept(sessions: Sessions, tmp_path: Path) -> Any:  # a maker of files
    """Keep the keys in a file, and return what signs a document into another."""
    with transaction(sessions) as session:
        keys.ensure(session, make.KEYRING, now=make.NOON)
    with transaction(sessions) as session:
        jwks = {"keys": keys.ever_published(session, "ES256")}
        (tmp_path / "jwks.json").write_text(json.dumps(jwks))
        signer = Keys(make.KEYRING).signer(session, now=make.NOON)

    def keep(document: Json) -> Path:
        (tmp_path / "receipt.jwt").write_text(sign(signer, document) + "\n")
        return tmp_path / "receipt.jwt"

    return keep


@pytest.fixture
def document(sessions: Sessions) -> Json:
    now = clock.now() - timedelta(hours=1)
    with transaction(sessions) as session:
        client = view_of(make.a_client(session))
        purpose, member_id = client.purposes[0], make.a_member(session).id
        text = texts.consent_text(client, purpose, GIVEN | REFUSED, language="en")
        answer = Answer(
            given=GIVEN, refused=REFUSED, duration="1y", language="en", text=text, acr="acr"
        )
        receipt_id = ledger.record(session, client, purpose, answer, member_id=member_id, now=now)
        ledger.withdraw(session, member_id=member_id, purpose_id=purpose.id, now=now)
        written = receipts.get(session, receipt_id, member_id=member_id)
        return receipts.document(written, principal="sub", issuer=ISSUER, now=clock.now())


def test_a_receipt_is_verified_without_settings_and_said_in_words(
    kept: Any, document: Json, taipei_id: Taipei, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("TAIPEI_ID_ISSUER", "not even a URL")

    said = taipei_id("receipt", "verify", str(kept(document)), "--jwks", f"{tmp_path}/jwks.json")

    assert said.exit_code == 0, said.stderr
    lines = said.stdout.splitlines()
    assert lines[0] == "The receipt is genuine: signature, text and times fit."
    assert "Recipient: Taipei Public Library, Library" in lines
    assert "Given:     An identifier made for this site only, Full name" in lines
    assert "Refused:   Date of birth" in lines
    assert any(line.startswith("Ended: ") and "(withdrawn)" in line for line in lines)
    assert any("民國" in line for line in lines)
    assert "    Purpose: Library card" in lines


def test_a_receipt_of_two_names_both_and_what_each_did(
    kept: Any, sessions: Sessions, taipei_id: Taipei, tmp_path: Path
) -> None:
    now = clock.now() - timedelta(hours=1)
    with transaction(sessions) as session:
        client = view_of(make.a_client(session))
        purpose, member_id = client.purposes[0], make.a_member(session).id
        proxy_id = make.a_member(session, "proxy").id
        by = Acting(
            id=proxy_id, member_id=member_id, by=proxy_id, relation=Relation.PROXY, until=None
        )
        text = texts.consent_text(client, purpose, GIVEN, language="en")
        answer = Answer(
            given=GIVEN, refused=frozenset(), duration="1y", language="en", text=text, acr="acr"
        )
        approval = Approval(approver_id=proxy_id, relation=Relation.PROXY, until=by.word_ends_at)
        receipt_id = ledger.record(
            session, client, purpose, answer, member_id=member_id, now=now, approval=approval
        )
        ledger.withdraw(session, member_id=member_id, purpose_id=purpose.id, now=now, by=by)
        document = receipts.document(
            receipts.get(session, receipt_id, member_id=member_id),
            principal="sub",
            issuer=ISSUER,
            now=clock.now(),
            represented=Represented(member="鄭阿媽", others={proxy_id: "王大明"}),
        )

    said = taipei_id("receipt", "verify", str(kept(document)), "--jwks", f"{tmp_path}/jwks.json")

    assert said.exit_code == 0, said.stderr
    lines = said.stdout.splitlines()
    assert "Member:    鄭阿媽" in lines
    assert "Acted:     王大明 (proxy, gave)" in lines
    assert "Acted:     王大明 (proxy, withdrew)" in lines
    (ended,) = document["consent"]["events"][1:]
    assert ended["entity_relation"] == "proxy"


@pytest.mark.refusal("receipt.signature_invalid")
def test_an_altered_receipt_fails_in_one_line(
    kept: Any, document: Json, taipei_id: Taipei, tmp_path: Path
) -> None:
    file: Path = kept(document)
    header, payload, signature = file.read_text().split(".")
    file.write_text(f"{header}.{payload[:-5]}AAAAA.{signature}")

    said = taipei_id("receipt", "verify", str(file), "--jwks", f"{tmp_path}/jwks.json")

    assert said.exit_code == 1
    assert said.stdout == ""
    assert said.stderr == (
        "Error: receipt.signature_invalid: "
        "The signature does not fit: the receipt was altered, or is not ours\n"
    )


@pytest.mark.refusal("receipt.text_altered")
def test_words_that_do_not_fit_their_hash_fail_even_if_signed(
    kept: Any, document: Json, taipei_id: Taipei, tmp_path: Path
) -> None:
    document["pii_processing"]["privacy_notice"]["text"] += " And the telephone number."

    said = taipei_id("receipt", "verify", str(kept(document)), "--jwks", f"{tmp_path}/jwks.json")

    assert said.exit_code == 1
    assert "receipt.text_altered" in said.stderr


@pytest.mark.parametrize("content", ["", "not JSON", "[]", '{"keys": 7}', '{"keys": [{}]}'])
def test_what_is_no_set_of_keys_verifies_nothing(
    kept: Any, document: Json, taipei_id: Taipei, tmp_path: Path, content: str
) -> None:
    file = kept(document)
    (tmp_path / "other.json").write_text(content)

    said = taipei_id("receipt", "verify", str(file), "--jwks", f"{tmp_path}/other.json")

    assert said.exit_code == 1
    assert len(said.stderr.splitlines()) == 1


def test_keys_that_cannot_be_fetched_are_asked_for_as_a_file(
    kept: Any, document: Json, taipei_id: Taipei
) -> None:
    said = taipei_id(
        "receipt", "verify", str(kept(document)), "--jwks", "http://127.0.0.1:9/jwks.json"
    )

    assert said.exit_code == 1
    assert "does not answer (call.no_connection); save the keys to a file" in said.stderr


def test_a_file_too_large_for_a_receipt_is_not_read(taipei_id: Taipei, tmp_path: Path) -> None:
    file = tmp_path / "large"
    file.write_bytes(b"x" * 300_000)

    said = taipei_id("receipt", "verify", str(file), "--jwks", str(file))

    assert said.exit_code == 1
    assert "too large" in said.stderr


def test_a_proof_of_deletion_is_verified_and_a_forged_one_is_not(
    sessions: Sessions, tmp_path: Path, taipei_id: Taipei
) -> None:
    with transaction(sessions) as session:
        keys.ensure(session, make.KEYRING, now=make.NOON)
    with transaction(sessions) as session:
        jwks = {"keys": keys.ever_published(session, "ES256")}
        proof = deletion_proofs.sign(
            Keys(make.KEYRING).signer(session, now=make.NOON),
            issuer="https://id.invalid",
            reference="ABCDEFGH",
            asked_at=make.NOON,
            erased=["member"],
            kept=["pseudonym"],
            told=2,
            now=make.NOON,
        )
    (tmp_path / "jwks.json").write_text(json.dumps(jwks))
    (tmp_path / "proof.jwt").write_text(proof)
    (tmp_path / "forged.jwt").write_text(proof[:-8] + "AAAAAAAA")
    (tmp_path / "large.jwt").write_text(" " * 300_000)
    known = ("--jwks", str(tmp_path / "jwks.json"))

    genuine = taipei_id("receipt", "verify-deletion", str(tmp_path / "proof.jwt"), *known)
    forged = taipei_id("receipt", "verify-deletion", str(tmp_path / "forged.jwt"), *known)
    large = taipei_id("receipt", "verify-deletion", str(tmp_path / "large.jwt"), *known)

    assert "jti: ABCDEFGH" in genuine.stdout
    assert "recipients_told: 2" in genuine.stdout
    assert (forged.exit_code, large.exit_code) == (1, 1)
