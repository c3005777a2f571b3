"""How long do an activity's arguments and its result take to convert, here and in temporalio?

    python benchmarks/bench_converter.py

Each line is the median (and the fastest and slowest) of the repeats, in microseconds per call, for one argument list
of that kind: payload messages in, values out, and the other way round. The messages are each library's own: building
and parsing those is not measured, making a `Payload` object is. `temporalio` has two converters, its default and the
one in `contrib.pydantic`; its default does not build models, so that it gets a dataclass in their place.
"""

from __future__ import annotations

import inspect
import platform
import statistics
import timeit
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from importlib.metadata import version
from typing import Any

import pydantic
import temporalio.converter
from pydantic import BaseModel
from temporalio.contrib.pydantic import pydantic_data_converter

from asyncworker.converter import DataConverter, Signature

REPEATS = 9


@dataclass
class Line:
    sku: str
    count: int
    price: float


class Order(BaseModel):
    id: str
    customer: str
    lines: list[Line]


def nothing() -> None: ...


def scalar(number: int) -> None: ...


def three(name: str, number: int, flag: bool) -> None: ...


def record(line: Line) -> None: ...


def model(order: Order) -> None: ...


def raw(data: bytes) -> None: ...


def untyped(value) -> None: ...  # type: ignore[no-untyped-def]


LINE = Line("sku-1", 3, 9.5)
ORDER = Order(id="7", customer="c-1", lines=[LINE] * 3)
CASES: list[tuple[Callable[..., None], list[Any]]] = [
    (nothing, []),
    (scalar, [42]),
    (three, ["a name", 42, True]),
    (record, [LINE]),
    (model, [ORDER]),
    (raw, [b"x" * 1000]),
    (untyped, [{"a": [1, 2, 3]}]),
]


def measure(call: Callable[[], object]) -> str:
    timer = timeit.Timer(call)
    number = max(1, timer.autorange()[0] // 8)
    runs = [each / number * 1e6 for each in timer.repeat(REPEATS, number)]
    return f"{statistics.median(runs):7.2f} ({min(runs):.2f} - {max(runs):.2f})"


def main() -> None:
    print(
        f"CPython {platform.python_version()}, pydantic {pydantic.VERSION}, temporalio {version('temporalio')};"
        f" {REPEATS} repeats; us per call: median (min - max)\n"
    )
    converter = DataConverter.default
    payload_converter = converter.payload_converter
    print(f"{'':22}{'asyncworker':>26}{'temporalio pydantic':>28}{'temporalio default':>28}")
    for function, values in CASES:
        signature = Signature(function)
        signature.prepare(payload_converter)
        payloads = converter.encode_nowait(values)
        row = [measure(partial(signature.decode_arguments, payloads, payload_converter))]
        for theirs in (pydantic_data_converter, temporalio.converter.default()):
            row.append(measure(decoding_of(theirs, function, values)))
        print(f"{'decode ' + function.__name__:22}{row[0]:>26}{row[1]:>28}{row[2]:>28}")
    for function, values in CASES[1:]:
        value = values[0]
        row = [measure(partial(signature.encode_result, value, payload_converter))]
        for theirs in (pydantic_data_converter, temporalio.converter.default()):
            own = as_dataclass(value) if theirs is not pydantic_data_converter else value
            row.append(measure(partial(theirs.payload_converter.to_payloads, [own])))
        print(f"{'encode ' + function.__name__:22}{row[0]:>26}{row[1]:>28}{row[2]:>28}")


def decoding_of(theirs: Any, function: Callable[..., None], values: list[Any]) -> Callable[[], object]:
    hints = [each.annotation for each in inspect.signature(function, eval_str=True).parameters.values()]
    known: Any = None if inspect.Parameter.empty in hints else hints
    if theirs is not pydantic_data_converter and known == [Order]:
        known = [PlainOrder]
    payloads = pydantic_data_converter.payload_converter.to_payloads(values)
    return lambda: theirs.payload_converter.from_payloads(payloads, known)


@dataclass
class PlainOrder:
    id: str
    customer: str
    lines: list[Line]


def as_dataclass(value: Any) -> Any:
    return PlainOrder(**{**value.model_dump(), "lines": value.lines}) if isinstance(value, Order) else value


if __name__ == "__main__":
    main()
