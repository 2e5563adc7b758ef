"""A reply that is interrupted, heard at the virtual speaker's monitor."""

import asyncio
import time

import numpy as np
import pytest
from benches.clients import ours
from benches.monitor import monitored
from benches.scripted_service import deltas_of
from benches.signals import gaps, tone
from demonstration.soundcard import SPEAKER_RATE

pytestmark = pytest.mark.system

PERIOD_MS = 10
REPLY = tone(11, SPEAKER_RATE)
STEEPEST = int(np.abs(np.diff(REPLY.astype(int))).max())


def steepest(samples):
    """The greatest step between two samples, the ones into and out of the sound included: a click has a greater one."""
    return int(np.abs(np.diff(samples.astype(int), prepend=0, append=0)).max())


@pytest.mark.parametrize("ended", [True, False], ids=["response ended", "late deltas"])
async def test_barge_in_silences_ten_seconds_of_reply_without_a_click_and_tells_what_was_heard(sound_card, ended):
    sent = None if ended else -3
    with monitored(sound_card) as monitor:
        async with ours(sound_card) as client:
            talk = client.conversation
            await talk.begin_speech()
            reply = await talk.begin_reply()
            deltas = deltas_of(REPLY)
            await talk.speak(reply, deltas[:sent], 0.0)
            if ended:
                await talk.end_reply(reply, "completed")
            await asyncio.sleep(0.7)
            await talk.begin_speech()
            if not ended:
                await talk.speak(reply, deltas[sent:], 0.0)
                await talk.end_reply(reply, "cancelled")
            truncated = (await talk.expect("conversation.item.truncate")).event
            await asyncio.sleep(1.0)
            heard = monitor.recording(reply.first_delta_at, time.monotonic()).samples
            status = await client.status()
    sounding = np.flatnonzero(heard)
    whole = heard[sounding[0] : sounding[-1] + 1]
    assert len(whole) < 5 * SPEAKER_RATE, "the rest is never heard"
    assert gaps(heard, SPEAKER_RATE) == [], "late deltas are not heard either"
    assert truncated["item_id"] == reply.item_id
    assert abs(truncated["audio_end_ms"] - len(whole) * 1000 / SPEAKER_RATE) <= PERIOD_MS
    assert steepest(whole) <= STEEPEST
    assert len(talk.received("conversation.item.truncate")) == 1
    assert status["loudspeaker"]["underruns"] == 0
