import asyncio
from datetime import UTC, datetime

import pytest

from voiced.cli import doctor_service
from voiced.cli.doctor_service import ServiceExamination, clock_is_right, service_opens_a_session
from voiced.cli.findings import Verdict
from voiced.config.schema import VoicedSettings
from voiced.voicelive.credential_settings import CredentialSettings
from voiced.voicelive.settings import VoiceLiveSettings


def examination(endpoint="http://127.0.0.1:9", fallback="none", **more):
    credential = CredentialSettings.model_validate({"api_key": {"env": "PATH"}})
    voice_live = VoiceLiveSettings(endpoint=endpoint, credential=credential, fallback=fallback)
    return ServiceExamination(VoicedSettings(voice_live=voice_live), **more)


@pytest.fixture
def synchronised(monkeypatch):
    return lambda answer: monkeypatch.setattr(doctor_service, "_synchronised", lambda: answer)


def test_clock_from_before_the_program_was_made_is_wrong(synchronised):
    synchronised(answer=True)
    found = clock_is_right(examination(now=lambda: datetime(1970, 1, 1, tzinfo=UTC)))
    assert found.verdict is Verdict.FAIL
    assert "1970-01-01" in found.what
    assert found.fix == "sudo timedatectl set-ntp true"


@pytest.mark.parametrize(("answer", "verdict"), [(True, Verdict.OK), (False, Verdict.WARN), (None, Verdict.OK)])
def test_clock_that_nobody_sets_is_doubtful(synchronised, answer, verdict):
    synchronised(answer)
    assert clock_is_right(examination()).verdict is verdict


def test_speaker_without_a_service_is_not_asked():
    alone = ServiceExamination(VoicedSettings())
    assert clock_is_right(alone) is None
    assert service_opens_a_session(alone) is None


def test_service_that_is_not_there_is_a_failure_with_what_to_do():
    found = service_opens_a_session(examination())
    assert found.verdict is Verdict.FAIL
    assert "127.0.0.1:9" in found.what
    assert "network" in found.fix


def test_service_that_is_not_there_is_doubtful_where_the_cascade_stands_in():
    found = service_opens_a_session(examination(fallback="cascade"))
    assert found.verdict is Verdict.WARN
    assert "the cascade answers" in found.what


def test_service_that_opens_a_session_is_well(voice_live):
    async def examine():
        async with voice_live.serve(voice_live.service()) as service:
            return await asyncio.to_thread(service_opens_a_session, examination(service.url))

    assert asyncio.run(examine()).verdict is Verdict.OK
