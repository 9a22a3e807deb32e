"""Forecasts how many placements for children in care an English council needs, and at what cost.

From Python: ``load_scenario(path)`` and ``simulate(scenario, replications=..., seed=...)``, which
gives a ``Forecast`` with its tables as pandas frames; ``compare([...])`` sets scenarios, or the
folders of runs, against the first of them.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"
__all__ = [
    "Comparison",
    "Forecast",
    "__version__",
    "calibrate",
    "compare",
    "load_scenario",
    "simulate",
]

if TYPE_CHECKING:
    from sufficiency.comparison.compare import compare
    from sufficiency.comparison.result import Comparison
    from sufficiency.experiment import simulate_scenario as simulate
    from sufficiency.forecast import Forecast
    from sufficiency.resolution.children import calibrate
    from sufficiency.scenario.files import load_scenario

# Looked up when first used: numpy and pandas would make every command slow to start.
_WHERE = {
    "Comparison": ("sufficiency.comparison.result", "Comparison"),
    "Forecast": ("sufficiency.forecast", "Forecast"),
    "calibrate": ("sufficiency.resolution.children", "calibrate"),
    "compare": ("sufficiency.comparison.compare", "compare"),
    "load_scenario": ("sufficiency.scenario.files", "load_scenario"),
    "simulate": ("sufficiency.experiment", "simulate_scenario"),
}


def __getattr__(name: str) -> Any:
    if name not in _WHERE:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    module, attribute = _WHERE[name]
    return getattr(import_module(module), attribute)
