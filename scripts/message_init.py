"""Write out the ``__init__`` of message classes, which dataclasses would compile at each start."""

from __future__ import annotations

import ast
from collections.abc import Iterator

__all__ = ["with_inits"]

_GENERATED = "@dataclass(eq=False, repr=False)"
_WRITTEN = "@dataclass(eq=False, repr=False, init=False)"
_UNSET = "_UNSET"

#: What a module needs that has defaults which are no constants, by what it follows.
_ADDITIONS = {
    "from dataclasses import dataclass\n": "import typing\n",
    "check_compiler_version(_COMPILER_VERSION)\n": f"""
# In place of a default that is made anew each time.
{_UNSET}: typing.Any = object()
""",
}

#: The defaults of scalars; those of 32 and 64 bits, signed or not, fixed or not, are 0.
_SCALARS = {"BOOL": "False", "STRING": '""', "BYTES": 'b""', "FLOAT": "0.0", "DOUBLE": "0.0", "MESSAGE": "None"}


def with_inits(source: str) -> str:
    """Return the source of a generated module, whose messages have an ``__init__`` as dataclasses would write it."""
    lines = source.splitlines()
    messages = [node for node in ast.parse(source).body if isinstance(node, ast.ClassDef) and _fields_of(node)]
    # From the end on, so that the numbers of the lines before stay true.
    for message in reversed(messages):
        fields = _fields_of(message)
        end, decorator = fields[-1].end_lineno, message.decorator_list[0].lineno - 1
        assert end is not None
        assert lines[decorator] == _GENERATED
        lines[end:end] = ["", *_init(fields)]
        lines[decorator] = _WRITTEN
    text = "\n".join(lines) + "\n"
    if f"= {_UNSET}" in text:
        for place, addition in _ADDITIONS.items():
            assert text.count(place) == 1
            text = text.replace(place, place + addition)
    return text


def _fields_of(node: ast.ClassDef) -> list[ast.AnnAssign]:
    return [it for it in node.body if isinstance(it, ast.AnnAssign) and _is_field(it.value)]


def _is_field(value: ast.expr | None) -> bool:
    return isinstance(value, ast.Call) and ast.unparse(value.func) == "betterproto2.field"


def _init(fields: list[ast.AnnAssign]) -> Iterator[str]:
    """Write the method; what is no constant is made where it is not given."""
    defaults = {ast.unparse(field.target): _default(field) for field in fields}
    yield "    def __init__("
    yield "        self,"
    for field in fields:
        name = ast.unparse(field.target)
        default = defaults[name]
        yield f"        {name}: {ast.unparse(field.annotation)} = {_UNSET if _is_made(default) else default},"
    yield "    ) -> None:"
    for name, default in defaults.items():
        value = f"{default} if {name} is {_UNSET} else {name}" if _is_made(default) else name
        yield f"        self.{name} = {value}"
    yield "        self.__post_init__()"


def _is_made(default: str) -> bool:
    return default in ("[]", "{}") or default.endswith(")")


def _default(field: ast.AnnAssign) -> str:
    """Return the default of a field, as ``betterproto2.field`` decides on it."""
    call = field.value
    assert isinstance(call, ast.Call)
    options = {it.arg: it.value for it in call.keywords}
    kind = ast.unparse(call.args[1]).removeprefix("betterproto2.TYPE_")
    if "repeated" in options:
        return "[]"
    if "optional" in options or "group" in options:
        return "None"
    if kind == "MAP":
        return "{}"
    if kind == "ENUM":
        factory = options["default_factory"]
        assert isinstance(factory, ast.Lambda)
        return ast.unparse(factory.body)
    return _SCALARS.get(kind, "0")
