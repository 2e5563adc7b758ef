"""How the speaker proves who it is, and which way it goes to the service."""

from pathlib import Path
from typing import Any, Literal, Self

from pydantic import Field, model_validator

from voiced.settings import SecretReference, Settings


class EntraSettings(Settings):
    """Microsoft Entra in place of a key; `entra: managed_identity` is short for `entra: {method: managed_identity}`."""

    method: Literal["default", "managed_identity", "certificate", "device_code"] = "default"
    """Where the identity comes from: whatever is found on this device (environment variables, a managed identity, the
    Azure CLI's login), a managed identity, a certificate, or you: `device_code` says a code that you enter on your
    telephone, once."""
    tenant: str | None = Field(default=None, min_length=1)
    """The directory's name or id; needed with a certificate."""
    client: str | None = Field(default=None, min_length=1)
    """The application's id, or that of a managed identity; needed with a certificate."""
    certificate: Path | None = None
    """A PEM or PKCS#12 file with the certificate and its private key, readable by the speaker only."""
    certificate_password: SecretReference | None = None
    """Where that file's password is kept, if it has one."""
    authority: str | None = Field(default=None, pattern=r"^[a-z0-9.-]+(:[0-9]+)?$")
    """The host that gives tokens, where it isn't the public cloud's (login.microsoftonline.us)."""
    scope: str = Field(default="https://ai.azure.com/.default", pattern=r"^https://\S+/\.default$")
    """What the token is for; older resources take https://cognitiveservices.azure.com/.default."""

    @model_validator(mode="before")
    @classmethod
    def _by_name(cls, given: Any) -> Any:  # noqa: ANN401 (whatever YAML holds)
        return {"method": given} if isinstance(given, str) else given

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        if self.method == "certificate":
            missing = [name for name in ("tenant", "client", "certificate") if getattr(self, name) is None]
            if missing:
                raise ValueError(f"a certificate needs {' and '.join(missing)} as well")
        elif self.certificate is not None or self.certificate_password is not None:
            raise ValueError(f"a certificate is not used with method: {self.method}")
        return self


class CredentialSettings(Settings):
    """How the speaker proves to the service who it is. Exactly one of the two."""

    api_key: SecretReference | None = None
    """Where the resource's key is kept."""
    entra: EntraSettings | None = None
    """Microsoft Entra, without a key."""

    @model_validator(mode="after")
    def _exactly_one(self) -> Self:
        if (self.api_key is None) == (self.entra is None):
            raise ValueError("give exactly one of api_key, entra")
        return self


class ConnectionSettings(Settings):
    """Which way the speaker goes to the service, and what it does where there is none."""

    proxy: str | None = Field(default=None, pattern=r"^(https?://[^\s@]+|)$")
    """An HTTP proxy, as http://proxy.lan:3128; "" for none. Left out, the environment's HTTPS_PROXY and NO_PROXY hold,
    which is also the place for a proxy's password."""
    fallback: Literal["cascade", "none"] = "cascade"
    """Who answers while the service can't be had: the cascade on this device, or nobody, and the speaker says why."""
    fallback_seconds: float = Field(default=1.5, gt=0, le=30)
    """How long the service is waited for before the fallback takes over."""
