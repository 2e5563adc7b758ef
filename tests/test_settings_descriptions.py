import subprocess
import sys

import pytest

_PROBE = """{before}
from voiced.config.schema import VoicedSettings
print(VoicedSettings.model_fields["speaker"].description)
"""
_LEAVE = "from voiced.settings import leave_undescribed; leave_undescribed()"


@pytest.mark.parametrize(("before", "described"), [("pass", True), (_LEAVE, False)])
def test_settings_are_described_unless_nobody_will_read_it(before, described):
    command = [sys.executable, "-c", _PROBE.format(before=before)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert (done.stdout.strip() != "None") is described
