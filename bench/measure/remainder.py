"""SCRAM prints six digits. To compare probabilities further than that, most of the probability is taken away before
SCRAM prints the rest: G is the union of the cut sets that lie within a few basic events, which a count of all their
states gives exactly; SCRAM computes P(top and not G), which is small, so its six digits reach far. The sum of both is
the top event's probability."""

import xml.etree.ElementTree as ET
from dataclasses import dataclass
from math import fsum
from pathlib import Path

MOST_EVENTS = 16
"""All states of so many events are counted."""


@dataclass
class Product:
    events: frozenset[str]
    probability: float


def products(report: Path) -> list[Product]:
    found = []
    for _, element in ET.iterparse(report):
        if element.tag == "product":
            # A negated event would make the set no cut set; coherent models have none.
            names = frozenset(event.get("name") for event in element.iter("basic-event"))
            found.append(Product(names, float(element.get("probability"))))
            element.clear()
    return found


def probabilities(files: list[Path]) -> dict[str, float]:
    found = {}
    for file in files:
        for event in ET.parse(file).iter("define-basic-event"):
            value = event.find("float")
            if value is not None:
                found[event.get("name")] = float(value.get("value"))
    return found


def top(report: Path) -> str:
    """The gate that SCRAM took for the top event."""
    for _, element in ET.iterparse(report, events=("start",)):
        if element.tag == "sum-of-products":
            return element.get("name")
    raise ValueError(f"{report} has no sum of products")


def probability(report: Path) -> float:
    """Of `remainder`, in a report about the model that [model] makes."""
    for _, element in ET.iterparse(report, events=("start",)):
        if element.tag == "sum-of-products" and element.get("name") == "remainder":
            return float(element.get("probability"))
    raise ValueError(f"{report} has no remainder")


def chosen(all_products: list[Product]) -> list[frozenset[str]]:
    """The cut sets within the events that carry most of the probability."""
    weight: dict[str, float] = {}
    for product in all_products:
        for event in product.events:
            weight[event] = weight.get(event, 0.0) + product.probability
    events = set(sorted(weight, key=weight.get, reverse=True)[:MOST_EVENTS])
    return [product.events for product in all_products if product.events <= events]


def union(cut_sets: list[frozenset[str]], probability: dict[str, float]) -> float:
    """The probability that at least one of them happens, by counting states."""
    events = sorted(set().union(*cut_sets))
    masks = [sum(1 << events.index(event) for event in cut_set) for cut_set in cut_sets]
    weights = [1.0]
    for event in reversed(events):
        p = probability[event]
        weights = [w * q for w in weights for q in (1 - p, p)]
    return fsum(weight for state, weight in enumerate(weights) if any(state & mask == mask for mask in masks))


def model(cut_sets: list[frozenset[str]], top_gate: str) -> str:
    """A model file that, read beside the others, makes `top and not G` the top event."""
    def gate(inner: str) -> str:
        return f'<define-gate name="remainder"><and><gate name="{top_gate}"/><not>{inner}</not></and></define-gate>'

    sets = ["<and>" + "".join(f'<basic-event name="{e}"/>' for e in sorted(s)) + "</and>" if len(s) > 1
            else f'<basic-event name="{next(iter(s))}"/>' for s in cut_sets]
    inner = f"<or>{''.join(sets)}</or>" if len(sets) > 1 else sets[0]
    return f'<?xml version="1.0"?><opsa-mef><define-fault-tree name="rest">{gate(inner)}</define-fault-tree></opsa-mef>'
