"""Tokens of Microsoft Entra through azure-identity, which is imported only when it is used. Everything here blocks."""

import logging
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from azure.core.exceptions import AzureError, ServiceRequestError, ServiceResponseError

from voiced import installing
from voiced.assistant.events import FailureReason
from voiced.voicelive.credential_settings import EntraSettings
from voiced.voicelive.credentials import SignIn, Token
from voiced.voicelive.failures import CredentialError, Failure, Remedy

if TYPE_CHECKING:
    from azure.identity import AuthenticationRecord, DeviceCodeCredential

log = logging.getLogger(__name__)

_RECORD = "entra-account.json"
_CACHE = "voiced"
SHORTEST_SECONDS = 300.0
LONGEST_SECONDS = 86_400.0
"""A day, which a managed identity's token lasts; others last an hour or a little more."""
_SHOWN = 300
"""Characters of Entra's explanations that are told; they go on for pages."""


class TokenSource:
    """Gets tokens with what the settings name. `ask` is told, in the calling thread, what the owner has to do.

    `folder` keeps whose account was signed in with a code; `password` gives the certificate file's.
    """

    def __init__(
        self,
        settings: EntraSettings,
        folder: Path,
        password: Callable[[], str | None],
        ask: Callable[[SignIn], None],
    ) -> None:
        self._settings = settings
        self._record = folder / _RECORD
        self._password = password
        self._ask = ask
        self._credential: Any = None  # one of azure-identity's, which may not be installed

    def fetch(self, fresh: bool) -> Token:  # noqa: FBT001 (called through `TokenCredential`)
        """A token; `fresh` forgets what was cached in memory. Raises `CredentialError`."""
        try:
            if fresh or self._credential is None:
                self.close()
                self._credential = self._make()
            if self._settings.method == "device_code":
                token = self._by_code(self._credential)
            else:
                token = self._credential.get_token(self._settings.scope)
        except ImportError as error:
            raise CredentialError(
                _refused(f"azure-identity is not installed; install it with: {installing.command('entra')}")
            ) from error
        except (AzureError, OSError, ValueError) as error:
            raise CredentialError(_why(error)) from error
        return Token(token.token, lifetime(token.expires_on - time.time()))

    def close(self) -> None:
        """Close connections that azure-identity keeps open."""
        if self._credential is not None:
            self._credential.close()

    def _make(self) -> Any:  # noqa: ANN401 (azure-identity's classes have no common type but a protocol)
        from azure import identity  # noqa: PLC0415 (17 MiB and a quarter of a second, only for who needs it)

        logging.getLogger("azure.identity").setLevel(logging.ERROR)  # it warns of each failure over a dozen lines
        chosen = self._settings
        somewhere: dict[str, Any] = {"retry_total": 0}  # when to try again is `TokenCredential`'s to decide
        if chosen.authority is not None:  # discovery would ask the public cloud about it
            somewhere |= {"authority": f"https://{chosen.authority}", "disable_instance_discovery": True}
        match chosen.method:
            case "managed_identity":
                return identity.ManagedIdentityCredential(client_id=chosen.client)
            case "certificate":
                return identity.CertificateCredential(
                    str(chosen.tenant),
                    str(chosen.client),
                    str(chosen.certificate),
                    password=self._password(),
                    **somewhere,
                )
            case "device_code":
                record = self._remembered(identity.AuthenticationRecord)
                if record is not None:  # which says where, and for which application
                    somewhere.pop("authority", None)
                elif chosen.client:
                    somewhere["client_id"] = chosen.client
                if chosen.tenant:
                    somewhere["tenant_id"] = chosen.tenant
                return identity.DeviceCodeCredential(
                    prompt_callback=lambda address, code, _until: self._ask(SignIn(address, code)),
                    authentication_record=record,
                    disable_automatic_authentication=True,
                    cache_persistence_options=identity.TokenCachePersistenceOptions(
                        name=_CACHE, allow_unencrypted_storage=True
                    ),
                    **somewhere,
                )
            case _:
                if chosen.client:
                    somewhere["managed_identity_client_id"] = chosen.client
                return identity.DefaultAzureCredential(**somewhere)

    def _by_code(self, credential: "DeviceCodeCredential") -> Any:  # noqa: ANN401 (an AccessToken)
        """Silently for the account that signed in before; else by a code, which waits for the owner."""
        from azure.identity import AuthenticationRequiredError  # noqa: PLC0415 (see `_make`)

        try:
            return credential.get_token(self._settings.scope)
        except AuthenticationRequiredError:
            self._remember(credential.authenticate(scopes=[self._settings.scope]))
            return credential.get_token(self._settings.scope)

    def _remembered(self, kind: "type[AuthenticationRecord]") -> "AuthenticationRecord | None":
        """Whose account it was, where that was for what is configured now."""
        try:
            record = kind.deserialize(self._record.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return None
        except (OSError, ValueError, KeyError) as error:
            log.warning("%s is not readable (%s): you will be asked to sign in again", self._record, error)
            return None
        chosen = self._settings
        if chosen.client not in (None, record.client_id) or chosen.authority not in (None, record.authority):
            return None
        authority = record.authority if chosen.authority is None else f"https://{chosen.authority}"
        return kind(record.tenant_id, record.client_id, authority, record.home_account_id, record.username)

    def _remember(self, record: "AuthenticationRecord") -> None:
        """Keep whose account it is; the tokens themselves are in azure-identity's own cache."""
        try:
            self._record.parent.mkdir(parents=True, exist_ok=True)
            self._record.write_text(record.serialize(), encoding="utf-8")
        except OSError as error:
            log.warning("%s can't be written (%s): you will be asked to sign in at each start", self._record, error)


def _refused(detail: str) -> Failure:
    return Failure(FailureReason.REFUSED, Remedy.FIX_CONFIGURATION, detail)


def _why(error: BaseException) -> Failure:
    """What azure-identity's exception means; it calls everything a failed authentication, and keeps the cause."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ServiceRequestError | ServiceResponseError):
            return Failure(FailureReason.UNREACHABLE, Remedy.RETRY_NOW, f"Entra can't be reached: {_short(error)}")
        if type(cause).__name__ == "MsalServiceError":  # a status of 500 or more; msal is not ours to import
            return Failure(FailureReason.BUSY, Remedy.RETRY_NOW, f"Entra is busy: {_short(error)}")
        cause = cause.__cause__ or cause.__context__
    return _refused(f"Entra gives no token: {_short(error)}")


def _short(error: BaseException) -> str:
    text = " ".join(str(error).split())
    return text if len(text) <= _SHOWN else text[:_SHOWN] + " …"


def lifetime(seconds: float) -> float:
    """What is left of a token by the calendar, as far as that can be believed: before it was set it may be years off.

    A token that is taken for good too long is refused, and another is fetched. Pure.
    """
    return min(max(seconds, SHORTEST_SECONDS), LONGEST_SECONDS)
