"""The client: a connection to a Temporal server, and the settings that every call shares."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from copy import copy
from types import TracebackType
from typing import Self

import anyio

from .._arguments import check_duration
from .._rpc._bound import BoundTransport
from .._rpc._call_metadata import APIKey
from .._rpc._service import DEFAULT_MAX_DECODED_BYTES, WorkflowService
from .._rpc._target import DEFAULT_MAX_RECEIVE_BYTES, HttpConnectProxy, KeepAlive
from .._rpc._transport import Transport
from .._time import Seconds, to_seconds
from ..common import HeaderCodecBehavior, default_identity
from ..config import ConnectConfig, TLSConfig
from ..converter import DataConverter
from ._async_completion import AsyncCompletion
from ._connect import TransportName, check_arguments, load_config, transport_to
from ._interceptor import Interceptor, OutboundInterceptor
from ._payload_limits import PayloadLimitsConfig, SizeWarnings
from ._root_outbound import RootOutbound
from ._shared_polls import SharedPolls
from ._waiting import wait_budget, wait_until_serving
from .activities._class_methods import ActivityMethods
from .activities._client_methods import Activities

__all__ = ["Client"]

_KEEP_ALIVE = KeepAlive()
_PAYLOAD_LIMITS = PayloadLimitsConfig()


class Client(Activities, ActivityMethods, AsyncCompletion):
    """A connected client of one namespace; any number of workers can share it.

    Get one with :meth:`connect`. It belongs to the process and the event loop that first use it, and is closed by
    leaving its ``async with`` block, or by :meth:`close`.

    Args:
        service: Makes the calls; its transport is closed with the client.
        identity: Names this client to the server; by default ``pid@host``.
        data_converter: Converts values to payloads and back.
        interceptors: Wrap the calls; the first is the outermost.
        header_codec_behavior: Whether the codec is applied to headers.
        payload_limits: From which sizes on the client and its workers warn of what they send.

    Raises:
        TypeError: *data_converter*, an interceptor, *header_codec_behavior* or *payload_limits* is of another type.
    """

    __slots__ = (
        "__weakref__",
        "_api_key",
        "_header_codec_behavior",
        "_identity",
        "_interceptors",
        "_outbound",
        "_payload_limits",
        "_polls",
        "_rpc_metadata",
        "_rpc_timeout",
        "_server",
        "_service",
        "_size_warnings",
        "_workers",
        "data_converter",
    )

    def __init__(
        self,
        service: WorkflowService,
        *,
        identity: str | None = None,
        data_converter: DataConverter = DataConverter.default,
        interceptors: Iterable[Interceptor] = (),
        header_codec_behavior: HeaderCodecBehavior = HeaderCodecBehavior.NO_CODEC,
        payload_limits: PayloadLimitsConfig = _PAYLOAD_LIMITS,
    ) -> None:
        self._service = service
        self._polls = SharedPolls(service)
        # Address and TLS, for logs.
        self._server: str | None = None
        # What the workers on this client share, which is theirs to keep.
        self._workers: object | None = None
        self._api_key: APIKey | None = None
        self._rpc_metadata: Mapping[str, str | bytes] = {}
        # Seconds, of a call that has no limit of its own.
        self._rpc_timeout: float | None = None
        self._identity = identity or default_identity()
        self._interceptors = tuple(interceptors)
        if not isinstance(data_converter, DataConverter):
            raise TypeError(f"data_converter must be a DataConverter instance, got {data_converter!r}")
        for interceptor in self._interceptors:
            if not isinstance(interceptor, Interceptor):
                raise TypeError(
                    f"interceptors must be instances of asyncworker.client.Interceptor, got {interceptor!r}"
                )
        if not isinstance(header_codec_behavior, HeaderCodecBehavior):
            raise TypeError(f"header_codec_behavior must be a HeaderCodecBehavior, got {header_codec_behavior!r}")
        self.data_converter: DataConverter = data_converter
        self._header_codec_behavior = header_codec_behavior
        if not isinstance(payload_limits, PayloadLimitsConfig):
            raise TypeError(f"payload_limits must be a PayloadLimitsConfig, got {payload_limits!r}")
        self._payload_limits = payload_limits
        self._size_warnings = SizeWarnings(payload_limits)
        self._outbound: OutboundInterceptor = self._intercepted()

    def _intercepted(self) -> OutboundInterceptor:
        outbound: OutboundInterceptor = RootOutbound(self)
        for interceptor in reversed(self._interceptors):
            outbound = interceptor.intercept_client(outbound)
        return outbound

    def __repr__(self) -> str:
        return f"<Client namespace={self.namespace!r} identity={self._identity!r} over {self._service.transport!r}>"

    @classmethod
    async def connect(
        cls,
        target_host: str | None = None,
        *,
        # Where to, as whom
        namespace: str | None = None,
        api_key: APIKey | None = None,
        tls: bool | TLSConfig | None = None,
        rpc_metadata: Mapping[str, str | bytes] | None = None,
        identity: str | None = None,
        # What goes along
        data_converter: DataConverter = DataConverter.default,
        interceptors: Iterable[Interceptor] = (),
        header_codec_behavior: HeaderCodecBehavior = HeaderCodecBehavior.NO_CODEC,
        payload_limits: PayloadLimitsConfig = _PAYLOAD_LIMITS,
        # How
        lazy: bool = False,
        connect_timeout: Seconds | None = None,
        profile: str | None = None,
        config_file: str | os.PathLike[str] | None = None,
        keep_alive: KeepAlive | None = _KEEP_ALIVE,
        http_connect_proxy: HttpConnectProxy | None = None,
        connections: int = 1,
        max_receive_bytes: int = DEFAULT_MAX_RECEIVE_BYTES,
        max_decoded_bytes: int = DEFAULT_MAX_DECODED_BYTES,
        transport: TransportName | Transport = "default",
    ) -> Self:
        """Connect to a Temporal server.

        Settings that are not given are read from ``TEMPORAL_*`` variables, then from a profile of ``temporal.toml``.
        The defaults are ``localhost:7233``, namespace ``default``, without TLS.

        Args:
            target_host: ``host:port``.
            namespace: The namespace to work in.
            api_key: Sent as a bearer token, and turns TLS on unless *tls* is ``False``. A function, which may be async,
                is called before each try of a call and should return from memory most of the time.
            tls: Whether to use TLS, or how.
            rpc_metadata: Sent with every call, besides the metadata of the other sources.
            identity: Names this client to the server, and in the UI. By default ``pid@host``.
            data_converter: Converts values to payloads and back.
            interceptors: Wrap the calls; the first is the outermost.
            header_codec_behavior: Whether this client and its workers apply the codec to headers: none by default, as
                other programs may read them. What is not encoded is read all the same.
            payload_limits: From which sizes on this client and its workers warn of what they send: 512 KiB by default.
            lazy: Do not connect before the first call.
            connect_timeout: Seconds, or a timedelta, to wait for a server that may still be starting. It is tried again
                and again until then. Default: 10 s, and in a factory of ``asyncworker run`` what
                ``--wait-for-server`` says.
            profile: Which profile of the configuration file to read.
            config_file: Which configuration file to read.
            keep_alive: When to send a PING to a silent server; ``None`` for never.
            http_connect_proxy: An HTTP proxy to tunnel through.
            connections: How many connections calls, and so a worker's polls, are spread over. More than one is for a
                server behind a balancer of connections; the ``"default"`` transport has it.
            max_receive_bytes: Bytes of one response, as it comes and once it is decompressed; a longer one fails with
                ``RESOURCE_EXHAUSTED``. A transport of your own has limits of its own.
            max_decoded_bytes: Bytes of memory, about, that one decoded response may take; an empty payload has two
                bytes on the wire and 250 in memory.
            transport: ``"grpclib"`` for the transport on that library, or a transport of your own.

        Raises:
            ConfigurationError: A setting is wrong; the message names it and where it was set.
            RPCError: The server refused, or did not respond in time; the message has the address and a likely cause.
            TypeError: An argument is of the wrong type.
            ValueError: An argument is out of its range.

        Cancelling is safe and leaves no connection behind.
        """
        check_arguments(
            target_host=target_host,
            namespace=namespace,
            api_key=api_key,
            tls=tls,
            identity=identity,
            lazy=lazy,
            connect_timeout=connect_timeout,
            keep_alive=keep_alive,
            http_connect_proxy=http_connect_proxy,
        )
        extra = rpc_metadata or {}
        config = await load_config(
            profile,
            config_file,
            address=target_host,
            namespace=namespace,
            api_key=api_key,
            tls=tls,
            rpc_metadata=extra,
        )
        opened = transport_to(
            config,
            transport,
            keep_alive=keep_alive,
            http_connect_proxy=http_connect_proxy,
            connections=connections,
            max_receive_bytes=max_receive_bytes,
        )
        client = cls(
            WorkflowService(BoundTransport(opened), namespace=config.namespace, max_decoded_bytes=max_decoded_bytes),
            identity=identity,
            data_converter=data_converter,
            interceptors=interceptors,
            header_codec_behavior=header_codec_behavior,
            payload_limits=payload_limits,
        )
        client._server = f"{config.address} ({'no ' if config.tls is None else ''}TLS)"
        client.api_key = api_key if callable(api_key) else config.api_key
        client.rpc_metadata = {**config.rpc_metadata, **{k: v for k, v in extra.items() if isinstance(v, bytes)}}
        if not lazy:
            await client._wait_until_serving(config, wait_budget(connect_timeout))
        return client

    async def _wait_until_serving(self, config: ConnectConfig, budget: float) -> None:
        """Wait for the server as :func:`.wait_until_serving` does; leave no connection behind if it does not answer."""
        try:
            await wait_until_serving(self.service, config.address, tls=config.tls, budget=budget)
        except BaseException:
            with anyio.CancelScope(shield=True):
                await self.close()
            raise

    def with_rpc_timeout(self, rpc_timeout: Seconds) -> Self:
        """Return this client with a limit for each call that has no ``rpc_timeout`` of its own, retries included.

        They share the connections: closing one closes the other. A wait for a result, or for a change, still takes as
        long as it takes, but fails when the server has been out of reach for that long.

        Args:
            rpc_timeout: Seconds, or a timedelta.

        Raises:
            TypeError: It is no duration.
            ValueError: It is not above zero.
        """
        bounded = copy(self)
        bounded._rpc_timeout = to_seconds(check_duration("rpc_timeout", rpc_timeout))
        bounded._outbound = bounded._intercepted()
        return bounded

    async def close(self) -> None:
        """Wait for the calls under way, then close the connections. Closing again does nothing.

        Every new call raises :exc:`.ClientClosedError`, which is a :exc:`RuntimeError`, and so does one that was to be
        tried again. Cancelling closes the connections at once.
        """
        try:
            await self._service.close()
        finally:
            await self._polls.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.close()

    # Settings

    @property
    def namespace(self) -> str:
        """The client's namespace."""
        return self._service.namespace

    @property
    def identity(self) -> str:
        """The name of this client that the server and the UI show."""
        return self._identity

    @property
    def service(self) -> WorkflowService:
        """The service that makes the calls, for the workers that share this client."""
        return self._service

    @property
    def interceptors(self) -> tuple[Interceptor, ...]:
        """The interceptors of the calls; the first is the outermost."""
        return self._interceptors

    @property
    def header_codec_behavior(self) -> HeaderCodecBehavior:
        """Whether this client and its workers apply the codec to headers."""
        return self._header_codec_behavior

    @property
    def payload_limits(self) -> PayloadLimitsConfig:
        """From which sizes on this client and its workers warn of what they send."""
        return self._payload_limits

    # Settings that can be replaced at any time

    @property
    def api_key(self) -> APIKey | None:
        """The API key, or the function that returns it; setting it affects every try of a call from then on."""
        return self._api_key

    @api_key.setter
    def api_key(self, api_key: APIKey | None) -> None:
        self._service.replace_api_key(api_key)
        self._api_key = api_key

    @property
    def rpc_metadata(self) -> Mapping[str, str | bytes]:
        """The metadata of every call; setting it affects calls from then on."""
        return self._rpc_metadata

    @rpc_metadata.setter
    def rpc_metadata(self, metadata: Mapping[str, str | bytes]) -> None:
        self._service.replace_metadata(metadata)
        self._rpc_metadata = dict(metadata)
