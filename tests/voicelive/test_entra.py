import asyncio
import base64
import json
import sys
import time

import azure
import pytest
import trustme
from aiohttp import web

from voiced.assistant.events import FailureReason
from voiced.voicelive.credential_settings import EntraSettings
from voiced.voicelive.credentials import SignIn, renewal_due
from voiced.voicelive.entra import LONGEST_SECONDS, SHORTEST_SECONDS, TokenSource, lifetime
from voiced.voicelive.failures import CredentialError, Remedy

TENANT = "7a1e7a1e-0000-4000-8000-000000000001"
CODE = {"user_code": "ABC123", "device_code": "d", "verification_uri": "https://login.test/device", "interval": 0}


def encoded(fields):
    return base64.urlsafe_b64encode(json.dumps(fields).encode()).rstrip(b"=").decode()


class Authority:
    """As much of Entra as a device code, a certificate or a refresh needs, on this device."""

    def __init__(self):
        self.host = ""
        self.grants = []
        self.pending = 0
        self.error = None

    async def configuration(self, request):
        base = f"https://{self.host}/{request.match_info['tenant']}"
        return web.json_response(
            {
                "issuer": f"https://{self.host}/{TENANT}/v2.0",
                "authorization_endpoint": f"{base}/oauth2/v2.0/authorize",
                "token_endpoint": f"{base}/oauth2/v2.0/token",
                "device_authorization_endpoint": f"{base}/oauth2/v2.0/devicecode",
            }
        )

    async def devicecode(self, request):
        return web.json_response({**CODE, "expires_in": 900, "message": "open it"})

    async def token(self, request):
        form = await request.post()
        self.grants.append(form["grant_type"])
        if self.error is not None:
            return web.json_response({"error": "invalid_client", "error_description": self.error}, status=401)
        if form["grant_type"].endswith("device_code") and self.pending:
            self.pending -= 1
            return web.json_response({"error": "authorization_pending", "error_description": "wait"}, status=400)
        claims = {
            "iss": f"https://{self.host}/{TENANT}/v2.0",
            "aud": form.get("client_id", ""),
            "sub": "s",
            "tid": TENANT,
            "preferred_username": "owner@example.com",
            "exp": int(time.time()) + 3600,
            "iat": int(time.time()),
        }
        token = {"token_type": "Bearer", "expires_in": 3600, "access_token": f"token {len(self.grants)}"}
        somebodys = {
            "refresh_token": "again",
            "id_token": f"{encoded({'alg': 'none'})}.{encoded(claims)}.",
            "client_info": encoded({"uid": "u", "utid": TENANT}),
        }
        return web.json_response(token if form["grant_type"] == "client_credentials" else token | somebodys)


@pytest.fixture
async def authority_host(secure, authority, tmp_path, monkeypatch):
    made = Authority()
    application = web.Application()
    application.router.add_get("/{tenant}/v2.0/.well-known/openid-configuration", made.configuration)
    application.router.add_post("/{tenant}/oauth2/v2.0/devicecode", made.devicecode)
    application.router.add_post("/{tenant}/oauth2/v2.0/token", made.token)
    runner = web.AppRunner(application, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0, ssl_context=secure()).start()
    made.host = f"localhost:{runner.addresses[0][1]}"
    bundle = tmp_path / "authority.pem"
    authority.cert_pem.write_to_path(bundle)
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(bundle))
    monkeypatch.setenv("HOME", str(tmp_path))
    yield made
    await runner.cleanup()


@pytest.fixture
def certificate(authority, tmp_path):
    path = tmp_path / "speaker.pem"
    authority.issue_cert("speaker", key_type=trustme.KeyType.RSA).private_key_and_cert_chain_pem.write_to_path(path)
    return path


@pytest.fixture
def source(tmp_path):
    made = []

    def make(asked, **settings):
        made.append(TokenSource(EntraSettings(tenant=TENANT, **settings), tmp_path, lambda: None, asked.append))
        return made[-1]

    yield make
    for each in made:
        each.close()


async def test_device_code_is_told_and_signed_in_with_once(authority_host, source, tmp_path):
    asked = []
    host = authority_host.host
    first = source(asked, method="device_code", authority=host)
    token = await asyncio.to_thread(first.fetch, fresh=False)
    assert asked == [SignIn("https://login.test/device", "ABC123")]
    assert token.value.startswith("token")
    assert 3000 < token.lifetime <= 3600
    after_a_restart = source(asked, method="device_code", authority=host)
    assert (await asyncio.to_thread(after_a_restart.fetch, fresh=False)).value == token.value
    assert len(asked) == 1
    kept = [path for path in (tmp_path / ".IdentityService").iterdir() if path.suffix != ".lockfile"]
    assert kept
    assert not any(path.stat().st_mode & 0o077 for path in kept)  # who reads it is the speaker


async def test_certificate_is_shown_and_a_renewal_brings_another_token(authority_host, certificate, source):
    tokens = source([], method="certificate", client="app", certificate=certificate, authority=authority_host.host)
    first = await asyncio.to_thread(tokens.fetch, fresh=False)
    cached = await asyncio.to_thread(tokens.fetch, fresh=False)
    renewed = await asyncio.to_thread(tokens.fetch, fresh=True)
    assert first.value == cached.value != renewed.value
    assert authority_host.grants == ["client_credentials"] * 2


async def test_authority_that_refuses_is_told_in_its_words(authority_host, certificate, source):
    authority_host.error = "AADSTS700016: no such application"
    tokens = source([], method="certificate", client="app", certificate=certificate, authority=authority_host.host)
    with pytest.raises(CredentialError, match="AADSTS700016") as error:
        await asyncio.to_thread(tokens.fetch, fresh=False)
    assert error.value.failure.reason is FailureReason.REFUSED
    assert error.value.failure.remedy is Remedy.FIX_CONFIGURATION


async def test_authority_that_can_not_be_reached_is_the_networks(certificate, source):
    tokens = source([], method="certificate", client="app", certificate=certificate, authority="localhost:9")
    with pytest.raises(CredentialError) as error:
        await asyncio.to_thread(tokens.fetch, fresh=False)
    assert error.value.failure.remedy is Remedy.RETRY_NOW


def test_certificate_that_is_missing_is_the_owners(tmp_path, source):
    tokens = source([], method="certificate", client="app", certificate=tmp_path / "none.pem")
    with pytest.raises(CredentialError, match=r"none\.pem"):
        tokens.fetch(fresh=False)


def test_missing_extra_is_told_with_the_command_that_installs_it(source, monkeypatch):
    monkeypatch.setitem(sys.modules, "azure.identity", None)  # as if it were not installed
    monkeypatch.delattr(azure, "identity", raising=False)
    with pytest.raises(CredentialError, match=r"pip install 'voiced\[entra\]'"):
        source([]).fetch(fresh=False)


@pytest.mark.parametrize(
    ("left", "believed"),
    [
        (3599.0, 3599.0),
        (1.7e9, LONGEST_SECONDS),  # a device without a clock of its own, before the network has told it the time
        (-7200.0, SHORTEST_SECONDS),  # one whose clock is two hours ahead: it must not fetch anew each second
    ],
)
def test_a_wrong_clock_makes_no_token_last_for_ever_and_none_too_short(left, believed):
    assert lifetime(left) == believed
    assert renewal_due(lifetime(left)) >= 60
