"""Expected close dates: what each deal promised first, and every time the promise was moved to later."""

import numpy as np
import polars as pl

from demo.plan import Plan
from demo.timeline import moment
from demo.workdays import Days, Numbers

PUSHED_SHARE = 0.58  # of all deals; measured on a real CRM history
MOST = 4


def with_pushes(plan: Plan, deals: pl.DataFrame) -> pl.DataFrame:
    """Add expected_0..expected_4 (days) and pushed_1..pushed_4 (local days, infinite where there was no push)."""
    rng = plan.rng("pushes")
    cut = moment(plan.time.today)
    created, ended = deals["created"].to_numpy(), deals["ended"].to_numpy()
    until = np.where(ended < cut, ended, cut - 1)
    pushes = _counts(until - created, rng)
    expected, pushed = [np.floor(deals["due"].to_numpy())], []
    late = np.full(deals.height, np.inf)
    for step in range(MOST):
        wanted = pushes > step
        gap = np.where(wanted, np.floor(rng.uniform(14, 95, deals.height)), 0)
        earlier = np.maximum(expected[-1] - gap, np.floor(created) + 7)
        earlier = np.where(wanted, np.minimum(earlier, expected[-1] - 1), expected[-1])
        at = np.minimum(np.minimum(earlier - rng.uniform(0, 14, deals.height), until - 0.2), late - 0.5)
        at = np.where(wanted, np.maximum(at, created + (until - created) * 0.1), np.inf)
        late = np.where(wanted, at, late)
        expected.append(earlier)
        pushed.append(at)
    return deals.with_columns(**_in_order(expected, pushed, pushes))


def _counts(span: Numbers, rng: np.random.Generator) -> Days:
    """Give how often each deal is pushed; the longer it lived, the likelier."""
    order = np.argsort(-(np.log(np.maximum(span, 1)) + rng.normal(0, 1.2, len(span))) + 1e6 * (span < 12))
    pushed = np.zeros(len(span), bool)
    pushed[order[: round(PUSHED_SHARE * len(span))]] = True
    return np.where(pushed, rng.choice([1, 2, 3, 4], len(span), p=(0.55, 0.26, 0.13, 0.06)), 0)


def _in_order(expected: list[Numbers], pushed: list[Numbers], pushes: Days) -> dict[str, pl.Series]:
    """Turn the steps, found from the last promise backwards, into the order in which they happened."""
    rows = np.arange(len(pushes))
    every_date, every_push = np.stack(expected), np.stack(pushed)
    found: dict[str, pl.Series] = {}
    for n in range(MOST + 1):
        found[f"expected_{n}"] = pl.Series(every_date[np.maximum(pushes - n, 0), rows].astype(np.int32))
    for n in range(1, MOST + 1):
        step = every_push[np.maximum(pushes - n, 0), rows]
        found[f"pushed_{n}"] = pl.Series(np.where(pushes >= n, step, np.inf))
    return found
