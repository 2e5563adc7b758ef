import ssl
from datetime import UTC, datetime

import aiohttp
import pytest
from hypothesis import given
from hypothesis import strategies as st
from multidict import CIMultiDict
from yarl import URL

from voiced.assistant.events import FailureReason, SessionFailed
from voiced.voicelive.failures import CredentialError, Failure, Remedy, classify, classify_close

NOW = datetime(2026, 11, 21, 12, 0, 0, tzinfo=UTC)
REQUEST = aiohttp.RequestInfo(URL("wss://x.services.ai.azure.com/"), "GET", CIMultiDict(), URL("wss://x/"))


def handshake(status, **headers):
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return aiohttp.WSServerHandshakeError(REQUEST, (), status=status, headers=CIMultiDict(named))


@pytest.mark.parametrize(
    ("status", "reason", "remedy"),
    [
        (200, FailureReason.NOT_FOUND, Remedy.FIX_CONFIGURATION),
        (400, FailureReason.NOT_FOUND, Remedy.FIX_CONFIGURATION),
        (401, FailureReason.REFUSED, Remedy.RENEW),
        (403, FailureReason.REFUSED, Remedy.FIX_CONFIGURATION),
        (404, FailureReason.NOT_FOUND, Remedy.FIX_CONFIGURATION),
        (408, FailureReason.BUSY, Remedy.RETRY_NOW),
        (429, FailureReason.BUSY, Remedy.RETRY_LATER),
        (500, FailureReason.BUSY, Remedy.RETRY_NOW),
        (502, FailureReason.BUSY, Remedy.RETRY_NOW),
        (503, FailureReason.BUSY, Remedy.RETRY_LATER),
        (504, FailureReason.BUSY, Remedy.RETRY_NOW),
        (511, FailureReason.BUSY, Remedy.RETRY_LATER),
    ],
)
def test_status_decides_reason_and_remedy(status, reason, remedy):
    failure = classify(handshake(status))
    assert (failure.reason, failure.remedy, failure.after) == (reason, remedy, None)
    assert f"HTTP {status}" in failure.detail


@pytest.mark.parametrize(
    ("given", "after"),
    [
        ("7", 7.0),
        ("Sat, 21 Nov 2026 12:00:30 GMT", 30.0),
        ("Sat, 21 Nov 2026 11:00:00 GMT", 0.0),
        ("soon", None),
        ("-5", None),
        ("", None),
        ("²", None),
    ],
)
def test_retry_after_is_read_as_seconds_or_as_a_date(given, after):
    assert classify(handshake(429, retry_after=given), NOW).after == after


def test_server_error_with_retry_after_is_not_tried_at_once():
    assert classify(handshake(500, retry_after="3")).remedy is Remedy.RETRY_LATER


def test_services_request_id_is_told():
    assert "abc-123" in classify(handshake(500, apim_request_id="abc-123")).detail


@pytest.mark.parametrize(
    ("code", "reason", "remedy"),
    [
        (1001, FailureReason.LOST, Remedy.RENEW),
        (1002, FailureReason.LOST, Remedy.GIVE_UP),
        (1003, FailureReason.LOST, Remedy.GIVE_UP),
        (1005, FailureReason.LOST, Remedy.RETRY_NOW),
        (1006, FailureReason.LOST, Remedy.RETRY_NOW),
        (1007, FailureReason.LOST, Remedy.GIVE_UP),
        (1008, FailureReason.REFUSED, Remedy.RENEW),
        (1009, FailureReason.LOST, Remedy.GIVE_UP),
        (1010, FailureReason.LOST, Remedy.GIVE_UP),
        (1011, FailureReason.LOST, Remedy.RETRY_NOW),
        (1012, FailureReason.BUSY, Remedy.RETRY_NOW),
        (1013, FailureReason.BUSY, Remedy.RETRY_LATER),
        (1014, FailureReason.BUSY, Remedy.RETRY_NOW),
        (3000, FailureReason.REFUSED, Remedy.RENEW),
        (3003, FailureReason.REFUSED, Remedy.FIX_CONFIGURATION),
        (4000, FailureReason.LOST, Remedy.RETRY_NOW),
        (4401, FailureReason.REFUSED, Remedy.RENEW),
        (4403, FailureReason.REFUSED, Remedy.FIX_CONFIGURATION),
        (4404, FailureReason.NOT_FOUND, Remedy.FIX_CONFIGURATION),
        (4429, FailureReason.BUSY, Remedy.RETRY_LATER),
        (None, FailureReason.LOST, Remedy.RETRY_NOW),
    ],
)
def test_close_code_decides_reason_and_remedy(code, reason, remedy):
    failure = classify_close(code)
    assert (failure.reason, failure.remedy) == (reason, remedy)


def test_normal_close_is_no_failure():
    assert classify_close(1000) is None


@pytest.mark.parametrize("code", [1000, 1001, 1006, 4000])
def test_session_that_ended_by_age_is_renewed_whatever_the_code(code):
    assert classify_close(code, "session_expired").remedy is Remedy.RENEW


def test_used_up_limit_is_busy_with_the_services_words():
    failure = classify_close(1011, "rate_limit_exceeded", "120000 tokens a minute")
    assert (failure.reason, failure.remedy) == (FailureReason.BUSY, Remedy.RETRY_LATER)
    assert "120000 tokens a minute" in failure.detail


def test_timeout_is_told_from_the_cancellation_that_made_it():
    error = TimeoutError()
    error.__cause__ = aiohttp.ClientError()
    assert classify(error).reason is FailureReason.TIMED_OUT


def test_credentials_own_failure_is_passed_on():
    failure = Failure(FailureReason.SIGN_IN, Remedy.GIVE_UP, "sign in")
    assert classify(CredentialError(failure)) is failure


def certificate_error(code):
    problem = ssl.SSLCertVerificationError("certificate verify failed")
    problem.verify_code = code
    key = aiohttp.client_reqrep.ConnectionKey("x.example", 443, *[True] * 2, None, None, None)
    return aiohttp.ClientConnectorCertificateError(key, problem)


def test_certificate_not_yet_valid_means_that_our_clock_is_wrong():
    failure = classify(certificate_error(9))
    assert (failure.reason, failure.remedy) == (FailureReason.WRONG_CLOCK, Remedy.RETRY_LATER)
    assert "clock" in failure.detail


@pytest.mark.parametrize("code", [10, 18, 19, 20, 62])
def test_any_other_certificate_trouble_is_for_the_owner(code):
    failure = classify(certificate_error(code))
    assert (failure.reason, failure.remedy) == (FailureReason.UNREACHABLE, Remedy.FIX_CONFIGURATION)


@given(st.integers(100, 999), st.text(max_size=40))
def test_any_status_and_retry_after_has_a_place(status, retry_after):
    failure = classify(handshake(status, retry_after=retry_after), NOW)
    assert isinstance(failure.event(), SessionFailed)
    assert failure.after is None or failure.after >= 0


@given(st.none() | st.integers(0, 65535), st.text(max_size=20), st.text(max_size=20))
def test_any_close_has_a_place(code, error_code, message):
    failure = classify_close(code, error_code, message)
    assert failure is None or isinstance(failure.event(), SessionFailed)


@pytest.mark.parametrize(
    "error",
    [OSError("x"), ValueError("x"), RuntimeError("x"), aiohttp.ServerDisconnectedError(), aiohttp.ClientError("302")],
)
def test_any_exception_has_a_place(error):
    assert classify(error).detail


def test_date_to_wait_for_is_not_believed_where_the_clock_is_years_behind():
    busy = handshake(429, retry_after="Sat, 21 Nov 2026 06:30:00 GMT")
    assert classify(busy, datetime(1970, 1, 1, tzinfo=UTC)).after == 3600
