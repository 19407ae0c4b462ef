"""Finds the rules: every module of this package is looked through, so that a new file is a new rule."""

import importlib
import pkgutil

import generator.rules
from generator.base.errors import GenError
from generator.base.nearest import did_you_mean
from generator.rules.rule import Rule


def all_rules() -> tuple[Rule, ...]:
    """Return every rule, sorted by id."""
    found: dict[str, Rule] = {}
    for module in pkgutil.walk_packages(generator.rules.__path__, "generator.rules."):
        members = vars(importlib.import_module(module.name)).values()
        found |= {item.id: item for item in members if isinstance(item, Rule)}
    return tuple(found[name] for name in sorted(found))


def find_rule(name: str) -> Rule:
    """Return the rule with an id; GenError with the nearest one if there is none."""
    rules = {item.id: item for item in all_rules()}
    if name not in rules:
        near = did_you_mean(name, rules) or "`gen check --list` shows them all."
        raise GenError(f"There is no rule '{name}'. {near}")
    return rules[name]
