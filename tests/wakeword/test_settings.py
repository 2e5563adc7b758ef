import pytest
from pydantic import ValidationError

from voiced.wakeword.settings import WakeWordSettings


@pytest.mark.parametrize("key", ["threshold", "threshold_while_playing"])
@pytest.mark.parametrize("value", [-0.1, 0.0, 1.0, 50.0, float("nan"), "0.5"])
def test_threshold_outside_0_to_1_is_refused(key, value):
    with pytest.raises(ValidationError, match=key):
        WakeWordSettings.model_validate({key: value})
