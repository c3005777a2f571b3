"""Dependencies before they run: how parameters are marked, what is refused, and who does not see them."""

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Annotated, Any, Protocol

import fastapi
import httpx
import pytest
from fastapi.security import OAuth2PasswordBearer
from typing_extensions import TypeAliasType

from asyncworker import Depends, Worker, activity
from asyncworker.activity import Definition
from asyncworker.client.activities._start import plan_start
from asyncworker.testing import ActivityEnvironment


class Engine:
    pass


def get_engine() -> Engine:
    return Engine()


def get_session(engine: Annotated[Engine, Depends(get_engine)]) -> Iterator[str]:
    yield f"session on {type(engine).__name__}"


@activity.defn(task_queue="orders", start_to_close_timeout=5)
async def pack(order: str, session: Annotated[str, Depends(get_session)], boxes: int = 1) -> str:
    return f"{order} {session} {boxes}"


def worker_of(*activities: Any) -> Worker:
    return Worker(None, task_queue="orders", activities=activities)


class TestDepends:
    def test_it_takes_no_result(self):
        """What is given in the place of a function is refused where it is written."""
        with pytest.raises(TypeError, match="takes a function or a class, not its result; got 'session'"):
            Depends("session")

    def test_it_knows_two_scopes(self):
        """A scope that there is not is refused where it is written, and so is a worker's value that is not shared."""
        with pytest.raises(ValueError, match="is one of 'attempt', 'worker'; got 'request'"):
            Depends(get_engine, scope="request")  # type: ignore[arg-type]
        with pytest.raises(ValueError, match="use_cache=False"):
            Depends(get_engine, scope="worker", use_cache=False)

    async def test_a_plain_call_without_it_says_what_it_got(self):
        """A plain call that leaves a dependency out has a default, which says so when it is used."""

        async def weigh(engine: Any = Depends(get_engine)) -> None:
            engine.connect()

        with pytest.raises(AttributeError, match=r"Depends\(get_engine\) has no 'connect'.*in a plain call pass it"):
            await weigh()


def untyped(url) -> str:
    return url


def typed(url: str) -> str:
    return url


def egg(hen: Any) -> None: ...


def hen(egg: Annotated[Any, Depends(egg)]) -> None: ...


egg.__annotations__["hen"] = Annotated[Any, Depends(hen)]


def captive(engine: Annotated[Engine, Depends(get_engine)]) -> str:
    return "captive"


def contextual(context: activity.Context) -> str:
    return "contextual"


def positional(engine: Annotated[Engine, Depends(get_engine)], /) -> str:
    return "positional"


def unioned(engine: Annotated[Engine, Depends(get_engine)] | None = None) -> str:
    return "unioned"


def twice(engine: Annotated[Engine, Depends(get_engine)] = Depends(get_session)) -> str:
    return "twice"


def several(engine: Annotated[Engine, Depends(get_engine), Depends(get_session)]) -> str:
    return "several"


def wrong_type(engine: Annotated[int, Depends(get_engine)]) -> str:
    return "wrong"


def no_class(engine: Annotated[Callable[[], None], Depends()]) -> str:
    return "no class"


def needs_request(request: fastapi.Request) -> str:
    return "request"


def needs_header(token: Annotated[str, fastapi.Header()] = "") -> str:
    return token


def needs_optional_header(token: Annotated[str | None, fastapi.Header()] = None) -> str | None:
    return token


def needs_query(query: str = fastapi.Query("x")) -> str:
    return query


class TestRefusals:
    @pytest.mark.parametrize(
        ("dependency", "scope", "message"),
        [
            (untyped, "attempt", r"weigh -> untyped: parameter 'url' has neither an annotation nor a default"),
            (typed, "attempt", r"weigh -> typed: parameter 'url' is no dependency and has no default"),
            (hen, "attempt", r"weigh -> hen -> egg -> hen: these dependencies need each other"),
            (captive, "worker", r"weigh -> captive -> get_engine: captive has the scope of the worker"),
            (contextual, "worker", r"weigh -> contextual: parameter 'context' is the context of an attempt"),
            (positional, "attempt", r"weigh -> positional: parameter 'engine' is positional-only"),
            (unioned, "attempt", r"weigh -> unioned: parameter 'engine': Depends stands within a union"),
            (twice, "attempt", r"weigh -> twice: parameter 'engine': it has a Depends in its annotation and another"),
            (several, "attempt", r"weigh -> several: parameter 'engine': its annotation has several Depends"),
            (wrong_type, "attempt", r"'engine' is annotated as int, but get_engine makes Engine"),
            (no_class, "attempt", r"weigh -> no_class: parameter 'engine': Depends\(\) stands for the class"),
            (needs_request, "attempt", r"weigh -> needs_request: parameter 'request' is Request of starlette"),
            (needs_header, "attempt", r"weigh -> needs_header: parameter 'token' is Header of fastapi"),
            (needs_optional_header, "attempt", r"needs_optional_header: parameter 'token' is Header of fastapi"),
            (needs_query, "attempt", r"weigh -> needs_query: parameter 'query' is Query of fastapi"),
            (
                OAuth2PasswordBearer("token"),
                "attempt",
                r"weigh -> <fastapi.*: parameter 'request' is \w+ of starlette",
            ),
        ],
        ids=lambda value: getattr(value, "__name__", None),
    )
    def test_a_worker_refuses_it_with_its_path(self, dependency, scope, message):
        """A dependency that cannot work is an error when the worker is made, with the path to it."""

        async def weigh(order: str, it: Annotated[Any, Depends(dependency, scope=scope)]) -> None: ...

        with pytest.raises(TypeError, match=message.replace("weigh", ".*weigh")):
            worker_of(weigh)

    def test_the_parameter_of_an_activity_is_checked_as_well(self):
        """An activity's own dependency parameter is refused as those of dependencies are."""

        async def positional(engine: Annotated[Engine, Depends(get_engine)], /) -> None: ...

        async def wrong(engine: Annotated[str, Depends(get_engine)]) -> None: ...

        async def unioned(engine: Annotated[str, Depends(get_engine)] | None) -> None: ...

        async def called(engine: Annotated[str, Depends(get_engine)] = Depends(get_engine)) -> None: ...

        for fn, message in [
            (positional, "parameter 'engine' is positional-only"),
            (wrong, "annotated as str, but get_engine makes Engine"),
            (unioned, "Depends stands within a union"),
            (called, "another as its default"),
        ]:
            with pytest.raises(TypeError, match=message):
                worker_of(fn)

    def test_types_that_may_fit_are_let_through(self):
        """A type is refused only where it surely does not fit: protocols, unions and numbers are not judged."""

        class Connects(Protocol):
            def connect(self) -> None: ...

        def number() -> int:
            return 1

        async def maybe() -> str | None:
            return None

        @asynccontextmanager
        async def managed() -> AsyncIterator[Engine]:
            yield Engine()

        @contextmanager
        def unknown() -> Iterator["Missing"]:  # type: ignore[name-defined]  # noqa: F821
            yield 1

        async def weigh(
            connects: Annotated[Connects, Depends(get_engine)],
            number: Annotated[float, Depends(number)],
            maybe: Annotated[str, Depends(maybe)],
            managed: Annotated[object, Depends(managed)],
            unknown: Annotated[int, Depends(unknown)],
        ) -> None: ...

        assert worker_of(weigh).activities

    async def test_an_alias_may_stand_for_the_annotation(self):
        """What ``type EngineDep = Annotated[…]`` makes is looked through."""
        EngineDep = TypeAliasType("EngineDep", Annotated[Engine, Depends(get_engine)])

        async def weigh(engine: EngineDep) -> str:
            return type(engine).__name__

        assert await ActivityEnvironment().run(weigh) == "Engine"

    def test_a_keyword_only_parameter_needs_no_default_if_it_is_a_dependency(self):
        """A keyword-only parameter without a default is refused, unless it is a dependency."""

        @activity.defn
        async def weigh(order: str, *, engine: Annotated[Engine, Depends(get_engine)]) -> None: ...

        with pytest.raises(TypeError, match="keyword-only"):

            @activity.defn
            async def store(order: str, *, engine: Engine) -> None: ...

        assert worker_of(weigh).activities == ["weigh"]


@activity.defn
async def stack(order: "str", *, later: "Annotated[int, Depends(get_later)]") -> "str":
    return f"{order} {later}"


@activity.defn
async def sort(order: "str", *, engine: "Annotated[Engine, Depends(get_engine)]") -> "str":
    return f"{order} {type(engine).__name__}"


def get_later(base: "Annotated[dict[str, int], Depends(dict)]", size: "Missing | None" = None) -> "int":  # type: ignore[name-defined]  # noqa: F821
    return len(base)


class TestStrings:
    """Annotations are strings below ``from __future__ import annotations``."""

    async def test_they_are_evaluated(self):
        """Annotations that are strings mark dependencies too, keyword-only ones without a default included."""
        assert worker_of(stack, sort).activities == ["sort", "stack"]
        assert await ActivityEnvironment().run(sort, "order") == "order Engine"

    async def test_they_may_name_what_comes_later(self):
        """What a string names has to be there when the worker is made, and not before."""
        assert await ActivityEnvironment().run(stack, "order") == "order 0"
        assert getattr(stack, "__temporal_activity_definition").arg_types == [str]

    def test_what_is_not_there_is_refused_with_its_path(self):
        """A dependency's annotation that names what is not there is an error with its path."""

        def get_url(host: "Missing") -> str:  # type: ignore[name-defined]  # noqa: F821
            return ""

        async def ship(url: Annotated[str, Depends(get_url)]) -> None: ...

        with pytest.raises(TypeError, match=r"ship -> .*get_url: .*the name 'Missing', which is not defined"):
            worker_of(ship)


class TestFastapi:
    async def test_its_depends_is_understood(self):
        """A dependency that FastAPI's Depends names is one of an activity too, with its sub-dependencies."""

        def session(engine: Annotated[Engine, fastapi.Depends(get_engine)]) -> str:
            return f"session on {type(engine).__name__}"

        async def weigh(order: str, session: Annotated[str, fastapi.Depends(session)]) -> str:
            return f"{order} {session}"

        async def store(order: str, session: str = fastapi.Depends(session, use_cache=False)) -> str:
            return f"{order} {session}"

        for fn in (weigh, store):
            assert await ActivityEnvironment().run(fn, "order") == "order session on Engine"

    async def test_an_optional_request_is_none_in_an_activity(self):
        """A parameter for a request with the default None has it in an activity, and the request in a route."""

        def path(request: fastapi.Request = None) -> str:  # type: ignore[assignment]
            return "no request" if request is None else request.url.path

        def is_there(request: fastapi.Request | None = None, tasks: fastapi.BackgroundTasks | None = None) -> bool:
            return request is not None or tasks is not None

        async def weigh(path: Annotated[str, Depends(path)], is_there: Annotated[bool, Depends(is_there)]) -> str:
            return f"{path} {is_there}"

        app = fastapi.FastAPI()

        @app.get("/orders")
        async def route(path: Annotated[str, fastapi.Depends(path)]) -> str:
            return path

        assert worker_of(weigh).activities
        assert await ActivityEnvironment().run(weigh) == "no request False"
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://app") as client:
            assert (await client.get("/orders")).json() == "/orders"

    async def test_one_function_serves_a_route_and_an_activity(self):
        """The same dependency, marked for both, is called by FastAPI for the route and by us for the activity."""
        Both = Annotated[Engine, fastapi.Depends(get_engine), Depends(get_engine, scope="worker")]

        def session(engine: Both) -> str:
            return f"session on {type(engine).__name__}"

        app = fastapi.FastAPI()

        @app.get("/")
        async def route(session: Annotated[str, fastapi.Depends(session)]) -> str:
            return session

        async def weigh(session: Annotated[str, Depends(session, scope="worker")]) -> str:
            return session

        assert worker_of(weigh).activities
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://app") as client:
            response = await client.get("/")
        assert response.json() == await ActivityEnvironment().run(weigh) == "session on Engine"


class TestGraph:
    async def test_what_shares_a_value_may_depend_on_what_does_not(self):
        """A dependency that two others share is made once, though it has a value of its own of a third one."""
        made: list[str] = []

        def connect() -> Engine:
            made.append("connection")
            return Engine()

        def session(engine: Annotated[Engine, Depends(connect, use_cache=False)]) -> list[Engine]:
            made.append("session")
            return [engine]

        def orders(session: Annotated[list[Engine], Depends(session)]) -> list[Engine]:
            return session

        def stock(session: Annotated[list[Engine], Depends(session)]) -> list[Engine]:
            return session

        @activity.defn
        async def ship(*, orders: list[Engine] = Depends(orders), stock: list[Engine] = Depends(stock)) -> bool:
            return orders is stock

        assert await ActivityEnvironment().run(ship)
        assert made == ["connection", "session"]

    def test_many_layers_that_share_are_each_looked_at_once(self):
        """A hundred layers of two paths each have more paths than could be followed."""
        below: list[Callable[..., int]] = [lambda: 0, lambda: 1]
        for _ in range(100):

            def layer(one: Annotated[int, Depends(below[-1])], other: Annotated[int, Depends(below[-2])]) -> int:
                return one + other

            below.append(layer)

        @activity.defn
        async def ship(total: Annotated[int, Depends(below[-1])]) -> int:
            return total

        assert worker_of(ship).task_queue == "orders"


class TestCallers:
    def test_a_client_passes_the_payload_only(self):
        """A start takes the arguments of the payload, and refuses one for a dependency."""
        assert plan_start(pack, ["order", 2], {}).arg_types == [str, int]
        assert plan_start(pack, ["order"], {}).args == ["order"]
        with pytest.raises(TypeError, match=r"takes \(order, boxes=…\), got 3 arguments"):
            plan_start(pack, ["order", "session", 2], {})

    def test_a_workflow_of_temporalio_does_not_see_them(self):
        """What temporalio reads of the declaration has the types of the payload only."""
        assert getattr(pack, "__temporal_activity_definition").arg_types == [str, int]

    def test_a_declaration_is_as_before(self):
        """A dependency changes nothing in the declaration of an activity."""
        assert Definition.of(pack).name == "pack"
        assert repr(worker_of(pack)).startswith("<Worker of 'orders'")


class TestEnvironment:
    async def test_it_makes_what_is_not_given(self):
        """An environment makes and closes the dependencies, whatever their scope; one that is given is used."""
        log = []

        async def engine() -> AsyncIterator[str]:
            log.append(activity.info().activity_type)
            yield "engine"
            log.append("closed")

        async def weigh(
            session: Annotated[str, Depends(get_session)],
            order: str,
            engine: Annotated[str, Depends(engine, scope="worker")],
        ) -> str:
            return f"{order} {session} {engine}"

        environment = ActivityEnvironment()
        assert await environment.run(weigh, "order") == "order session on Engine engine"
        assert log == ["test", "closed"]
        assert await environment.run(weigh, "order", engine="fake") == "order session on Engine fake"
        assert await environment.run(weigh, "order", session="s", engine="e") == "order s e"
        assert await environment.run(weigh, "s", "order", "e") == "order s e"
        assert log == ["test", "closed"]

    def test_a_function_may_be_given_all(self):
        """More positional arguments than the payload has are those of a plain call."""

        def weigh(context: activity.Context, session: Annotated[str, Depends(get_session)], order: str) -> str:
            return f"{order} {session} {context.info.activity_type}"

        assert ActivityEnvironment().run(weigh, "order") == "order session on Engine test"
        assert ActivityEnvironment().run(weigh, session="fake", order="order") == "order fake test"

    async def test_it_shows_them_the_error(self):
        """In an environment, too, a dependency sees the activity's error, and cannot undo it."""
        seen = []

        def session() -> Iterator[str]:
            try:
                yield "session"
            except ValueError as error:
                seen.append(str(error))

        def weigh(context: activity.Context, session: Annotated[str, Depends(session)]) -> None:
            raise ValueError("no boxes")

        async def store(session: Annotated[str, Depends(session)]) -> None:
            raise ValueError("no shelf")

        with pytest.raises(ValueError, match="no boxes"):
            ActivityEnvironment().run(weigh)
        with pytest.raises(ValueError, match="no shelf"):
            await ActivityEnvironment().run(store)
        assert seen == ["no boxes", "no shelf"]

    async def test_it_does_not_await_for_a_function(self):
        """A ``def`` activity runs at once, so that what it needs and is to be awaited has to be given."""

        async def session() -> str:
            return "session"

        def weigh(order: str, session: Annotated[str, Depends(session)]) -> str:
            return f"{order} {session}"

        async def later(value: str) -> str:
            return value

        def store(session: Annotated[str, Depends(get_session)]) -> Any:
            return later(session)

        with pytest.raises(TypeError, match=r"weigh -> .*session: it is to be awaited"):
            ActivityEnvironment().run(weigh, "order")
        assert ActivityEnvironment().run(weigh, "order", session="fake") == "order fake"
        assert await ActivityEnvironment().run(store) == "session on Engine"
