"""The part of the server's list filter that tests need: equalities, joined by AND."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from ._refusal import invalid

_GROUP = re.compile(r"\bGROUP\s+BY\s+ExecutionStatus\s*$", re.IGNORECASE)
_AND = re.compile(r"\s+AND\s+", re.IGNORECASE)
_CLAUSE = re.compile(r"""\s*(?P<field>\w+)\s*(?P<operator>!?=)\s*(?P<quote>['"])(?P<value>.*)(?P=quote)\s*""")
_FIELDS = frozenset({"ActivityId", "ActivityType", "ExecutionStatus", "TaskQueue", "WorkflowId"})


@dataclass(frozen=True, slots=True)
class Query:
    """A filter: fields, whether they are to equal or to differ, and values."""

    clauses: tuple[tuple[str, bool, str], ...]
    is_grouped: bool = False

    @classmethod
    def parse(cls, text: str) -> Query:
        """Read a filter; anything else is refused with the server's message."""
        rest, groups = _GROUP.subn("", text)
        clauses = [_parse_clause(clause) for clause in _AND.split(rest.strip()) if clause]
        return cls(tuple(clauses), bool(groups))

    def matches(self, values: Mapping[str, str]) -> bool:
        """Whether an activity with these values passes."""
        return all((values[name] == value) is is_equal for name, is_equal, value in self.clauses)


def _parse_clause(text: str) -> tuple[str, bool, str]:
    match = _CLAUSE.fullmatch(text)
    if match is None:
        raise invalid(f"invalid query: malformed SQL query: syntax error near '{text}'")
    if match["field"] not in _FIELDS:
        raise invalid(f"invalid query: invalid search attribute: {match['field']}")
    return match["field"], match["operator"] == "=", match["value"]
