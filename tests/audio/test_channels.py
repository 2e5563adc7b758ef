import numpy as np

from voiced.audio.channels import mono, spread

ARRAY = np.array([[1, 100, -7], [2, 200, -8]], np.int16)


def test_one_channel_is_taken_out_of_several():
    assert np.frombuffer(mono(ARRAY.tobytes(), 3, 1), np.int16).tolist() == [100, 200]


def test_a_mix_is_the_average():
    assert np.frombuffer(mono(ARRAY.tobytes(), 3, "mix"), np.int16).tolist() == [31, 65]


def test_a_mix_of_full_scale_does_not_overflow():
    loud = np.full((4, 8), -32768, np.int16)
    assert np.frombuffer(mono(loud.tobytes(), 8, "mix"), np.int16).tolist() == [-32768] * 4


def test_mono_is_passed_on_untouched():
    data = b"\1\0\2\0"
    assert mono(data, 1, "mix") is data


def test_one_channel_is_repeated_and_more_are_cut():
    assert spread(ARRAY[:, :1], 2).tolist() == [[1, 1], [2, 2]]
    assert spread(ARRAY, 2).tolist() == [[1, 100], [2, 200]]
