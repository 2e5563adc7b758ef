from voiced.assistant.commands import Notice
from voiced.assistant.events import FailureReason
from voiced.assistant.sentences import SENTENCES


def test_every_notice_has_a_sentence_and_every_failure_a_notice():
    assert set(SENTENCES) == set(Notice)
    assert {reason.value for reason in FailureReason} <= {notice.value for notice in Notice}
