from voiced.assistant.commands import Notice
from voiced.assistant.events import FailureReason
from voiced.assistant.sentences import SENTENCES, sign_in_sentence


def test_every_notice_has_a_sentence_and_every_failure_a_notice():
    assert set(SENTENCES) == set(Notice)
    assert {reason.value for reason in FailureReason} <= {notice.value for notice in Notice}


def test_code_is_spelled_twice_and_the_address_can_be_spoken():
    said = sign_in_sentence("https://www.microsoft.com/devicelogin", "AB12")
    assert "microsoft dot com slash devicelogin" in said
    assert said.count("A, B, 1, 2") == 2
