import pytest
from smartcard import scard

from demo.cards.issuing import Form, issue, new_key
from tests import make
from tests.cards.farm import Farm, started

PIV = "demo.cards.issuing:piv_card"
SELECT_PIV = bytes.fromhex("00a404000ba00000030800001000010000")
TRIES = bytes.fromhex("00200080")


@pytest.fixture(scope="module")
def form() -> Form:
    return issue(new_key(), pin="246810", label="Test card", now=make.NOON)


def connect(farm: Farm, slot: int) -> tuple[int, int, int]:
    """Return result, handle and protocol of a connection to the card in a reader."""
    _, context = scard.SCardEstablishContext(scard.SCARD_SCOPE_USER)
    code, card, protocol = scard.SCardConnect(
        context,
        farm.readers[slot],
        scard.SCARD_SHARE_SHARED,
        scard.SCARD_PROTOCOL_T0 | scard.SCARD_PROTOCOL_T1,
    )
    return code, card, protocol


def say(card: int, protocol: int, apdu: bytes) -> tuple[int, bytes]:
    """Return result and answer of one command."""
    pci = scard.SCARD_PCI_T1 if protocol == scard.SCARD_PROTOCOL_T1 else scard.SCARD_PCI_T0
    code, answer = scard.SCardTransmit(card, pci, list(apdu))
    return code, bytes(answer)


def test_a_card_in_a_reader_answers_through_pcscd(farm: Farm, form: Form) -> None:
    farm.insert(1, PIV, form)

    code, card, protocol = connect(farm, 1)
    answer = say(card, protocol, SELECT_PIV)[1]
    scard.SCardDisconnect(card, scard.SCARD_LEAVE_CARD)

    assert code == scard.SCARD_S_SUCCESS
    assert answer.endswith(b"\x90\x00")
    assert (SELECT_PIV.hex(), answer.hex()) in farm.log(1)


def test_an_empty_reader_has_no_card(farm: Farm) -> None:
    assert connect(farm, 0)[0] == scard.SCARD_E_NO_SMARTCARD


def test_a_card_pulled_out_in_the_midst_of_a_command_answers_nothing(
    farm: Farm, form: Form
) -> None:
    farm.insert(0, PIV, form)
    _, card, protocol = connect(farm, 0)

    farm.cut(0)

    assert say(card, protocol, SELECT_PIV)[1] == b""
    assert say(card, protocol, SELECT_PIV)[0] == scard.SCARD_E_NOT_TRANSACTED


def test_a_card_can_be_changed_while_it_is_in_the_reader(farm: Farm, form: Form) -> None:
    farm.insert(0, PIV, form)
    farm.put(0, "tries_left", 1)
    _, card, protocol = connect(farm, 0)

    assert say(card, protocol, TRIES)[1] == b"\x63\xc1"
    assert farm.get(0, "tries_left") == 1


def test_pcscd_can_be_ended_and_started_again(farm: Farm, form: Form) -> None:
    farm.stop_service()
    code, _ = scard.SCardEstablishContext(scard.SCARD_SCOPE_USER)
    farm.start_service()

    farm.insert(0, PIV, form)

    assert code == scard.SCARD_E_NO_SERVICE
    assert connect(farm, 0)[0] == scard.SCARD_S_SUCCESS


def test_two_farms_do_not_meet(farm: Farm) -> None:
    with started() as other:
        assert other.socket != farm.socket
        assert other.order("log", slot=0) == []


def test_an_order_that_fails_says_why(farm: Farm) -> None:
    with pytest.raises(RuntimeError, match="no_such_maker"):
        farm.order("insert", slot=0, maker="demo.cards.issuing:no_such_maker", form={})
