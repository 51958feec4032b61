"""Values by region and for the group, each checkable by hand."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from kpi.definitions import Definitions
from kpi.evaluate import evaluate
from kpi.period import Period
from kpi.scope import Scope
from kpi.slice import Slice
from kpi.value import Value
from tests.kpi.conftest import NOW, ROOT, Warehouse
