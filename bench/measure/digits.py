"""SCRAM prints six digits. To know its probability further, the top event is made to need one more event, whose
probability is chosen: where the printed number changes from one to the next, their product is half way between both."""

import math
import xml.etree.ElementTree as ET
from collections.abc import Callable
from pathlib import Path

DIGITS = 6
HALVINGS = 45
"""Of an interval that is narrower than 1e-3: what is left is beyond what a double can tell."""


def top(report: Path) -> str:
    """The gate that SCRAM took for the top event."""
    for _, element in ET.iterparse(report, events=("start",)):
        if element.tag == "sum-of-products":
            return element.get("name")
    raise ValueError(f"{report} has no sum of products")


def probability(report: Path) -> float:
    """Of `scaled`, in a report about the model that [model] makes."""
    for _, element in ET.iterparse(report, events=("start",)):
        if element.tag == "sum-of-products" and element.get("name") == "scaled":
            return float(element.get("probability"))
    raise ValueError(f"{report} has no gate `scaled`")


def model(top_gate: str, scale: float) -> str:
    """A model file that, read beside the others, makes `top and scale` the top event."""
    gate = f'<define-gate name="scaled"><and><gate name="{top_gate}"/><basic-event name="scale"/></and></define-gate>'
    event = f'<define-basic-event name="scale"><float value="{scale!r}"/></define-basic-event>'
    return (f'<?xml version="1.0"?><opsa-mef><define-fault-tree name="scaled-down">{gate}</define-fault-tree>'
            f"<model-data>{event}</model-data></opsa-mef>")


def exact(printed: Callable[[float], float]) -> float:
    """The probability, from what is printed of it times a scale between 0 and 1."""
    about = printed(1.0)
    last = 10.0 ** (math.floor(math.log10(about)) - DIGITS + 1)
    low, high = 1 - 20 * last / about, 1.0
    lower = printed(low)
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        if printed(middle) > lower:
            high = middle
        else:
            low = middle
    return (lower + last / 2) / high
