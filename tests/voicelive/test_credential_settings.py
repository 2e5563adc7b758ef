import json

import pytest
from pydantic import ValidationError

from voiced.voicelive.credential_settings import ConnectionSettings, CredentialSettings, EntraSettings

CERTIFICATE = {"method": "certificate", "tenant": "t", "client": "c", "certificate": "/c.pem"}


def read(model, given):
    return model.model_validate_json(json.dumps(given), strict=True)


def test_method_alone_is_short_for_a_map():
    assert read(CredentialSettings, {"entra": "managed_identity"}).entra == EntraSettings(method="managed_identity")


@pytest.mark.parametrize("given", [{}, {"api_key": {"env": "KEY"}, "entra": "default"}])
def test_exactly_one_credential_is_given(given):
    with pytest.raises(ValidationError, match="exactly one of api_key, entra"):
        read(CredentialSettings, given)


def test_certificate_comes_with_all_that_it_needs():
    assert read(EntraSettings, CERTIFICATE).method == "certificate"


@pytest.mark.parametrize("missing", ["tenant", "client", "certificate"])
def test_certificate_without_what_it_needs_is_refused_by_name(missing):
    with pytest.raises(ValidationError, match=f"needs {missing}"):
        read(EntraSettings, {key: value for key, value in CERTIFICATE.items() if key != missing})


def test_certificate_with_another_method_is_refused():
    with pytest.raises(ValidationError, match="not used with method: device_code"):
        read(EntraSettings, {**CERTIFICATE, "method": "device_code"})


@pytest.mark.parametrize("scope", ["https://ai.azure.com/.default", "https://cognitiveservices.azure.com/.default"])
def test_documented_scopes_are_accepted(scope):
    assert read(EntraSettings, {"scope": scope}).scope == scope


def test_scope_that_is_none_is_refused():
    with pytest.raises(ValidationError):
        read(EntraSettings, {"scope": "https://ai.azure.com"})


@pytest.mark.parametrize("proxy", ["", "http://proxy.lan:3128", "https://proxy.lan"])
def test_proxies_are_addresses_or_none(proxy):
    assert read(ConnectionSettings, {"proxy": proxy}).proxy == proxy


@pytest.mark.parametrize("proxy", ["proxy.lan", "socks5://proxy.lan", "http://me:secret@proxy.lan"])
def test_proxy_of_another_kind_or_with_a_password_is_refused(proxy):
    with pytest.raises(ValidationError):
        read(ConnectionSettings, {"proxy": proxy})
