import subprocess
import sys

import pytest

AFTER = """
import sys
from voiced.tools import coercion, first_call
first_call.load({language!r})
before = set(sys.modules)
coercion.number_words.cache_info().currsize or sys.exit("the words for numbers would be read while sound waits")
from voiced.tools.arguments import Arguments
Arguments({{}}).read("{{}}")
late = {{name for name in set(sys.modules) - before if name.startswith(("jsonschema", "unicode_rbnf"))}}
sys.exit(f"loaded too late: {{late}}" if late else 0)
"""


@pytest.mark.parametrize("language", ["en", "de"])
def test_what_a_first_call_needs_is_there(language: str) -> None:
    ran = subprocess.run(
        [sys.executable, "-c", AFTER.format(language=language)], capture_output=True, text=True, check=False
    )
    assert ran.returncode == 0, ran.stderr
