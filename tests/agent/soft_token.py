"""A PKCS#11 token that is in no reader: SoftHSM's, with one key."""

import subprocess
from pathlib import Path

from demo.cards.issuing import Form

MODULE = "/usr/lib/softhsm/libsofthsm2.so"


class Token:
    """A token made with SoftHSM's own tools, as its owner would make it."""

    slot = "SoftHSM slot"

    def __init__(self, folder: Path, card: Form, label: str = "t") -> None:
        self._folder, self._label, self._pin = folder, label, card["pin"]
        configuration = folder / "softhsm2.conf"
        configuration.write_text(f"directories.tokendir = {folder}\n", encoding="ascii")
        self.environment = {"SOFTHSM2_CONF": str(configuration)}
        (folder / "key.pem").write_text(card["key"], encoding="ascii")
        self._call(
            f"softhsm2-util --init-token --free --so-pin 123456 --pin {self._pin}", "--label"
        )
        self._call(f"softhsm2-util --import key.pem --pin {self._pin} --id 01 --label k", "--token")
        self.own = bytes.fromhex(card["certificate"])

    def write(self, certificate: bytes, key_id: str) -> None:
        """Put a certificate beside the key of this id."""
        (self._folder / "certificate.der").write_bytes(certificate)
        tool = f"pkcs11-tool --module {MODULE} --login --pin {self._pin}"
        write = f"{tool} --write-object certificate.der --type cert --id {key_id}"
        self._call(write, "--token-label")

    def _call(self, command: str, which: str) -> None:
        words = [*command.split(), which, self._label]
        environment = {"PATH": "/usr/bin:/bin", **self.environment}
        subprocess.run(words, check=True, cwd=self._folder, env=environment, capture_output=True)
