"""``asyncworker check``: what it finds, and that it takes no task."""

from __future__ import annotations

import asyncio
import json
import socket
import ssl
from datetime import UTC, datetime, timedelta

import pytest
import trustme

from asyncworker import Worker, activity
from asyncworker._proto.temporal.api.namespace.v1 import NamespaceInfoCapabilities
from asyncworker.cli.check._certificates import client_certificate_end, not_after, server_certificate_end
from asyncworker.cli.check._findings import capability_findings, expiry_finding, files_finding, worker_findings
from asyncworker.client import TLSConfig

NOW = datetime(2026, 11, 27, tzinfo=UTC)
ENDS = datetime(2027, 3, 4, 5, 6, 7, tzinfo=UTC)


@activity.defn
async def pack(items: int) -> None: ...


@activity.defn
async def bare(items, what: str) -> None: ...


class TestCommand:
    async def test_a_worker_that_would_work_is_fine_and_takes_no_task(self, command_on_fake, temporal, task_queue):
        """The exit code is 0, and the server was asked about itself and the namespace, and nothing else."""
        temporal.add_task("pack", task_queue=task_queue)

        done = await command_on_fake("check", "orders:worker")

        output = done.stdout.decode()
        assert done.returncode == 0, output + done.stderr.decode()
        assert "namespace 'default' is there" in output
        assert {call.method for call in temporal.calls} == {"GetSystemInfo", "DescribeNamespace"}

    async def test_a_module_that_cannot_be_imported_is_an_error(self, command):
        """The finding has the error's file and line, and the exit code is 1."""
        (command.directory / "broken.py").write_text("1 / 0")

        done = await command("check", "broken:worker", "--json")

        (finding,) = [each for each in json.loads(done.stdout)["findings"] if each["level"] == "error"]
        assert done.returncode == 1
        assert "ZeroDivisionError" in finding["message"]
        assert "broken.py, line 1" in finding["message"]
        assert finding["advice"]

    async def test_a_namespace_that_is_not_there_is_an_error(self, command_on_fake):
        """The finding names the namespace."""
        done = await command_on_fake("check", "orders:worker", "--namespace", "nowhere")

        assert done.returncode == 1
        assert "ERROR" in done.stdout.decode()
        assert "nowhere" in done.stdout.decode()

    async def test_a_server_that_is_not_there_is_an_error_with_advice(self, command):
        """The finding says what to look at."""
        with socket.create_server(("127.0.0.1", 0)) as reserved:
            port = reserved.getsockname()[1]

        done = await command("check", "orders:worker", "--address", f"127.0.0.1:{port}")

        assert done.returncode == 1
        assert "→ is the server there" in done.stdout.decode()

    @pytest.mark.parametrize(
        ("factory", "line"),
        [
            ("async def make():\n    await asyncio.sleep(600)\n", 4),
            ("async def make():\n    await asyncio.to_thread(time.sleep, 600)\n", 4),
            ("def make():\n    time.sleep(600)\n", 4),
            ("time.sleep(600)\n", 3),
        ],
        ids=["awaiting", "awaiting a thread", "blocking", "at import"],
    )
    async def test_a_factory_that_hangs_is_an_error_that_says_where(self, command, factory, line):
        """Whether it can be cancelled or not, and while the module is imported too."""
        (command.directory / "hanging.py").write_text(f"import asyncio\nimport time\n{factory}")

        done = await command("check", "hanging:make", "--factory", "--json", "--timeout", "500ms")

        error = json.loads(done.stdout)["findings"][-1]
        assert done.returncode == 1
        assert (error["level"], error["subject"]) == ("error", "hanging:make")
        place = f"{command.directory}/hanging.py, line {line}"
        assert error["message"].endswith(f"did not end within 0.5 s (--timeout): it is at {place}")

    async def test_what_a_factory_does_not_close_is_an_error(self, command_on_fake):
        """After everything else has been looked at."""
        (command_on_fake.directory / "broken.py").write_text(
            "import orders\nfrom contextlib import asynccontextmanager\n"
            "@asynccontextmanager\nasync def make():\n    yield orders.worker\n    {}['URL']\n"
        )

        done = await command_on_fake("check", "broken:make", "--factory", "--json")

        *others, last = json.loads(done.stdout)["findings"]
        assert done.returncode == 1
        assert "error" not in [each["level"] for each in others]
        assert last["message"] == f"KeyError: 'URL' ({command_on_fake.directory}/broken.py, line 6)"


class TestFindings:
    def test_a_parameter_without_a_type_hint_is_a_warning(self):
        """Its argument would arrive unchecked."""
        found = list(worker_findings(Worker(task_queue="q", activities=[pack, bare])))

        assert [(each.subject, each.message) for each in found if each.level == "warning"] == [
            ("activity bare", "no type hint for items")
        ]

    def test_a_shutdown_longer_than_kubernetes_waits_is_a_warning(self):
        """The advice has the number to set."""
        worker = Worker(task_queue="q", activities=[pack], graceful_shutdown_timeout=60, hard_shutdown_timeout=5)

        (warning,) = [each for each in worker_findings(worker) if each.level == "warning"]
        assert "terminationGracePeriodSeconds to 70" in warning.advice

    def test_what_a_namespace_lacks_is_a_note_with_its_consequence(self):
        """A namespace that has everything has no notes."""
        worker = Worker(task_queue="q", activities=[pack])
        everything = NamespaceInfoCapabilities(
            worker_commands=True,
            worker_heartbeats=True,
            worker_poll_complete_on_shutdown=True,
            standalone_activities=True,
        )

        assert list(capability_findings(everything, worker)) == []
        assert [each.level for each in capability_findings(NamespaceInfoCapabilities(), worker)] == ["note"] * 3

    def test_a_cancellation_that_only_heartbeats_bring_is_a_note(self):
        """The server pushes none, and the worker does not watch for any, as it does by default."""
        unwatched = Worker(task_queue="q", activities=[pack], cancellation_watch=None)
        rest = NamespaceInfoCapabilities(
            worker_heartbeats=True, worker_poll_complete_on_shutdown=True, standalone_activities=True
        )

        (note,) = capability_findings(rest, unwatched)
        assert "reply to its next heartbeat" in note.message
        assert list(capability_findings(rest, Worker(task_queue="q", activities=[pack]))) == []

    @pytest.mark.parametrize(("limit", "level"), [(256, "ok"), (128, "warning")])
    def test_fewer_files_than_activities_may_need_are_a_warning(self, limit, level):
        """Each slot may have one open, and the worker has some of its own."""
        workers = [Worker(task_queue=queue, activities=[pack], max_concurrent_activities=50) for queue in "ab"]

        found = files_finding(limit, workers)

        assert (found.level, found.message) == (level, f"up to {limit} at a time, for 100 slots")

    @pytest.mark.parametrize(("days", "level"), [(-1, "error"), (3, "warning"), (90, "ok")])
    def test_a_certificate_is_judged_by_the_days_that_it_is_still_valid(self, days, level):
        """One that has expired is an error, one that does so within a month a warning."""
        assert expiry_finding("certificate", NOW + timedelta(days=days), NOW).level == level


class TestCertificates:
    def test_the_end_of_a_certificate_is_read(self):
        """Both ways to write a time are read: with two digits of the year, and with four from 2050 on."""
        ends = [ENDS, ENDS.replace(year=2062)]
        issued = [trustme.CA().issue_cert("localhost", not_after=end) for end in ends]
        ders = [ssl.PEM_cert_to_DER_cert(each.cert_chain_pems[0].bytes().decode()) for each in issued]

        assert [not_after(der) for der in ders] == ends

    @pytest.mark.parametrize("der", [b"", b"\x30", b"no certificate", b"\x30\x03\x30\x01\x02"])
    def test_what_is_no_certificate_is_an_error(self, der):
        """Whatever the bytes are, the error is a ValueError."""
        with pytest.raises(ValueError):
            not_after(der)

    def test_the_end_of_the_clients_certificate_is_that_of_the_first(self, tmp_path):
        """It is read from a file, or from the text itself."""
        issued = trustme.CA().issue_cert("me", not_after=ENDS)
        pem, key = b"".join(each.bytes() for each in issued.cert_chain_pems), issued.private_key_pem.bytes()
        (tmp_path / "cert.pem").write_bytes(pem)

        for given in (pem, tmp_path / "cert.pem"):
            assert client_certificate_end(TLSConfig(client_cert=given, client_private_key=key)) == ENDS

    async def test_the_servers_certificate_is_read_from_its_connection(self):
        """The end of a real server's certificate is found."""
        authority = trustme.CA()
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        authority.issue_cert("localhost", not_after=ENDS).configure_cert(context)
        server = await asyncio.start_server(lambda _, writer: writer.close(), "127.0.0.1", 0, ssl=context)
        async with server:
            port = server.sockets[0].getsockname()[1]
            tls = TLSConfig(server_root_ca_cert=authority.cert_pem.bytes(), domain="localhost")

            assert await server_certificate_end(f"127.0.0.1:{port}", tls) == ENDS
