import asyncio

from voiced.cli.doctor_home import HomeExamination, home_assistant_answers
from voiced.cli.findings import Verdict
from voiced.config.schema import VoicedSettings

TOKEN = "long-lived"


async def examine(url, expose=None, secret=TOKEN):
    home = {"url": url, "token": {"env": "T"}, "expose": expose}
    settings = VoicedSettings.model_validate({"home_assistant": home}, strict=False)
    return await asyncio.to_thread(home_assistant_answers, HomeExamination(settings, lambda _: secret))


async def test_house_that_answers_is_well(house) -> None:
    found = await examine(house.url, {"assist": True})
    assert found.verdict is Verdict.OK
    assert found.what == f"Home Assistant 2024.3.3 at {house.url}: 3 entities, 2 exposed in 2 areas"


async def test_nothing_exposed_is_doubtful(house) -> None:
    house.exposed.clear()
    for entry in house.entries.values():
        entry["options"] = {}
    found = await examine(house.url, {"assist": True})
    assert found.verdict is Verdict.WARN
    assert "Voice assistants" in found.fix


async def test_what_expose_names_and_the_house_does_not_have_is_doubtful(house) -> None:
    found = await examine(house.url, {"areas": ["attic"]})
    assert found.verdict is Verdict.WARN
    assert found.what.endswith("it has no area 'attic'")


async def test_refused_token_fails_with_what_to_do(house) -> None:
    found = await examine(house.url, secret="wrong")
    assert found.verdict is Verdict.FAIL
    assert "does not accept the token" in found.what
    assert "long-lived access token" in found.fix
    assert "wrong" not in found.what + found.fix


async def test_house_that_is_not_there_fails() -> None:
    found = await examine("http://127.0.0.1:9")
    assert found.verdict is Verdict.FAIL
    assert "network" in found.fix


async def test_nothing_is_asked_without_a_house() -> None:
    assert home_assistant_answers(HomeExamination(VoicedSettings())) is None
