"""The table of passkeys: what proves the binding of the same id."""

from uuid import UUID

from sqlalchemy import BigInteger, ForeignKey, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from kernel.db import Base


class Passkey(Base):
    """The public half of a passkey; `backup_eligible` ones may be copied between devices."""

    __tablename__ = "passkey"

    binding_id: Mapped[UUID] = mapped_column(
        ForeignKey("binding.id", ondelete="CASCADE"), primary_key=True
    )
    credential_id: Mapped[bytes] = mapped_column(LargeBinary(1023))
    public_key: Mapped[bytes]  # COSE (RFC 9052 7)
    sign_count: Mapped[int] = mapped_column(BigInteger)  # unsigned 32 bits; 0 if it does not count
    backup_eligible: Mapped[bool]
    backed_up: Mapped[bool]
    aaguid: Mapped[str] = mapped_column(String(36))  # the model, where it says so
