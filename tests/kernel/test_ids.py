import time
from datetime import UTC, datetime, timedelta

from kernel import clock, ids


def test_identifiers_are_uuid_version_7() -> None:
    made = ids.new_id()

    assert made.version == 7
    assert made.variant == "specified in RFC 4122"


def test_identifiers_are_unique_and_grow_with_time() -> None:
    earlier = ids.new_id()
    time.sleep(0.002)
    later = {ids.new_id() for _ in range(1000)}

    assert len(later) == 1000
    assert earlier < min(later)


def test_an_identifier_begins_with_its_millisecond() -> None:
    before = clock.now()
    milliseconds = ids.new_id().int >> 80
    after = clock.now()

    assert before.timestamp() * 1000 - 1 <= milliseconds <= after.timestamp() * 1000


def test_identifiers_of_one_moment_keep_the_order_in_which_they_were_made() -> None:
    moment = datetime(2026, 11, 23, 4, 0, tzinfo=UTC)

    made = [ids.new_id_at(moment) for _ in range(1000)]

    assert made == sorted(set(made))
    assert {(each.version, each.variant) for each in made} == {(7, "specified in RFC 4122")}
    assert {each.int >> 80 for each in made} == {int(moment.timestamp() * 1000)}


def test_a_moment_divides_the_identifiers_before_it_from_those_after() -> None:
    moment = datetime(2026, 11, 23, 4, 0, tzinfo=UTC)
    before, after = moment - timedelta(milliseconds=1), moment

    assert ids.new_id_at(before) < ids.first_id_at(moment) <= ids.new_id_at(after)


def test_a_secret_has_256_bits_and_fits_into_a_url() -> None:
    secrets = {ids.new_secret() for _ in range(100)}

    assert len(secrets) == 100
    assert {len(secret) for secret in secrets} == {43}
    assert all(secret.replace("-", "").replace("_", "").isalnum() for secret in secrets)


def test_keys_and_nonces_have_the_length_asked_for() -> None:
    assert len(ids.new_key()) == 32
    assert len(ids.new_nonce()) == 12
    assert len(ids.new_nonce(16)) == 16
    assert ids.new_key() != ids.new_key()


def test_a_reference_can_be_read_out_on_the_phone() -> None:
    reference = "".join(ids.new_reference() for _ in range(100))

    assert len(reference) == 800
    assert not set(reference) & set("01IO")


def test_only_the_digest_of_a_secret_is_needed_to_know_it_again() -> None:
    secret = ids.new_secret()

    assert ids.digest(secret) == ids.digest(secret)
    assert len(ids.digest(secret)) == 32
    assert ids.digest(secret) != ids.digest(secret + "x")
    assert ids.digest("\ud800")  # what a hostile client sends is compared, too


def test_a_day_ends_at_midnight_in_taipei() -> None:
    last_second = datetime(2026, 11, 23, 15, 59, 59, tzinfo=UTC)
    midnight = datetime(2026, 11, 23, 16, 0, tzinfo=UTC)

    assert clock.taipei_day(last_second).isoformat() == "2026-11-23"
    assert clock.taipei_day(midnight).isoformat() == "2026-11-24"


def test_the_clock_knows_its_zone() -> None:
    assert clock.now().tzinfo is UTC
