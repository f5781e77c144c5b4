"""Seal what an applicant fills in under the application's own key, and open it again."""

from hashlib import sha256
from uuid import UUID

from kernel.keyring import Keyring, seal, unseal
from members import application_forms, application_steps
from members.application_forms import Form
from members.application_models import Application


def write(form: Form, key: bytes, *, application_id: UUID) -> bytes:
    """Return the form sealed under the application's data key."""
    return seal(key, application_forms.dump(form), place=_place(application_id))


def read(application: Application, *, keyring: Keyring) -> Form:
    """Return what was filled in."""
    key = application_steps.data_key(application, keyring=keyring)
    return application_forms.load(
        unseal(key, application.form_sealed, place=_place(application.id))
    )


def mark(application: Application) -> str:
    """Return what says which form somebody has before them: another once it is corrected."""
    return sha256(application.form_sealed).hexdigest()


def _place(application_id: UUID) -> str:
    return f"application.form/{application_id}"
