"""Say what can go wrong with a card, in a closed list of words that the page translates."""

from http import HTTPStatus

STATUS = {
    "bad_nonce": HTTPStatus.UNPROCESSABLE_ENTITY,
    "bad_request": HTTPStatus.BAD_REQUEST,
    "busy": HTTPStatus.CONFLICT,
    "card_error": HTTPStatus.BAD_GATEWAY,
    "card_mute": HTTPStatus.BAD_GATEWAY,  # upside down, dirty or broken
    "card_removed": HTTPStatus.GONE,
    "card_unknown": HTTPStatus.UNPROCESSABLE_ENTITY,
    "command_not_allowed": HTTPStatus.FORBIDDEN,
    "no_card": HTTPStatus.NOT_FOUND,
    "no_reader": HTTPStatus.NOT_FOUND,
    "not_paired": HTTPStatus.UNAUTHORIZED,
    "pcsc_unavailable": HTTPStatus.SERVICE_UNAVAILABLE,
    "pin_incorrect": HTTPStatus.UNPROCESSABLE_ENTITY,
    "pin_malformed": HTTPStatus.UNPROCESSABLE_ENTITY,  # nothing was tried
    "pin_locked": HTTPStatus.UNPROCESSABLE_ENTITY,
    "reader_in_use": HTTPStatus.CONFLICT,
    "several_cards": HTTPStatus.CONFLICT,
    "user_cancelled": HTTPStatus.UNPROCESSABLE_ENTITY,
}


class Trouble(Exception):  # a state of affairs, not a mistake
    """Something stands between the page and a signature; `code` is one of STATUS."""

    def __init__(self, code: str, *, tries_left: int | None = None) -> None:
        """Keep the code, and how often the PIN may still be tried if the card said so."""
        super().__init__(code)
        self.code = code
        self.tries_left = tries_left
