"""A session whose microphone hears its loudspeaker, by the echo model, told on the time of the sound."""

import base64

import numpy as np
import pytest

from voiced.cascade.echo_model import EchoModel
from voiced.cascade.outputs import Wait
from voiced.cascade.resampling import resample

RATE = 16_000
PERIOD = 320
SERVER = {"type": "server_echo_cancellation", "reference_source": "server", "channels": 1}
CLIENT = {"type": "server_echo_cancellation", "reference_source": "client", "channels": 2}
STARTED = "input_audio_buffer.speech_started"
REFERENCE_LAG = int(0.08 * RATE)


def speechlike(seconds, seed, rate):
    """Bursts of noise below 4 kHz, as syllables come, at about -20 dBFS."""
    rng = np.random.default_rng(seed)
    count = int(seconds * rate)
    spectrum = np.fft.rfft(rng.normal(size=count))
    spectrum[4000 * count // rate :] = 0
    bursts = np.repeat(rng.uniform(0, 1, count // 1600 + 1) > 0.3, 1600)[:count]
    bursts[: rate // 10] = 1
    sound = np.fft.irfft(spectrum, count) * bursts
    return (sound / np.abs(sound).max() * 15_000).astype(np.int16)


class Loudspeaker:
    """What a client plays, and says that it plays: all sound that came, in real time, until the user speaks."""

    def __init__(self):
        self.queue = np.zeros(0, np.int16)
        self.seen = 0

    def play(self, sent):
        for frame in sent[self.seen :]:
            if frame["type"] == "response.audio.delta":
                sound = np.frombuffer(base64.b64decode(frame["delta"]), np.int16)
                late = [] if len(self.queue) else [np.zeros(REFERENCE_LAG, np.int16)]
                self.queue = np.concatenate([self.queue, *late, resample(sound, 24_000, RATE)])
            elif frame["type"] == STARTED:
                self.queue = np.zeros(0, np.int16)
        self.seen = len(sent)
        played, self.queue = self.queue[:PERIOD], self.queue[PERIOD:]
        return np.pad(played, (0, PERIOD - len(played)))


class Talk:
    """A reply of three seconds and what the microphone hears meanwhile: hiss, its echo, and the user."""

    def __init__(self, new_client, echo, *, delay_ms=100, gain_db=-6.0, answers=True):
        model = EchoModel(delay_ms, gain_db)
        self.client = new_client(hold=(Wait,), sound=speechlike(3, 3, 24_000).tobytes(), echo_model=model)
        self.stereo = echo is CLIENT
        self.client.send(
            "session.update",
            session={
                "input_audio_sampling_rate": RATE,
                "input_audio_echo_cancellation": echo,
                "turn_detection": {"type": "azure_semantic_vad", "create_response": answers},
            },
        )
        self.loudspeaker = Loudspeaker()
        self.hiss = np.random.default_rng(5)
        self.now = 0.0
        self.due = []

    def hear(self, seconds, user=()):
        """Let time pass; user is what is said meanwhile, 16 kHz."""
        for at in range(0, int(seconds * RATE), PERIOD):
            said = np.asarray(user[at : at + PERIOD], float)
            microphone = self.hiss.normal(size=PERIOD) * 30
            microphone[: len(said)] += said
            channels = [microphone, self.loudspeaker.play(self.client.sent)][: 2 if self.stereo else 1]
            sound = np.column_stack(channels).astype(np.int16).tobytes()
            self.client.send("input_audio_buffer.append", audio=base64.b64encode(sound).decode())
            self.now += PERIOD / RATE
            self.due += [(self.now + wait.seconds, wait) for wait in self.client.held]
            self.client.held = []
            for when, wait in [each for each in self.due if each[0] <= self.now]:
                self.due.remove((when, wait))
                self.client.perform(self.client.session.waited(wait.response_id))
        return self

    def reply(self):
        self.client.send("response.create")
        return self

    @property
    def interrupted(self):
        return STARTED in self.client.types()

    @property
    def ends(self):
        done = (frame["response"] for frame in self.client.sent if frame["type"] == "response.done")
        return [(response["status"], (response["status_details"] or {}).get("reason")) for response in done]


def test_a_session_that_answers_itself_goes_on_with_it(new_client):
    assert Talk(new_client, None).hear(1).reply().hear(4).client.types().count(STARTED) > 2


def test_without_cancellation_a_session_interrupts_itself(new_client):
    talk = Talk(new_client, None).hear(1).reply().hear(0.5)
    assert talk.interrupted
    assert talk.ends == [("cancelled", "turn_detected")]


def test_an_interrupted_reply_is_not_heard_any_more(new_client):
    talk = Talk(new_client, None, answers=False).hear(1).reply().hear(3)
    assert talk.client.types().count(STARTED) == 1
    stopped = talk.client.last("input_audio_buffer.speech_stopped")["audio_end_ms"]
    assert stopped < 2200, "half a second after the reply fell silent"


def test_with_the_servers_cancellation_it_does_not(new_client):
    talk = Talk(new_client, SERVER).hear(1).reply().hear(4)
    assert not talk.interrupted
    assert talk.ends == [("completed", None)]


def test_beyond_two_seconds_of_playback_delay_it_does_again(new_client):
    talk = Talk(new_client, SERVER, delay_ms=2500).hear(1).reply().hear(2.4)
    assert not talk.interrupted
    assert talk.hear(1).interrupted, "although the whole reply was sent before"


@pytest.mark.parametrize("gain_db", [-20.0, -6.0, 0.0])
def test_with_the_clients_reference_it_does_not(new_client, gain_db):
    talk = Talk(new_client, CLIENT, gain_db=gain_db).hear(1).reply().hear(4)
    assert not talk.interrupted
    assert talk.ends == [("completed", None)]


def test_without_an_echo_there_is_nothing_to_cancel(new_client):
    assert not Talk(new_client, None, gain_db=-60.0).hear(1).reply().hear(4).interrupted


@pytest.mark.parametrize(("echo", "late_ms"), [(SERVER, 150), (CLIENT, 600)])  # a canceller dampens both at first
@pytest.mark.parametrize("at", [0.5, 2.0])
def test_a_user_who_speaks_over_the_echo_is_heard(new_client, echo, late_ms, at):
    talk = Talk(new_client, echo).hear(1).reply().hear(at)
    assert not talk.interrupted
    talk.hear(1.5, user=speechlike(1, 8, RATE))
    assert talk.client.types().count(STARTED) == 1
    began = 1000 + at * 1000
    assert began - 450 < talk.client.last(STARTED)["audio_start_ms"] < began - 420 + late_ms, "padding included"
    assert talk.ends[0][0] == ("cancelled" if at < 0.7 else "completed"), "all of it was sent within 0.6 s"


@pytest.mark.parametrize("form", ["pcm16_16000hz", "pcm16_8000hz", "g711_ulaw", "g711_alaw"])
def test_the_echo_is_heard_in_every_format(new_client, form):
    talk = Talk(new_client, None)
    talk.client.send("session.update", session={"output_audio_format": form})
    assert talk.hear(1).reply().hear(0.5).interrupted
