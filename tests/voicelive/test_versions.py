from azure.ai.voicelive.aio import connect
from azure.core.credentials import AzureKeyCredential

from voiced.voicelive.settings import VoiceLiveSettings
from voiced.voicelive.versions import VERSIONS, offers, since


def test_feature_comes_with_its_version_and_stays():
    first = VERSIONS.index(since("parallel_tool_calls"))
    assert [offers(version, "parallel_tool_calls") for version in VERSIONS] == [
        index >= first for index in range(len(VERSIONS))
    ]


def test_versions_are_in_order_and_ours_is_the_sdks():
    assert list(VERSIONS) == sorted(VERSIONS)
    assert VoiceLiveSettings().api_version == VERSIONS[-1]
    opened = connect(credential=AzureKeyCredential("key"), endpoint="https://voiced.invalid", model="gpt-5")
    assert f"api-version={VERSIONS[-1]}" in opened._prepare_url()
