import asyncio
import json
from random import Random

import pytest
import pytest_asyncio
from azure.ai.voicelive.aio import connect
from azure.core.credentials import AzureKeyCredential

from voiced.cascade.faults.kinds import parse
from voiced.cascade.faults.rig import Rig
from voiced.cascade.service import serve
from voiced.cascade.settings import CascadeSettings
from voiced.cascade.speech import SpeechError


class Rigged:
    """A cascade on which things go wrong, and clients of it."""

    def __init__(self, endpoint, rig):
        self.endpoint = endpoint
        self.rig = rig

    def breaks(self, kind, **details):
        self.rig.plan.add([parse({"kind": kind, **details})])

    def client(self, **options):
        return connect(endpoint=self.endpoint, credential=AzureKeyCredential("any"), model="voiced", **options)

    async def order(self, verb, **fields):
        return await self.rig.errands()[verb]({"verb": verb, **fields})

    @staticmethod
    async def until(connection, kind):
        """Frames up to the first of a type, as the SDK's raw bytes say."""
        found = []
        async with asyncio.timeout(10):
            while not found or found[-1].get("type") != kind:
                found.append(json.loads(await connection.recv_bytes()))
        return found


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def service():
    """One for all tests of a module: starting a recogniser for each would take the most of their time."""
    rig = Rig(seed=1)
    settings = CascadeSettings(max_sessions=100, connections_per_minute=10_000)
    try:
        async with serve(settings, {}, ("127.0.0.1", 0), None, rig=rig) as endpoint:
            yield Rigged(endpoint, rig)
    except SpeechError as error:
        pytest.skip(str(error))


@pytest.fixture
def rigged(service):
    yield service
    service.rig.clear()


@pytest.fixture(scope="session")
def chance_of():
    """Chance by a seed, the same every time."""
    return Random
