"""How a device's certificate is checked, and what the speaker shows of its own."""

import ssl
from pathlib import Path
from typing import Self

from pydantic import model_validator

from voiced.settings import Settings
from voiced.tools.actions.action import ActionError


class TlsSettings(Settings):
    """TLS beyond what is usual: a device's own certificate, an authority of the house, a client's certificate."""

    verify: bool = True
    """false takes any certificate: then who answers may be anybody on the network."""
    ca_file: Path | None = None
    """PEM file of the authority, or of the device's own certificate, that is trusted in place of the system's."""
    certificate: Path | None = None
    """PEM file of a certificate that the speaker shows."""
    key: Path | None = None
    """PEM file of its key, where that is not in the same file."""

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if not self.verify and self.ca_file is not None:
            raise ValueError("with verify: false nothing is checked, so ca_file has no use; leave one out")
        if self.key is not None and self.certificate is None:
            raise ValueError("a key belongs to a certificate; give both")
        return self

    def context(self) -> ssl.SSLContext:
        """The library's own; raises `ActionError` that names the file which can't be used."""
        try:
            context = ssl.create_default_context(cafile=self.ca_file)
        except OSError as error:  # which ssl's own errors are
            raise ActionError("The certificate to trust can't be read.", f"{self.ca_file}: {error}") from error
        if not self.verify:
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
        if self.certificate is not None:
            try:
                context.load_cert_chain(self.certificate, self.key)
            except OSError as error:
                raise ActionError("The speaker's certificate can't be read.", f"{self.certificate}: {error}") from error
        return context
