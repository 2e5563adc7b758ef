import asyncio
import base64
import logging

import pytest
from aiohttp import web

from voiced.assistant import events as on
from voiced.assistant.events import FailureReason
from voiced.audio.frames import CAPTURE_PERIOD, Frame
from voiced.audio.preroll import PreRoll
from voiced.voicelive.connection import Target
from voiced.voicelive.credentials import KeyCredential, SignIn
from voiced.voicelive.failures import CredentialError, Failure, Remedy
from voiced.voicelive.quotas import CONNECTIONS_PER_MINUTE, RESERVE
from voiced.wiring.conversations import Conversations
from voiced.wiring.services import Service

NOBODY = "http://127.0.0.1:9"


def target(url, seconds, channels=1):
    return Target(url, "gpt-realtime", "2026-07-15", seconds, channels=channels)


class House:
    """Conversations between a microphone that the test moves and services that the test writes."""

    def __init__(self, url, fallback=None, credential=None, seconds=5.0, channels=1, limit=None):
        self.events = []
        self.limits = []
        self.wanted = 0
        self.pre_roll = PreRoll(20)
        self.position = 0
        self.channels = channels
        self.late = 0.0
        self.promised = True
        credential = credential or KeyCredential(lambda: "key")
        self.service = Service("azure", target(url, seconds), credential, lambda persona: {"persona": persona}, limit)
        stand_in = None
        if fallback is not None:
            where = target(fallback, 5.0, channels)
            stand_in = Service("cascade", where, KeyCredential(lambda: "local"), lambda persona: {"persona": persona})
        loop = asyncio.get_running_loop()
        self.talks = Conversations(
            self.service,
            self.pre_roll,
            self.take,
            fallback=stand_in,
            wanted=self.want,
            chance=lambda: 0.0,
            clock=lambda: loop.time() + self.late,
            resume_seconds=1.0,
        )
        self.tasks = []

    def take(self, event):
        self.events.append(event)
        if isinstance(event, on.SessionOpened) and self.promised:
            self.talks.start_uplink(0)

    def want(self):
        self.wanted += 1

    def wake(self, *, certain=True):
        self.tasks.append(asyncio.create_task(self.talks.live(self.talks.open("default", certain=certain))))
        return self.tasks[-1]

    def say(self, value, seconds=0.1):
        """Sound whose every sample has a value, into the microphone."""
        for _ in range(round(seconds * 50)):
            sample = value.to_bytes(2, "little") + b"\0\0" * (self.channels - 1)
            frame = Frame(sample * CAPTURE_PERIOD, self.position, 0.0, self.channels)
            self.position += CAPTURE_PERIOD
            self.pre_roll.append(frame)
            self.talks.hear(frame, deaf=False)

    def of(self, kind):
        return [event for event in self.events if isinstance(event, kind)]

    async def until(self, kind, count=1):
        async with asyncio.timeout(10):
            while len(self.of(kind)) < count:
                await asyncio.sleep(0.001)
        return self.of(kind)[-1]


async def heard(service, socket, value, count=1600):
    """Read until the service has heard so many samples of a value; everything heard until then."""
    sound = b""
    while sound.count(value.to_bytes(2, "little")) < count:
        sound += base64.b64decode((await service.expect(socket, "input_audio_buffer.append"))["audio"])
    return sound


async def accept(service, socket):
    await service.expect(socket, "session.update")
    await service.send(socket, type="session.updated")


@pytest.fixture
async def house():
    made = []

    def make(*given, **more):
        made.append(House(*given, **more))
        return made[-1]

    yield make
    for each in made:
        each.talks.close()
        async with asyncio.timeout(10):
            await asyncio.gather(*each.tasks)


@pytest.fixture
async def other(voice_live):
    async with voice_live.serve(voice_live.service()) as running:
        yield running


async def test_what_was_said_before_the_session_opened_goes_first(service, house):
    home = house(service.url)
    sound = asyncio.Queue()

    async def script(socket):
        await accept(service, socket)
        sound.put_nowait(await heard(service, socket, 2))
        await socket.receive()

    service.script = script
    home.say(1)
    home.wake()
    await home.until(on.SessionOpened)
    home.say(2)
    assert (await sound.get())[: 5 * 640] == b"\1\0" * 1600


async def test_service_that_comes_back_while_the_user_waits_is_used(service, house):
    refused = [500, 502]

    async def refuse_twice(request):
        if refused:
            return web.Response(status=refused.pop())
        service.before = None
        return await service.handle(request)

    service.before = refuse_twice
    home = house(service.url)
    home.wake()
    await home.until(on.SessionOpened)
    assert not home.of(on.SessionFailed)


async def test_user_is_told_when_patience_is_at_its_end(house):
    home = house(NOBODY, seconds=0.5)
    await home.wake()
    (told,) = home.events
    assert told.reason is FailureReason.UNREACHABLE


async def test_outage_is_warned_of_once_and_its_end_told_once(service, house, caplog):
    caplog.set_level(logging.INFO)
    home = house(service.url, seconds=0.3)

    async def break_(request):
        return web.Response(status=500)

    service.before = break_
    for _ in range(3):
        await home.wake()
    assert len(home.of(on.SessionFailed)) == 3
    service.before = None
    for _ in range(2):
        home.wake()
        await home.until(on.SessionOpened, len(home.of(on.SessionOpened)) + 1)
        home.talks.close()
    warnings = [record for record in caplog.records if record.levelno >= logging.WARNING]
    assert [record.name for record in warnings] == ["voiced.wiring.access"]
    assert "HTTP 500" in warnings[0].message
    assert "[request " in warnings[0].message
    assert [record.message for record in caplog.records if "is back" in record.message] != []
    assert sum("is back" in record.message for record in caplog.records) == 1


async def test_refused_key_that_was_rotated_is_shown_anew_without_a_word(service, house, caplog):
    keys = iter(["old", "new", "new", "new"])

    async def check(request):
        if request.headers["api-key"] == "old":
            return web.Response(status=401)
        service.before = None
        return await service.handle(request)

    service.before = check
    home = house(service.url, credential=KeyCredential(lambda: next(keys)))
    home.wake()
    await home.until(on.SessionOpened)
    assert service.headers["api-key"] == "new"
    assert not [record for record in caplog.records if record.levelno >= logging.WARNING]


async def test_refused_key_is_told_and_not_hammered(service, house):
    asked = []

    async def refuse(request):
        asked.append(request.headers["api-key"])
        return web.Response(status=401)

    service.before = refuse
    home = house(service.url)
    for _ in range(3):
        await home.wake()
    assert asked == ["key"]
    assert [event.reason for event in home.events] == [FailureReason.REFUSED] * 3
    home.late = 60  # seconds later
    await home.wake()
    assert len(asked) == 2


async def test_retry_after_is_honoured_at_the_next_wake_word(service, house):
    asked = []

    async def refuse(request):
        asked.append(1)
        return web.Response(status=429, headers={"Retry-After": "30"})

    service.before = refuse
    home = house(service.url, seconds=1)
    for _ in range(3):
        await home.wake()
    assert asked == [1]
    assert {event.reason for event in home.events} == {FailureReason.BUSY}
    home.late = 31
    service.before = None
    home.wake()
    await home.until(on.SessionOpened)


async def test_missing_secret_is_told_at_every_wake_word(service, house):
    failure = Failure(FailureReason.REFUSED, Remedy.FIX_CONFIGURATION, "/etc/voiced/key can't be read")

    def read():
        raise CredentialError(failure)

    home = house(service.url, credential=KeyCredential(read))
    await home.wake()
    await home.wake()
    assert [event.reason for event in home.events] == [FailureReason.REFUSED] * 2


async def test_who_has_to_sign_in_first_is_told_where_and_let_in_as_soon_as_that_is_done(service, house):
    class Asking(KeyCredential):
        async def proof(self):
            if self.sign_in is not None:
                raise CredentialError(self.sign_in.failure())
            return await super().proof()

    credential = Asking(lambda: "key")
    credential.sign_in = SignIn("https://microsoft.com/devicelogin", "ABC123")
    home = house(service.url, credential=credential)
    await home.wake()
    assert home.events[-1].reason is FailureReason.SIGN_IN
    assert home.talks.status()["sign_in"] == {"address": "https://microsoft.com/devicelogin", "code": "ABC123"}
    credential.sign_in = None
    home.wake()
    await home.until(on.SessionOpened)


async def test_conversation_that_was_abandoned_is_not_tried_again(service, house):
    asked = asyncio.Event()

    async def break_(request):
        asked.set()
        return web.Response(status=500)

    service.before = break_
    home = house(service.url)
    task = home.wake(certain=False)
    await asked.wait()
    home.talks.close()
    await task
    assert home.events == []


async def test_last_words_of_a_session_that_was_closed_are_not_about_the_next(service, house):
    home = house(service.url)
    home.wake()
    await home.until(on.SessionOpened)
    before = home.talks.session
    home.wake()
    await home.until(on.SessionOpened, 2)
    before._emit(on.SpeechStarted("late"))
    assert not home.of(on.SpeechStarted)


async def test_speculation_leaves_connections_for_certain_wake_words(service, house, caplog):
    home = house(service.url, limit=CONNECTIONS_PER_MINUTE)
    for _ in range(CONNECTIONS_PER_MINUTE):
        task = home.wake(certain=False)
        while not task.done() and not (home.talks.session and home.talks.session.opened):
            await asyncio.sleep(0)
        home.talks.close()
        await task
    (refused,) = {event.reason for event in home.of(on.SessionFailed)}
    assert refused is FailureReason.BUSY
    opened = len(home.of(on.SessionOpened))
    assert opened < CONNECTIONS_PER_MINUTE
    assert home.talks.status()["outage"] is None
    home.wake()
    await home.until(on.SessionOpened, opened + 1)
    assert not [record for record in caplog.records if record.levelno >= logging.WARNING]


async def test_wake_word_that_becomes_certain_may_use_what_is_kept_for_it(service, house):
    asked = asyncio.Event()
    confirmed = asyncio.Event()

    async def fail_once(request):
        asked.set()
        await confirmed.wait()
        service.before = None
        return web.Response(status=500)

    service.before = fail_once
    home = house(service.url, limit=RESERVE + 1)
    home.wake(certain=False)
    await asked.wait()
    home.talks.confirm()
    confirmed.set()
    await home.until(on.SessionOpened)
    assert not home.of(on.SessionFailed)


async def test_service_that_sends_each_session_away_is_not_tried_for_ever(service, house):
    sessions = []

    async def script(socket):
        sessions.append(socket)
        await accept(service, socket)
        await socket.close(code=1001)

    service.script = script
    home = house(service.url, seconds=1.0)
    await home.wake()
    assert home.events[-1].reason is FailureReason.LOST
    assert 2 <= len(sessions) <= 8


# -- renewal in the middle of a conversation --------------------------------------------------------------------------


async def test_sentence_that_the_network_cut_is_heard_again_from_its_beginning(service, house):
    home = house(service.url)
    sessions, again = [], asyncio.Queue()

    async def script(socket):
        sessions.append(socket)
        await accept(service, socket)
        if len(sessions) == 1:
            await heard(service, socket, 1)
            await service.send(socket, type="input_audio_buffer.speech_started", item_id="a")
            await heard(service, socket, 2)
            socket._req.transport.abort()
            return
        again.put_nowait(await heard(service, socket, 3))
        await service.send(socket, type="input_audio_buffer.speech_started", item_id="b")
        await service.send(socket, type="input_audio_buffer.speech_stopped", item_id="b", audio_end_ms=300)
        await socket.receive()

    service.script = script
    home.wake()
    await home.until(on.SessionOpened)
    home.say(1)
    await home.until(on.SpeechStarted)
    home.say(2)
    while len(sessions) < 2:
        await asyncio.sleep(0.001)
    home.say(3)
    sound = await again.get()
    assert sound.startswith(b"\1\0" * 1600 + b"\2\0" * 1600)
    assert (await home.until(on.SpeechStopped)).audio_end_ms == 300
    assert len(home.of(on.SessionOpened)) == 1  # the user and the assistant noticed nothing
    assert not home.of(on.SessionFailed)


async def test_session_that_breaks_while_the_wake_word_is_uncertain_is_replaced_and_told_nothing(service, house):
    home = house(service.url)
    home.promised = False
    home.talks.history = home.talks.recall = lambda *_: [{"type": "message", "role": "user", "content": []}]
    sessions, broken, asked = [], asyncio.Event(), asyncio.Event()

    async def script(socket):
        sessions.append(socket)
        await accept(service, socket)
        if len(sessions) == 1:
            await broken.wait()
            socket._req.transport.abort()
            return
        await service.expect(socket, "response.create")
        asked.set()
        await socket.receive()

    service.script = script
    home.say(1)
    home.wake(certain=False)
    await home.until(on.SessionOpened)
    first = home.talks.session
    broken.set()
    async with asyncio.timeout(10):
        while home.talks.session is first or not home.talks.session.opened:
            await asyncio.sleep(0.001)
    home.say(2)
    home.talks.session.request_reply()  # goes out after whatever waits
    await asked.wait()
    assert [event["type"] for event in service.received] == ["session.update", "session.update", "response.create"]


async def test_wake_word_that_becomes_certain_between_two_sessions_is_heard_once_and_from_there_only(service, house):
    home = house(service.url)
    home.promised = False
    item = {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "hello"}]}
    home.talks.recall = lambda _: [item]
    sessions, broken, confirmed, sound = [], asyncio.Event(), asyncio.Event(), asyncio.Queue()

    async def script(socket):
        sessions.append(socket)
        if len(sessions) == 2:
            await confirmed.wait()
        await accept(service, socket)
        if len(sessions) == 1:
            await broken.wait()
            socket._req.transport.abort()
            return
        sound.put_nowait(await heard(service, socket, 3))
        await socket.receive()

    service.script = script
    home.say(1)
    home.wake(certain=False)
    await home.until(on.SessionOpened)
    first = home.talks.session
    broken.set()
    while home.talks.session is first:
        await asyncio.sleep(0.001)
    home.talks.confirm()
    home.talks.start_uplink(home.position)
    home.say(2)
    confirmed.set()
    while not home.talks.session.opened:
        await asyncio.sleep(0.001)
    home.say(3)
    assert await sound.get() == b"\2\0" * 1600 + b"\3\0" * 1600
    assert [event["item"] for event in service.received if event["type"] == "conversation.item.create"] == [item]


async def test_session_that_ends_by_age_between_turns_is_renewed_with_its_history(service, house, caplog):
    caplog.set_level(logging.INFO)
    home = house(service.url)
    item = {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "hello"}]}
    home.talks.history = lambda: [item]
    sessions, later = [], asyncio.Queue()

    async def script(socket):
        sessions.append(socket)
        await accept(service, socket)
        if len(sessions) == 1:
            await heard(service, socket, 1)
            await service.send(socket, type="response.created", response={"id": "r"})
            await service.send(socket, type="response.done", response={"id": "r", "status": "completed"})
            await service.send(socket, type="error", error={"code": "session_expired", "message": "60 minutes"})
            await socket.close(code=1001)
            return
        later.put_nowait(await heard(service, socket, 2))
        await socket.receive()

    service.script = script
    home.wake()
    await home.until(on.SessionOpened)
    home.say(1)
    await home.until(on.ReplyFinished)
    while len(sessions) < 2:
        await asyncio.sleep(0.001)
    home.say(2)
    assert (await later.get()).startswith(b"\2\0")  # what was answered is not heard again
    assert [event["item"] for event in service.received if event["type"] == "conversation.item.create"] == [item]
    assert not home.of(on.SessionFailed)
    assert not [record for record in caplog.records if record.name.startswith("voiced") and record.levelno > 10]


async def test_greeting_that_the_network_cut_ends_and_the_conversation_goes_on(service, house):
    home = house(service.url)
    sessions, later = [], asyncio.Queue()

    async def script(socket):
        sessions.append(socket)
        await accept(service, socket)
        if len(sessions) == 1:
            await heard(service, socket, 1)
            greeting = {"id": "g", "metadata": {"voiced_purpose": "greeting"}}
            await service.send(socket, type="response.created", response=greeting)
            await service.expect(socket, "input_audio_buffer.append")
            socket._req.transport.abort()
            return
        later.put_nowait(await heard(service, socket, 3))
        await socket.receive()

    service.script = script
    home.wake()
    await home.until(on.SessionOpened)
    home.say(1)
    await home.until(on.ReplyStarted)
    home.say(2)
    await home.until(on.ReplyFinished)
    home.say(3)
    assert b"\1\0" not in await later.get(), "what was said before the greeting is over"
    assert home.of(on.ReplyFinished) == [on.ReplyFinished("g", "cancelled")]
    assert not home.of(on.SessionFailed)


async def test_reply_that_the_network_cut_is_told_and_not_asked_for_twice(service, house, other):
    home = house(service.url, fallback=other.url)

    async def script(socket):
        await accept(service, socket)
        await service.send(socket, type="response.created", response={"id": "r"})
        await service.send(
            socket, type="response.function_call_arguments.done", response_id="r", call_id="c", name="x", arguments="{}"
        )
        await socket.receive()
        socket._req.transport.abort()

    service.script = script
    task = home.wake()
    await home.until(on.FunctionCalled)
    home.say(1)
    await task
    assert home.events[-1].reason is FailureReason.LOST
    assert home.wanted == 0
    assert other.received == []


async def test_service_that_breaks_each_session_is_not_tried_for_ever(service, house):
    sessions = []

    async def script(socket):
        sessions.append(socket)
        await accept(service, socket)
        socket._req.transport.abort()

    service.script = script
    home = house(service.url, seconds=1.0)
    await home.wake()
    assert home.events[-1].reason is FailureReason.LOST
    assert 2 <= len(sessions) <= 8


# -- the fallback -----------------------------------------------------------------------------------------------------


async def test_cascade_answers_where_the_service_can_not_be_reached(house, other, caplog):
    home = house(NOBODY, fallback=other.url, seconds=0.2)
    home.say(1)
    home.wake()
    await home.until(on.SessionOpened)
    assert home.wanted == 1
    assert not home.of(on.SessionFailed)
    assert other.headers["api-key"] == "local"
    assert home.talks.status()["outage"]["reason"] == "unreachable"
    (warning,) = [record.message for record in caplog.records if record.levelno >= logging.WARNING]
    assert "the cascade on this device answers meanwhile" in warning


async def test_known_outage_is_not_waited_out_again(service, house, other):
    asked = []

    async def hang(request):
        asked.append(1)
        await asyncio.sleep(60)

    service.before = hang
    home = house(service.url, fallback=other.url, seconds=0.2)
    for _ in range(3):
        home.wake()
        await home.until(on.SessionOpened, len(home.of(on.SessionOpened)) + 1)
    assert asked == [1]


async def test_refused_key_goes_to_the_cascade_too(service, house, other):
    async def refuse(request):
        return web.Response(status=403)

    service.before = refuse
    home = house(service.url, fallback=other.url)
    home.wake()
    await home.until(on.SessionOpened)
    assert home.talks.status()["outage"]["remedy"] == "fix_configuration"


async def test_sentence_that_the_network_cut_is_finished_by_the_cascade(service, house, other):
    home = house(service.url, fallback=other.url, seconds=0.2)
    sound = asyncio.Queue()

    async def script(socket):
        await accept(service, socket)
        await heard(service, socket, 1)
        await service.send(socket, type="input_audio_buffer.speech_started", item_id="a")

        async def gone(request):
            return web.Response(status=500)

        service.before = gone
        socket._req.transport.abort()

    async def stand_in(socket):
        await accept(other, socket)
        sound.put_nowait(await heard(other, socket, 1))
        await socket.receive()

    service.script, other.script = script, stand_in
    home.wake()
    await home.until(on.SessionOpened)
    home.say(1)
    assert (await asyncio.wait_for(sound.get(), 10)).startswith(b"\1\0" * 1600)
    assert len(home.of(on.SessionOpened)) == 1


async def test_failing_fallback_tells_why_the_service_could_not_be_had(house):
    home = house(NOBODY, fallback=NOBODY, seconds=0.2)
    await home.wake()
    assert home.events[-1].reason is FailureReason.UNREACHABLE


async def test_cascade_gets_what_the_speaker_plays_and_the_service_only_the_microphone(service, house, other):
    home = house(service.url, fallback=other.url, seconds=0.2, channels=2)
    sounds = asyncio.Queue()

    def listening(to):
        async def script(socket):
            await accept(to, socket)
            sounds.put_nowait(await heard(to, socket, 7))
            await socket.receive()

        return script

    service.script, other.script = listening(service), listening(other)
    home.wake()
    await home.until(on.SessionOpened)
    home.say(7)
    assert (await sounds.get()).startswith(b"\7\0\7\0")

    async def gone(request):
        return web.Response(status=403)

    service.before = gone
    home.wake()
    await home.until(on.SessionOpened, 2)
    home.say(7)
    assert (await sounds.get()).startswith(b"\7\0\0\0")


async def test_service_that_is_back_is_noticed_while_nobody_speaks(service, house, other, caplog):
    caplog.set_level(logging.INFO)

    async def break_(request):
        return web.Response(status=500)

    service.before = break_
    home = house(service.url, fallback=other.url, seconds=0.2)
    watching = asyncio.create_task(home.talks.watch())
    home.wake()
    await home.until(on.SessionOpened)
    home.talks.close()
    service.before = None
    home.late = 3600
    async with asyncio.timeout(10):
        while home.talks.status()["outage"] is not None:
            await asyncio.sleep(0.01)
    assert "is back" in caplog.text
    watching.cancel()
    home.wake()
    await home.until(on.SessionOpened, 2)
    assert home.wanted == 1


async def test_defect_ends_the_conversation_and_not_the_listening(house, service, caplog):
    home = house(service.url)
    object.__setattr__(home.service, "request", lambda persona: 1 / 0)
    await home.wake()
    assert home.events[-1].reason is FailureReason.LOST
    assert "please report this" in caplog.text


async def test_what_was_said_lately_is_told_before_the_first_sound_and_not_while_the_wake_word_is_uncertain(
    service, house
):
    home = house(service.url)
    item = {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "hello"}]}
    home.talks.recall = lambda persona: [item] if persona == "default" else []
    begin = asyncio.Event()
    home.talks._dispatch = home.events.append  # and the uplink waits

    async def script(socket):
        await accept(service, socket)
        await heard(service, socket, 1)
        begin.set()
        await socket.receive()

    service.script = script
    home.say(1)
    home.wake(certain=False)
    await home.until(on.SessionOpened)
    home.talks.start_uplink(0)
    await begin.wait()
    assert [event["type"] for event in service.received[:3]] == [
        "session.update",
        "conversation.item.create",
        "input_audio_buffer.append",
    ]
    assert service.received[1]["item"] == item


class Beside:
    """What is held beside a conversation: fails with some services."""

    def __init__(self, *failing):
        self.failing = failing
        self.tried = []

    async def __call__(self, service, tap):
        self.tried.append(service.name)
        return Failure(FailureReason.LOST, Remedy.RETRY_LATER, "broken") if service.name in self.failing else None


@pytest.mark.parametrize(
    ("failing", "tried", "failure"),
    [
        ([], ["azure"], None),
        (["azure"], ["azure", "cascade"], None),
        (["azure", "cascade"], ["azure", "cascade"], "broken"),
    ],
)
async def test_what_is_held_beside_a_conversation_falls_back_as_it_does(house, failing, tried, failure):
    home = house(NOBODY, NOBODY)
    beside = Beside(*failing)
    found = await home.talks.aside(beside, home.limits.append)
    assert beside.tried == tried
    assert (found and found.detail) == failure
    assert home.wanted == len(tried) - 1
    assert home.talks.session is None
    assert home.events == []


async def test_connections_of_what_is_held_beside_a_conversation_count(house):
    home = house(NOBODY, limit=1)
    beside = Beside()
    assert await home.talks.aside(beside, home.limits.append) is None
    assert (await home.talks.aside(beside, home.limits.append)).reason is FailureReason.BUSY
    assert beside.tried == ["azure"]
