"""Turn what may go wrong into one line that says what to do."""

import click
from sqlalchemy.exc import DataError, DBAPIError, OperationalError, ProgrammingError

from kernel.errors import Refused
from kernel.keyring import SealBroken
from kernel.refusals import refusal
from kernel.settings import SettingsInvalid
from migrations import OfAnotherVersion

ADVICE = {
    "client.already_exists": "choose another client_id",
    "client.basis_not_offered": "public bodies choose from article 15, all others from article 19",
    "client.change_empty": "'taipei-id client purpose' prints what is in force",
    "client.change_open": "wait until DoIT has approved or returned it",
    "client.change_wrong_state": "'taipei-id client diff' says how far it has come",
    "flow.purpose_mismatch": "ask only for claims of the catalogue that such a body may have",
    "client.no_secret": "it proves itself by key or PKCE",
    "client.not_found": "look at the spelling of its client_id",
    "member.already_exists": "choose another account name",
}


class Stop(click.ClickException):
    """The command cannot go on; the message is one line with the remedy in it."""


class Commands(click.Group):
    """A group of commands that never answers a mistake with a traceback."""

    def invoke(self, ctx: click.Context) -> object:
        """Run the command; refusals leave as one line and exit code 1."""
        try:
            return super().invoke(ctx)
        except Refused as refused:
            raise Stop(_worded(refused)) from None
        except SettingsInvalid as invalid:
            raise Stop(f"the settings cannot be used: {invalid}") from None
        except SealBroken as broken:
            raise Stop(
                f"{broken} does not open: the master key is not the one it was sealed under"
            ) from None
        except OfAnotherVersion as failed:
            raise Stop(
                f"the database belongs to another version ({failed}); install that version"
            ) from None
        except UnicodeDecodeError as unread:
            raise Stop(
                f"a file is not UTF-8 ({unread.reason}); save it so, then try again"
            ) from None
        except DataError as unfit:
            raise Stop(
                f"something given is too long or no such value ({_reason(unfit)}); shorten it"
            ) from None
        except (OperationalError, ProgrammingError) as failed:
            raise Stop(_about_database(failed)) from None


def _worded(refused: Refused) -> str:
    advice = ADVICE.get(refused.code)
    title = refusal(refused.code).title.en
    return f"{refused.code}: {title}; {advice}" if advice else f"{refused.code}: {title}"


def _reason(failed: DBAPIError) -> str:
    return str(failed.orig).strip().splitlines()[0]


def _about_database(failed: OperationalError | ProgrammingError) -> str:
    reason = _reason(failed)
    if "no such table" in reason or "does not exist" in reason:
        return f"the database has no such table ({reason}); run 'taipei-id db upgrade'"
    return f"the database does not answer ({reason}); look at database_url, then 'taipei-id doctor'"
