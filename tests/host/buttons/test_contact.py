from hypothesis import given
from hypothesis import strategies as st

from voiced.host.buttons.contact import (
    REPEAT_AFTER_SECONDS,
    REPEAT_EVERY_SECONDS,
    REPEAT_UNTIL_SECONDS,
    Contact,
)

BOUNCE = 0.02


def fed(contact, *readings):
    """What comes of positions and the times they are read at."""
    return [contact.read(closed=closed, now=now) for closed, now in readings]


def test_press_counts_once_it_has_lasted_and_so_does_letting_go():
    contact = Contact(closed=False, bounce_seconds=BOUNCE)
    assert fed(contact, (True, 1.0), (True, 1.019), (True, 1.021), (True, 2.0)) == [None, None, True, None]
    assert fed(contact, (False, 3.0), (False, 3.021), (False, 4.0)) == [None, False, None]


def test_contact_that_bounces_is_pressed_once():
    contact = Contact(closed=False, bounce_seconds=BOUNCE)
    bounces = [(number % 2 == 0, 1 + number / 200) for number in range(7)]  # closed at last, at 1.03
    assert fed(contact, *bounces, (True, 1.035), (True, 1.049), (True, 1.051)) == [None] * 9 + [True]


def test_glitch_is_nothing():
    contact = Contact(closed=False, bounce_seconds=BOUNCE)
    assert fed(contact, (True, 1.0), (False, 1.005), (False, 5.0)) == [None] * 3
    assert not contact.restless


def test_what_is_held_at_the_start_has_to_be_let_go_first():
    contact = Contact(closed=True, bounce_seconds=BOUNCE, repeats=True)
    assert fed(contact, (True, 1.0), (True, 9.0), (False, 9.1), (False, 9.2)) == [None, None, None, False]
    assert fed(contact, (True, 10.0), (True, 10.1)) == [None, True]


def test_held_one_repeats_after_a_while_until_it_is_let_go():
    contact = Contact(closed=False, bounce_seconds=0, repeats=True)
    again = 1 + REPEAT_AFTER_SECONDS
    assert fed(contact, (True, 1.0), (True, again - 0.01), (True, again)) == [True, None, True]
    assert fed(contact, (True, again + REPEAT_EVERY_SECONDS - 0.01)) == [None]
    assert fed(contact, (True, again + REPEAT_EVERY_SECONDS)) == [True]
    assert contact.restless
    assert fed(contact, (False, 8.0), (False, 9.0)) == [False, None]
    assert not contact.restless


def test_one_that_is_stuck_repeats_no_more_until_it_is_pressed_anew():
    contact = Contact(closed=False, bounce_seconds=0, repeats=True)
    looks = [1 + number * REPEAT_EVERY_SECONDS for number in range(1000)]
    presses = sum(contact.read(closed=True, now=now) is True for now in looks)
    assert 100 <= presses <= REPEAT_UNTIL_SECONDS / REPEAT_EVERY_SECONDS + 2
    assert not contact.restless
    again = looks[-1] + 1
    assert fed(contact, (False, again), (True, again + 1), (True, again + 2)) == [False, True, True]


def test_bounce_while_it_is_held_does_not_press_it_anew():
    contact = Contact(closed=False, bounce_seconds=BOUNCE)
    fed(contact, (True, 1.0), (True, 1.1))
    assert fed(contact, (False, 1.2), (True, 1.21), (True, 3.0)) == [None] * 3


@given(st.booleans(), st.lists(st.tuples(st.booleans(), st.floats(0.001, 0.1)), max_size=60))
def test_positions_take_turns_and_each_has_lasted(closed, steps):
    contact = Contact(closed=closed, bounce_seconds=BOUNCE)
    now, since, before, position = 0.0, 0.0, closed, closed
    for reading, after in steps:
        now += after
        if reading is not before:
            before, since = reading, now
        change = contact.read(closed=reading, now=now)
        if change is None:
            continue
        assert change is not position, "no press without letting go in between"
        assert change is reading
        assert now - since >= BOUNCE
        position = change
    assert contact.closed is position
