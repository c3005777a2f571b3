"""A codec server for UI, CLI and workers, over real HTTP."""

from __future__ import annotations

import base64
import json
import signal
import sys
from collections.abc import AsyncIterator

import anyio
import httpx
import pytest
import uvicorn
from asgi_server import serve
from free_ports import free_port
from selenium.webdriver.common.by import By
from selenium.webdriver.support.wait import WebDriverWait

from asyncworker import Client, Worker, activity
from asyncworker.contrib.codec_server import codec_server
from asyncworker.converter import (
    ActivitySerializationContext,
    CompressionCodec,
    DataConverter,
    EncryptionCodec,
    ExternalStorage,
    FileStorageDriver,
    Payload,
    PayloadCodec,
    RemoteCodec,
    SerializationContext,
)
from asyncworker.converter.codecs import _remote
from asyncworker.converter.codecs._payload_json import payloads_to_json
from asyncworker.exceptions import CodecError, ConfigurationError
from asyncworker.testing import DevServer, FakeTemporal
from asyncworker.testing._dev_server import find_temporal

KEYS = {"a": b"a" * 32, "b": b"b" * 32}
CODEC = EncryptionCodec(KEYS, lambda context: context.namespace if context and context.namespace in KEYS else "a")  # type: ignore[attr-defined]
HELLO = Payload(metadata={"encoding": b"json/plain"}, data=b'"hello"')
ORIGIN = "http://localhost:8233"
# Of a request whose body has so many bytes.
HEAD = b"POST /decode HTTP/1.1\r\nHost: localhost\r\nContent-Length: %d\r\n\r\n"


@pytest.fixture
async def http() -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient() as client:
        yield client


class Failing(PayloadCodec):
    """Raises what has the payload in it."""

    async def encode(self, payloads):
        raise ValueError(f"s3cret: {payloads}")

    async def decode(self, payloads):
        raise ValueError(f"s3cret: {payloads}")


class Counting(PayloadCodec):
    """Answers with another number of payloads."""

    async def encode(self, payloads):
        return [*payloads, HELLO]

    async def decode(self, payloads):
        return []


def storing(folder, **parts) -> DataConverter:
    """A data converter that keeps payloads of 1 kB and more in files."""
    storage = ExternalStorage([FileStorageDriver(folder)], payload_size_threshold=1000)
    return DataConverter(external_storage=storage, **parts)


async def connected(url: str) -> anyio.abc.SocketStream:
    host, _, port = url.removeprefix("http://").partition(":")
    return await anyio.connect_tcp(host, int(port))


def as_json(payloads) -> dict:
    return json.loads(payloads_to_json(payloads))


# The server


async def test_ui_gets_decrypted_payloads(http):
    """The requests that Temporal's UI sends: a preflight from its origin, and the payloads with its namespace."""
    [encrypted] = await CODEC.encode([HELLO])
    metadata = {"encoding": "YmluYXJ5L2VuY3J5cHRlZA==", "encryption-key-id": "YQ=="}
    body = {"payloads": [{"metadata": metadata, "data": base64.b64encode(encrypted.data).decode()}]}
    async with serve(codec_server(CODEC)) as url:
        preflight = await http.options(
            f"{url}/decode?preserveStorageRefs=true",
            headers={
                "Origin": ORIGIN,
                "Access-Control-Request-Method": "POST",
                "Access-Control-Request-Headers": "content-type,x-namespace",
            },
        )
        answer = await http.post(
            f"{url}/decode?preserveStorageRefs=true", json=body, headers={"Origin": ORIGIN, "X-Namespace": "default"}
        )

    assert preflight.status_code == 200
    assert preflight.headers["access-control-allow-origin"] == ORIGIN
    assert answer.headers["access-control-allow-origin"] == ORIGIN
    assert answer.json() == {"payloads": [{"metadata": {"encoding": "anNvbi9wbGFpbg=="}, "data": "ImhlbGxvIg=="}]}


async def test_namespace_of_path_or_header_chooses_the_key(http):
    """A codec that takes a serialization context is bound to the namespace that asks."""
    async with serve(codec_server(CODEC)) as url:
        by_path = await http.post(f"{url}/b/encode", json={"payloads": [{}]})
        by_header = await http.post(f"{url}/encode", json={"payloads": [{}]}, headers={"X-Namespace": "b"})
        by_neither = await http.post(f"{url}/encode", json={"payloads": [{}]})

    keys = [
        answer.json()["payloads"][0]["metadata"]["encryption-key-id"] for answer in (by_path, by_header, by_neither)
    ]
    assert keys == ["Yg==", "Yg==", "YQ=="]


async def test_other_origins_and_hosts_get_nothing(http):
    """A page of another site is not told by CORS that it may read, and a name that resolves here is not served."""
    async with serve(codec_server(CODEC)) as url:
        elsewhere = await http.options(
            f"{url}/decode", headers={"Origin": "https://evil.example", "Access-Control-Request-Method": "POST"}
        )
        rebound = await http.post(f"{url}/decode", json={}, headers={"Host": "evil.example"})

    assert elsewhere.status_code == 400
    assert "access-control-allow-origin" not in elsewhere.headers
    assert rebound.status_code == 400


async def test_request_of_a_foreign_page_is_refused_before_the_codec_is_asked(http):
    """Its browser would only keep the answer from it; programs without an origin, and the UI's pages, are served."""
    asked = []

    class Recording(Failing):
        async def decode(self, payloads):
            asked.append(payloads)
            return list(payloads)

    async with serve(codec_server(Recording())) as url:
        statuses = [
            (await http.post(f"{url}/decode", json={"payloads": [{}]}, headers=headers)).status_code
            for headers in ({"Origin": "https://evil.example"}, {"Origin": "null"}, {"Origin": ORIGIN}, {})
        ]

    assert statuses == [403, 403, 200, 200]
    assert len(asked) == 2


async def test_request_that_announces_too_large_a_body_is_answered_without_it(http):
    """The connection is not held until the time for the request is over."""
    async with serve(codec_server(CODEC, timeout=60)) as url, await connected(url) as stream:
        await stream.send(HEAD % 10**12)
        with anyio.fail_after(20):
            answer = await stream.receive()

    assert answer.startswith(b"HTTP/1.1 413 ")


async def test_request_whose_body_does_not_come_is_answered_with_408(http):
    """Well before the time for the request is over."""
    async with serve(codec_server(CODEC, timeout=60, body_timeout=0.05)) as url, await connected(url) as stream:
        await stream.send(HEAD % 1000)
        with anyio.fail_after(20):
            answer = await stream.receive()

    assert answer.startswith(b"HTTP/1.1 408 ")


async def test_request_that_is_not_authorized_is_refused(http):
    """The hook sees the request and the namespace; where it fails, no one is let in."""
    seen = []

    async def authorize(request, namespace):
        seen.append(namespace)
        if namespace == "broken":
            raise RuntimeError("no directory")
        return request.headers.get("authorization") == "Bearer good"

    async with serve(codec_server(CODEC, authorize=authorize)) as url:
        statuses = [
            (await http.post(f"{url}{path}", json={}, headers=headers)).status_code
            for path, headers in (
                ("/decode", {"Authorization": "Bearer good"}),
                ("/x/decode", {"Authorization": "Bearer bad"}),
                ("/x/encode", {}),
                ("/broken/decode", {"Authorization": "Bearer good"}),
            )
        ]

    assert statuses == [200, 403, 403, 500]
    assert seen == [None, "x", "x", "broken"]


async def test_bad_requests_are_refused(http):
    """What is too large, no JSON, no method or no path of the server, and what the codec cannot decode."""
    undecodable = {"payloads": [{"metadata": {"encoding": "YmluYXJ5L2VuY3J5cHRlZA==", "encryption-key-id": "Yw=="}}]}
    async with serve(codec_server(CODEC, max_body_bytes=1000)) as url:
        large = await http.post(f"{url}/decode", content=b"x" * 1001)
        no_json = await http.post(f"{url}/decode", content=b"x")
        get = await http.get(f"{url}/decode")
        path = await http.post(f"{url}/else", json={})
        foreign = await http.post(f"{url}/decode", json=undecodable)

    assert [each.status_code for each in (large, no_json, get, path, foreign)] == [413, 400, 405, 404, 400]
    assert foreign.text == "the payload is encrypted with key 'c', which this codec does not have"


async def test_error_of_a_codec_is_named_by_its_type_only(http, caplog):
    """Its text may have something of a payload: it is neither in the answer nor in the log."""
    async with serve(codec_server(Failing())) as url:
        answer = await http.post(f"{url}/decode", json={"payloads": [{}]})

    assert (answer.status_code, answer.text) == (400, "the codec raised ValueError")
    assert "ValueError" in caplog.text
    assert "s3cret" not in caplog.text


async def test_codec_that_takes_too_long_is_answered_with_503(http):
    """The browser gets an answer; the codec is cancelled."""
    cancelled = anyio.Event()

    class Hanging(Failing):
        async def decode(self, payloads):
            try:
                await anyio.sleep_forever()
            finally:
                cancelled.set()

    async with serve(codec_server(Hanging(), timeout=0.05)) as url:
        answer = await http.post(f"{url}/decode", json={"payloads": [{}]})

    assert answer.status_code == 503
    assert cancelled.is_set()


async def test_what_is_stored_elsewhere_is_retrieved_on_request(http, tmp_path):
    """The UI asks for references first, and for one payload when it is clicked; the CLI gets all of them at once."""
    converter = storing(tmp_path, payload_codec=CODEC)
    large = Payload(metadata={"encoding": b"json/plain"}, data=b'"' + b"x" * 2000 + b'"')
    async with serve(codec_server(converter)) as url:
        encoded = (await http.post(f"{url}/encode", json=as_json([large, HELLO]))).json()
        of_ui = (await http.post(f"{url}/decode?preserveStorageRefs=true", json=encoded)).json()
        of_cli = (await http.post(f"{url}/decode", json=encoded)).json()
        reference = {"payloads": encoded["payloads"][:1]}
        downloaded = (await http.post(f"{url}/download?preserveStorageRefs=true", json=reference)).json()
        below = (await http.post(f"{url}/default/download", json=reference)).json()
        refused = await http.post(f"{url}/download", json=encoded)

    assert "externalPayloads" in encoded["payloads"][0]
    assert of_ui["payloads"] == [encoded["payloads"][0], *as_json([HELLO])["payloads"]]
    assert of_cli == as_json([large, HELLO])
    assert downloaded == below == as_json([large])
    assert (refused.status_code, refused.text) == (400, "all payloads must be references to external storage")


async def test_download_is_bounded_and_reads_only_what_the_drivers_have(http, tmp_path):
    """However many references fit into a request; one of another driver, and one whose file is lost, are named."""
    converter = storing(tmp_path)
    [reference] = await converter.encode(["x" * 2000])
    [foreign] = await DataConverter(
        external_storage=ExternalStorage([FileStorageDriver(tmp_path, "theirs")], payload_size_threshold=0)
    ).encode([1])
    async with serve(codec_server(converter, max_download_bytes=5000)) as url:
        two = await http.post(f"{url}/download", json=as_json([reference] * 2))
        three = await http.post(f"{url}/download", json=as_json([reference] * 3))
        of_others = await http.post(f"{url}/download", json=as_json([foreign]))
        for path in tmp_path.rglob("*"):
            if path.is_file():
                path.unlink()
        lost = await http.post(f"{url}/download", json=as_json([reference]))

    assert two.status_code == 200
    assert (three.status_code, three.text) == (413, "more than 5000 bytes in external storage")
    assert (of_others.status_code, "'theirs'" in of_others.text) == (400, True)
    assert (lost.status_code, "has no payload" in lost.text) == (502, True)


async def test_server_without_a_storage_returns_references_and_has_no_download(http, tmp_path):
    [reference] = await storing(tmp_path).encode(["x" * 2000])
    async with serve(codec_server(CODEC)) as url:
        decoded = await http.post(f"{url}/decode", json=as_json([reference]))
        downloaded = await http.post(f"{url}/download", json=as_json([reference]))

    assert decoded.json() == as_json([reference])
    assert downloaded.status_code == 404


async def test_references_among_payloads_that_a_codec_recounts_are_refused(http, tmp_path):
    """Where each belongs cannot be known."""
    [reference] = await storing(tmp_path).encode(["x" * 2000])
    async with serve(codec_server(storing(tmp_path, payload_codec=Counting()))) as url:
        answer = await http.post(f"{url}/decode?preserveStorageRefs=true", json=as_json([HELLO, reference]))

    assert answer.status_code == 400


@pytest.mark.parametrize(
    ("codec", "options", "message"),
    [
        (DataConverter.default, {}, "has no payload_codec"),
        (CompressionCodec, {}, "must be an instance, got the class CompressionCodec"),
        ("codec", {}, "PayloadCodec"),
        (CODEC, {"allowed_origins": ["*"]}, "must name each origin"),
        (CODEC, {"timeout": 0}, "timeout must be positive"),
        (CODEC, {"body_timeout": -1}, "body_timeout must be positive"),
        (CODEC, {"max_body_bytes": -1}, "max_body_bytes must be positive"),
        (CODEC, {"max_download_bytes": 0}, "max_download_bytes must be positive"),
    ],
)
def test_what_cannot_be_served_is_refused(codec, options, message):
    """At once, by its name."""
    with pytest.raises((TypeError, ValueError), match=message):
        codec_server(codec, **options)


# The remote codec


async def test_worker_and_client_encode_at_a_codec_server():
    """Arguments and results are encrypted by the server; neither side has a key."""

    @activity.defn
    async def greet(name: str) -> str:
        return f"hello {name}"

    async with (
        serve(codec_server(CODEC)) as url,
        RemoteCodec(url) as codec,
        FakeTemporal(capabilities={"worker_poll_complete_on_shutdown": True}) as temporal,
    ):
        converter = DataConverter(payload_codec=codec)
        client = temporal.client(data_converter=converter)
        async with Worker(client, task_queue="remote", activities=[greet]):
            handle = await client.start_activity(
                greet, "you", id="remote", task_queue="remote", start_to_close_timeout=10
            )
            assert await handle.result() == "hello you"
        [started] = temporal.requests("StartActivityExecution")
        [completed] = temporal.requests("RespondActivityTaskCompleted")
        for sent in (started.input, completed.result):
            assert [payload.metadata["encoding"] for payload in sent.payloads] == [b"binary/encrypted"]


async def test_remote_codec_names_the_namespace_of_its_context():
    """The header ``X-Namespace`` is that of the activity, and its own setting where there is no context."""
    async with serve(codec_server(CODEC)) as url, RemoteCodec(url, namespace="a") as codec:
        [own] = await codec.encode([HELLO])
        [of_context] = await codec.with_context(ActivitySerializationContext(namespace="b")).encode([HELLO])

        assert own.metadata["encryption-key-id"] == b"a"
        assert of_context.metadata["encryption-key-id"] == b"b"
        assert await codec.decode([own, of_context]) == [HELLO, HELLO]


async def test_namespace_can_be_part_of_the_endpoint():
    """As Temporal's CLI and Cloud have it in templates."""
    async with serve(codec_server(CODEC)) as url, RemoteCodec(f"{url}/{{namespace}}/", namespace="b") as codec:
        [encrypted] = await codec.encode([HELLO])

    assert encrypted.metadata["encryption-key-id"] == b"b"


async def test_headers_are_sent_with_each_request():
    """Given as a mapping, or by a function that may await."""
    seen = []

    def authorize(request, namespace):
        seen.append(request.headers.get("authorization"))
        return True

    async def headers():
        return {"Authorization": f"Bearer {len(seen)}"}

    async with serve(codec_server(CODEC, authorize=authorize)) as url:
        async with RemoteCodec(url, headers=headers) as codec:
            await codec.encode([HELLO])
            await codec.encode([HELLO])
        async with RemoteCodec(url, headers={"Authorization": "fixed"}) as codec:
            await codec.encode([HELLO])

    assert seen == ["Bearer 0", "Bearer 1", "fixed"]


async def test_server_that_comes_back_is_asked_again(free_tcp_port):
    """A refused connection is repeated within ``retry_for``."""
    codec = RemoteCodec(f"http://127.0.0.1:{free_tcp_port}")
    config = uvicorn.Config(codec_server(CODEC), host="127.0.0.1", port=free_tcp_port, log_level="warning")
    server = uvicorn.Server(config)
    server.capture_signals = lambda: memoryview(b"")  # type: ignore[assignment,return-value]
    async with codec, anyio.create_task_group() as group:

        async def later() -> None:
            await anyio.sleep(0.3)
            await server.serve()

        group.start_soon(later)
        with anyio.fail_after(20):
            [encrypted] = await codec.encode([HELLO])
        server.should_exit = True

    assert encrypted.metadata["encoding"] == b"binary/encrypted"


async def test_server_that_is_away_is_a_retryable_error(free_tcp_port):
    """With the endpoint's name, after the time given."""
    async with RemoteCodec(f"http://127.0.0.1:{free_tcp_port}", retry_for=0) as codec:
        with pytest.raises(CodecError, match=rf"the codec server http://127.0.0.1:{free_tcp_port}/encode could not be"):
            await codec.encode([HELLO])


@pytest.mark.parametrize(
    ("codec", "options", "message"),
    [
        (Failing(), {}, "answered 400 Bad Request$"),
        (Counting(), {}, "answered 1 payloads with 2$"),
        (CODEC, {"max_response_bytes": 10}, "answered with more than 10 bytes$"),
    ],
)
async def test_answer_that_is_of_no_use_is_a_retryable_error(codec, options, message):
    """Nothing of the answer's text is in it."""
    async with serve(codec_server(codec)) as url, RemoteCodec(url, **options) as remote:
        with pytest.raises(CodecError, match=message) as caught:
            await remote.encode([HELLO])
    assert "s3cret" not in str(caught.value)


async def test_answer_that_is_no_payloads_is_a_retryable_error():
    """A page of a proxy's, say, with the status of success; nothing of it is in the error."""

    async def page(scope, receive, send):
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"<html>s3cret</html>"})

    async with serve(page) as url, RemoteCodec(url, retry_for=0) as remote:
        with pytest.raises(CodecError, match="answered with no payloads") as caught:
            await remote.encode([HELLO])
    assert "s3cret" not in str(caught.value)


async def test_given_http_client_is_used_and_stays_open():
    """A client of the user's has proxies and certificates of its own, and is the user's to close."""
    async with serve(codec_server(CODEC)) as url, httpx.AsyncClient(headers={"X-Mine": "1"}) as mine:
        async with RemoteCodec(url, client=mine) as codec:
            [encrypted] = await codec.encode([HELLO])

        assert encrypted.metadata["encoding"] == b"binary/encrypted"
        assert not mine.is_closed


def test_remote_codec_without_its_package_names_the_extra(monkeypatch):
    """What to install is said when the codec is made, and not when the first payload comes."""
    monkeypatch.setattr(_remote, "find_spec", {"httpx": None}.get)
    with pytest.raises(ConfigurationError, match=r'pip install "temporal-asyncworker\[remote-codec\]"'):
        RemoteCodec("https://codec.example")


def test_context_without_a_namespace_leaves_a_remote_codec_as_it_is():
    """A context of a kind that is not known here says nothing of a namespace."""

    class OtherContext(SerializationContext):
        pass

    codec = RemoteCodec("http://localhost:8081", namespace="a")
    assert codec.with_context(OtherContext()) is codec


async def test_slow_server_is_a_retryable_error():
    """One request has a time limit of its own."""

    class Hanging(Failing):
        async def encode(self, payloads):
            await anyio.sleep_forever()

    async with serve(codec_server(Hanging(), timeout=1)) as url, RemoteCodec(url, timeout=0.05, retry_for=0) as remote:
        with pytest.raises(CodecError, match=r"did not answer within 0\.05 s"):
            await remote.encode([HELLO])


@pytest.mark.parametrize(
    ("endpoint", "message"),
    [
        ("codec.example", "must be the URL of a codec server"),
        ("ftp://codec.example", "must be the URL of a codec server"),
        ("http://codec.example", "must be https"),
        ("http://10.0.0.1", "must be https"),
        ("https://me:s3cret@codec.example", "must have no user and password"),
        ("https://codec.example?x=1", "must have no query"),
    ],
)
def test_endpoint_that_is_not_safe_is_refused(endpoint, message):
    """Payloads do not leave the machine in the clear."""
    with pytest.raises(ValueError, match=message) as caught:
        RemoteCodec(endpoint)
    assert "s3cret" not in str(caught.value)


@pytest.mark.parametrize("options", [{"timeout": 0}, {"retry_for": -1}, {"max_response_bytes": 0}])
def test_number_out_of_range_is_refused(options):
    """The parameter is named."""
    with pytest.raises(ValueError, match=next(iter(options))):
        RemoteCodec("https://codec.example", **options)


# Temporal's UI and CLI


@pytest.mark.server
@pytest.mark.browser
async def test_ui_shows_decrypted_values(browser):
    """The dev server's own UI, in a real browser, has the value on the page of an encrypted activity."""
    async with (
        serve(codec_server(CODEC, allowed_origins=[f"http://127.0.0.1:{(port := free_port())}"])) as url,
        DevServer(ui=True, ui_port=port, extra_args=["--ui-codec-endpoint", url]) as server,
        await Client.connect(server.target, data_converter=DataConverter(payload_codec=CODEC)) as client,
    ):
        handle = await client.start_activity(
            "hide", "xyzzy-plugh", id="hidden", task_queue="hidden", start_to_close_timeout=60
        )
        page = f"{server.ui_url}/namespaces/default/activities/{handle.id}/{handle.run_id}/details"
        await anyio.to_thread.run_sync(_wait_for_text, browser, page, "xyzzy-plugh")


@pytest.mark.server
@pytest.mark.browser
async def test_ui_downloads_what_is_stored_elsewhere(browser, tmp_path):
    """Its button for a reference, in a real browser, saves the decrypted value."""
    converter = storing(tmp_path / "stored", payload_codec=CODEC)
    secret = "xyzzy-plugh" * 50_000
    (tmp_path / "saved").mkdir()
    await anyio.to_thread.run_sync(
        browser.execute_cdp_cmd,
        "Browser.setDownloadBehavior",
        {"behavior": "allow", "downloadPath": str(tmp_path / "saved")},
    )
    async with (
        serve(codec_server(converter, allowed_origins=[f"http://127.0.0.1:{(port := free_port())}"])) as url,
        DevServer(ui=True, ui_port=port, extra_args=["--ui-codec-endpoint", url]) as server,
        await Client.connect(server.target, data_converter=converter) as client,
    ):
        handle = await client.start_activity(
            "hide", secret, id="hidden", task_queue="hidden", start_to_close_timeout=60
        )
        page = f"{server.ui_url}/namespaces/default/activities/{handle.id}/{handle.run_id}/details"
        await anyio.to_thread.run_sync(_click_download, browser, page)
        with anyio.fail_after(30):
            while not (saved := list((tmp_path / "saved").glob("[!.]*.json"))):  # noqa: ASYNC110 - of another process
                await anyio.sleep(0.05)

    assert secret in saved[0].read_text()


@pytest.mark.server
async def test_cli_shows_decrypted_values(dev_server, task_queue):
    """``temporal … --codec-endpoint`` prints what is encrypted on the server."""
    converter = DataConverter(payload_codec=CODEC)
    async with (
        serve(codec_server(CODEC)) as url,
        await Client.connect(dev_server.target, data_converter=converter) as client,
    ):
        handle = await client.start_activity(
            "hide", "xyzzy-plugh", id=task_queue, task_queue=task_queue, start_to_close_timeout=60
        )
        command = [find_temporal(), "activity", "describe", "--address", dev_server.target, "--activity-id", handle.id]
        plain = await anyio.run_process([*command, "--output", "json"])
        decoded = await anyio.run_process([*command, "--output", "json", "--codec-endpoint", url])
        await handle.terminate()

    assert b"xyzzy-plugh" not in plain.stdout
    assert json.loads(decoded.stdout)["input"] == ["xyzzy-plugh"]


def _click_download(browser, page: str) -> None:
    browser.get(page)
    # What it is labelled with is the size.
    button = WebDriverWait(browser, 30).until(
        lambda found: found.find_element(By.XPATH, "//button[contains(., ' KB') or contains(., ' MB')]")
    )
    browser.execute_script("arguments[0].click()", button)


def _wait_for_text(browser, page: str, text: str) -> None:
    browser.get(page)
    WebDriverWait(browser, 30).until(lambda found: text in found.find_element(By.TAG_NAME, "body").text)


@pytest.mark.process
async def test_command_serves_a_codec_of_a_module(http, free_tcp_port, tmp_path):
    """``asyncworker codec-server module:attribute`` listens on the loopback interface."""
    (tmp_path / "shop.py").write_text(
        "from asyncworker.converter import DataConverter, CompressionCodec\n"
        "converter = DataConverter(payload_codec=CompressionCodec(always=True))\n"
    )
    command = [sys.executable, "-m", "asyncworker", "codec-server", "shop:converter", "--app-dir", str(tmp_path)]
    async with await anyio.open_process([*command, "--port", str(free_tcp_port)]) as process:
        with anyio.fail_after(30):
            assert b"codec server: http://127.0.0.1:" in await process.stderr.receive()
            async with RemoteCodec(f"http://127.0.0.1:{free_tcp_port}") as codec:
                [compressed] = await codec.encode([HELLO])
        process.send_signal(signal.SIGINT)
        with anyio.fail_after(30):
            await process.wait()

    assert compressed.metadata == {"encoding": b"binary/zlib"}


@pytest.mark.process
@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["shop:nothing"], "module 'shop' has no 'nothing'; its data converters or codecs: codec"),
        (["shop:number"], "shop:number cannot be served: payload_codec must be a PayloadCodec"),
        (["shop:codec", "--allow-origin", "*"], "allowed_origins must name each origin"),
    ],
)
async def test_command_names_what_is_wrong(tmp_path, arguments, message):
    """In one line, with exit code 2."""
    (tmp_path / "shop.py").write_text(
        "from asyncworker.converter import CompressionCodec\ncodec = CompressionCodec()\nnumber = 1\n"
    )
    command = [sys.executable, "-m", "asyncworker", "codec-server", *arguments, "--app-dir", str(tmp_path)]
    result = await anyio.run_process(command, check=False)

    assert result.returncode == 2
    assert message in result.stderr.decode()
    assert "Traceback" not in result.stderr.decode()


@pytest.mark.server
async def test_exec_shows_what_the_codec_endpoint_decodes(dev_server, task_queue):
    """The worker encrypts its result with a key that the command has not; the arguments are sent as they are."""

    @activity.defn
    async def greet(name: str) -> str:
        return f"hello {name}"

    command = [sys.executable, "-m", "asyncworker", "exec", "greet", '"you"', "--task-queue", task_queue]
    command += ["--address", dev_server.target, "--codec-endpoint"]
    converter = DataConverter(payload_codec=CODEC)
    async with (
        serve(codec_server(CODEC)) as url,
        await Client.connect(dev_server.target, data_converter=converter) as client,
        Worker(client, task_queue=task_queue, activities=[greet]),
    ):
        done = await anyio.run_process([*command, url], check=False)
        refused = await anyio.run_process([*command, "http://codec.example"], check=False)

    assert json.loads(done.stdout) == "hello you"
    assert refused.returncode == 2
    assert b"--codec-endpoint (TEMPORAL_CODEC_ENDPOINT): endpoint must be https" in refused.stderr
