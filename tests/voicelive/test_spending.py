from datetime import date

from voiced.voicelive.budget import Budget
from voiced.voicelive.budget_settings import BudgetSettings
from voiced.voicelive.spending import Spending
from voiced.voicelive.tap import Direction, ignore


def done(tokens):
    return {"type": "response.done", "response": {"usage": {"input_tokens": tokens, "output_tokens": 0}}}


def test_limit_of_one_conversation_goes_over_its_sessions_and_is_told_once(tmp_path):
    budget = Budget(
        BudgetSettings(tokens_per_conversation=10), tmp_path / "usage.json", today=lambda: date(2026, 1, 30)
    )
    told = []
    spending = Spending(budget, lambda: 0.0, told.append)
    for reached in ([], ["10 tokens a conversation"], ["10 tokens a conversation"]):
        with spending.metered() as tap:
            tap(Direction.RECEIVED, done(6))
        assert told == reached
    assert budget.status()["today"]["tokens"] == 18


def test_nothing_is_looked_at_where_nothing_costs():
    with Spending(None, lambda: 0.0).metered() as tap:
        assert tap is ignore
