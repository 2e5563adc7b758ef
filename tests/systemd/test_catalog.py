import re
import shutil
import subprocess
from pathlib import Path

import pytest

from voiced.messages import Message, explained

CATALOG = Path(__file__).resolve().parents[2] / "systemd" / "voiced.catalog"


def test_every_message_is_explained_once():
    assert re.findall(r"^-- ([0-9a-f]{32})$", CATALOG.read_text(), re.MULTILINE) == [each.value for each in Message]


@pytest.mark.skipif(shutil.which("journalctl") is None, reason="journalctl is not installed")
def test_systemd_takes_the_catalog(tmp_path):
    folder = tmp_path / "usr/lib/systemd/catalog"
    folder.mkdir(parents=True)
    (tmp_path / "var/lib/systemd/catalog").mkdir(parents=True)
    shutil.copy(CATALOG, folder)
    subprocess.run(["journalctl", "--update-catalog", f"--root={tmp_path}"], check=True, capture_output=True)
    listed = subprocess.run(
        ["journalctl", "--list-catalog", f"--root={tmp_path}"], check=True, capture_output=True, text=True
    ).stdout
    for message in Message:
        assert message.value in listed


def test_fields_carry_the_speakers_prefix():
    assert explained(Message.TOOL_FAILED, tool="lamp") == {
        "MESSAGE_ID": Message.TOOL_FAILED.value,
        "VOICED_TOOL": "lamp",
    }
