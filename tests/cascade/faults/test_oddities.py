import json
from typing import get_args

import pytest

from voiced.cascade.faults.kinds import Inject, Oddity
from voiced.cascade.faults.oddities import OVERSIZED, odd_frame


@pytest.mark.parametrize("oddity", ["malformed_json", "empty"])
def test_what_is_called_malformed_is_no_json(oddity):
    with pytest.raises(json.JSONDecodeError):
        json.loads(odd_frame(Inject(oddity=oddity)))


@pytest.mark.parametrize("oddity", ["not_an_object", "no_object_at_all"])
def test_what_is_called_no_object_is_json_all_the_same(oddity):
    assert not isinstance(json.loads(odd_frame(Inject(oddity=oddity))), dict)


def test_only_the_binary_frame_is_bytes():
    made = {oddity: odd_frame(Inject(oddity=oddity)) for oddity in get_args(Oddity)}
    assert [oddity for oddity, frame in made.items() if isinstance(frame, bytes)] == ["binary"]
    assert [oddity for oddity, frame in made.items() if len(frame) > OVERSIZED] == ["oversized"]


def test_frame_of_ones_own_is_sent_as_it_is():
    assert odd_frame(Inject(frame="{{")) == "{{"
