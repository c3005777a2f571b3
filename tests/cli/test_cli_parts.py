"""The parts of the command line that need neither a process nor a server."""

from __future__ import annotations

import asyncio
import io
import json
import logging
import math
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import typer
from rich.console import Console

from asyncworker import Worker, activity
from asyncworker.cli._duration import parse_duration
from asyncworker.cli._entrypoint import Entrypoint, find_entrypoint
from asyncworker.cli._logging import _JSONFormatter, _TextFormatter, configure_logging_from
from asyncworker.cli._plain import in_a_line, in_lines
from asyncworker.cli._reload import _kill
from asyncworker.cli.display._progress import Progress, progress_of, status_of
from asyncworker.cli.display._view import open_view, state_of
from asyncworker.cli.run._command import parse_wait
from asyncworker.cli.run._metrics import add_metrics
from asyncworker.client import ActivityExecutionStatus, PendingActivityState
from asyncworker.client._waiting import wait_budget, waiting_for_servers
from asyncworker.exceptions import ConfigurationError
from asyncworker.testing import _supervise

RUNNING = ActivityExecutionStatus.RUNNING


class TestDurations:
    @pytest.mark.parametrize(
        ("text", "seconds"),
        [
            ("90", 90),
            ("1.5", 1.5),
            ("1.5s", 1.5),
            ("500ms", 0.5),
            ("2m", 120),
            ("1h30m", 5400),
            ("1d", 86400),
            ("0", 0),
        ],
    )
    def test_duration_is_a_number_of_seconds_or_numbers_with_units(self, text, seconds):
        """A duration is a number of seconds, or numbers with units."""
        assert parse_duration(text) == seconds

    @pytest.mark.parametrize("text", ["", "soon", "5 s", "-1", "5x", "s", "1.s", "nan"])
    def test_any_other_text_is_refused_as_a_duration(self, text):
        """Anything else is refused."""
        with pytest.raises(typer.BadParameter, match="expected seconds, or a duration such as 500ms"):
            parse_duration(text)


class TestProgressOf:
    @pytest.mark.parametrize(
        ("details", "expected"),
        [
            ([3, 10], Progress(3, 10)),
            ([[3, 10]], Progress(3, 10)),
            (["3/10"], Progress(3, 10)),
            (["3 of 10"], Progress(3, 10)),
            (["30 %"], Progress(30, 100)),
            ([0.25], Progress(25, 100)),
            ([{"done": 3, "total": 10}], Progress(3, 10)),
            ([{"current": 3, "total": 10, "file": "x"}], Progress(3, 10)),
            ([0, 10], Progress(0, 10)),
        ],
        ids=str,
    )
    def test_progress_is_read_from_its_common_forms(self, details, expected):
        """The usual ways to write how much is done are understood."""
        assert progress_of(details) == expected

    @pytest.mark.parametrize(
        "details",
        [[], [3], [None], ["working"], [1, 2, 3], [12, 10], [3, 0], [True, True], [1.5], [{"total": 5}], ["12/10"]],
        ids=str,
    )
    def test_progress_is_not_read_from_what_is_no_part_of_a_total(self, details):
        """What is not a part of a whole is not taken for one."""
        assert progress_of(details) is None

    def test_status_is_one_line_of_at_most_80_characters(self):
        """Other details are shown as they are, in one line of bounded length."""
        assert status_of(["copying\nfiles", {"n": 1}]) == 'copying files, {"n": 1}'
        assert len(status_of(["x" * 200])) == 80


class TestLogging:
    def record(self, **extra):
        try:
            raise ValueError("why")
        except ValueError:
            record = logging.makeLogRecord({"name": "n", "levelname": "INFO", "msg": "did %s", "args": ("it",)})
            record.exc_info = sys.exc_info() if extra.pop("failed", False) else None
        vars(record).update(extra)
        return record

    def test_json_record_is_one_flat_object(self):
        """A record is one object with flat keys: its own, its extra's, its exception."""
        fields = json.loads(_JSONFormatter().format(self.record(**{"temporal.attempt": 2}, failed=True)))

        assert fields["message"] == "did it"
        assert fields["temporal.attempt"] == 2
        assert "ValueError: why" in fields["exception"]
        assert {"msg", "args", "levelno"}.isdisjoint(fields)

    @pytest.mark.parametrize(("attempt", "suffix"), [(1, "[pack 7]"), (2, "[pack 7, attempt 2]")])
    def test_text_record_names_its_attempt(self, attempt, suffix):
        """A record about an attempt names the activity and the attempt."""
        extra = {"temporal.activity_id": "7", "temporal.activity_type": "pack", "temporal.attempt": attempt}

        assert _TextFormatter().format(self.record(**extra)).endswith(f"INFO    n: did it {suffix}")

    def test_text_record_cannot_forge_a_line(self):
        """What a message or an exception's text has of line breaks and controls begins no line and does nothing."""
        record = self.record(failed=True)
        record.msg, record.args = "x\x1b[1m\r\ny\x85\u2028", ()
        record.exc_info = (ValueError, ValueError("a\n00:00:00 forged\x9b"), None)

        first, *rest = _TextFormatter().format(record).split("\n")

        assert first.endswith(r"INFO    n: x\x1b[1m\r\ny\x85\u2028")
        assert rest == ["  ValueError: a", r"  00:00:00 forged\x9b"]

    def test_letters_of_any_script_are_not_escaped(self):
        """Only control characters are escaped; tabs are kept."""
        text = "a\tπ漢 👩‍💻 שלום é"

        assert in_a_line(text) == in_lines(text) == text
        assert in_lines("one\ntwo\x00") == "one\n  two\\x00"

    def test_text_record_without_an_attempt_is_a_plain_line(self):
        """Any other record is a plain line."""
        assert _TextFormatter().format(self.record()).endswith("INFO    n: did it")


@pytest.mark.process
@pytest.mark.skipif(sys.platform == "win32", reason="groups of processes as POSIX has them")
@pytest.mark.parametrize("how", ["killed", "pipe"])
async def test_supervised_process_ends_with_its_supervisor(how):
    """A process that does not heed its signals is killed as well, with its supervisor or when the pipe ends."""
    deaf = "import signal, time; signal.signal(15, signal.SIG_IGN); print('begun', flush=True); time.sleep(60)"
    theirs, ours = os.pipe()
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-I", "-S", _supervise.__file__, "0.1,0.1", str(theirs), sys.executable, "-c", deaf),
        stdout=subprocess.PIPE,
        pass_fds=[theirs],
        start_new_session=True,
    )
    os.close(theirs)
    async with asyncio.timeout(30):
        assert await process.stdout.readline() == b"begun\n"
        if how == "killed":
            _kill(process)
        else:
            os.close(ours)
        # Both had this open.
        assert await process.stdout.read() == b""
        code = await process.wait()
    if how == "killed":
        os.close(ours)

    assert code == (-signal.SIGKILL if how == "killed" else 128 + signal.SIGKILL)


class Described:
    """As much of a description as is shown."""

    def __init__(self, *details, run_state=PendingActivityState.STARTED, attempt=1, status=RUNNING, failure=None):
        self.activity_type = "pack"
        self.run_state = run_state
        self.attempt = attempt
        self.status = status
        self.last_failure = failure
        self._details = details

    def heartbeat_details(self, *, index):
        return self._details[index]


class TestStateOf:
    @pytest.mark.parametrize(
        ("description", "expected"),
        [
            (Described(run_state=PendingActivityState.SCHEDULED), "waiting for a worker"),
            (Described(), "running"),
            (Described(3, 10), ""),
            (Described("copying"), "copying"),
            (Described("copying", attempt=2), "attempt 2, copying"),
            (Described(3, 10, run_state=PendingActivityState.CANCEL_REQUESTED), "cancellation requested"),
            (Described("copying", status=ActivityExecutionStatus.TIMED_OUT), "timed out"),
            (
                Described(run_state=PendingActivityState.SCHEDULED, attempt=3, failure=ValueError("no")),
                "attempt 3, waiting to retry after: no",
            ),
        ],
    )
    def test_state_of_an_activity_is_one_line(self, description, expected):
        """The state has the attempt and what it waits for, but not the progress."""
        assert state_of(description) == expected


class TestBar:
    def drawn(self, *descriptions):
        """Return the last line that a terminal of 80 columns shows."""
        console = Console(file=io.StringIO(), force_terminal=True, width=80, color_system=None)
        with open_view(console, "pack") as view:
            for description in descriptions:
                view.show(description)
        return re.split(r"[\r\n]|\x1b\[2K", console.file.getvalue().rstrip("\n\x1b[?25h"))[-1].rstrip()

    def test_bar_shows_the_percentage(self):
        """On a terminal a bar shows how much of the activity is done."""
        assert " 30% " in self.drawn(Described(3, 10))

    def test_bar_escapes_markup_of_the_activity(self):
        """Markup in heartbeat details is not taken for ours."""
        assert "[bold]loud" in self.drawn(Described("[bold]loud"))

    def test_bar_of_a_completed_activity_is_full(self):
        """A completed activity is a full bar, whatever its last heartbeat said."""
        line = self.drawn(Described(3, 10), Described(3, 10, status=ActivityExecutionStatus.COMPLETED))

        assert "100%" in line
        assert line.endswith("completed")

    @pytest.mark.parametrize("details", [(), (1,), (3, 10)])
    def test_bar_of_a_failed_activity_is_not_full(self, details):
        """A failed activity has the bar of its last progress, or an empty one."""
        line = self.drawn(Described(*details), Described(*details, status=ActivityExecutionStatus.FAILED))

        assert line.count("━") <= 6
        assert line.endswith("failed")

    def test_bar_of_an_activity_that_was_never_described_has_its_name(self):
        """The name is there from the beginning, and the bar does not end as a full one."""
        line = self.drawn()

        assert line.startswith("pack ")
        assert "━" not in line

    def test_bar_keeps_the_name_beside_a_long_text(self):
        """At 80 columns the text is cut, and neither the name nor the bar."""
        line = self.drawn(
            Described(run_state=PendingActivityState.SCHEDULED, attempt=4, failure=ValueError("out of stock " * 20))
        )

        assert re.match(r"pack +0% 0:00:0\d attempt 4, waiting to retry", line)
        assert line.endswith("…")
        assert len(line) == 80


class TestEntrypoint:
    @pytest.fixture(autouse=True)
    def here(self, tmp_path, monkeypatch):
        monkeypatch.chdir(tmp_path)
        return tmp_path

    def test_an_argument_goes_before_the_file(self, here):
        """With its own flags, so that a file for one worker does not change another."""
        (here / "pyproject.toml").write_text('[tool.asyncworker]\nentrypoint = "a:b"\nfactory = true\n')

        assert find_entrypoint("orders:worker", Path(), factory=False) == Entrypoint("orders:worker", Path(), False)

    def test_flags_go_before_the_file(self, here):
        """The directory of modules is the flag's."""
        (here / "pyproject.toml").write_text('[tool.asyncworker]\nentrypoint = "a:b"\napp-dir = "src"\n')

        found = find_entrypoint(None, Path("other"), factory=True)

        assert found == Entrypoint("a:b", Path("other"), True)

    @pytest.mark.parametrize(
        ("text", "message"),
        [
            ("", r"give MODULE:ATTRIBUTE, or \[tool.asyncworker\] with entrypoint"),
            ("[tool.asyncworker]\nentrypoint = 7", "entrypoint must be a str, got 7"),
            ("[tool.asyncworker]\nfactory = 'yes'\n", "factory must be a bool, got 'yes'"),
            ("[tool.asyncworker]\nentrypoint = 'orders'", "entrypoint must be module:attribute, got 'orders'"),
            ("[tool.asyncworker]\nentrypoint = 'a:b'\napp-dir = 'src'", "app-dir: .*src is not a directory"),
            ("[tool.asyncworker]\nentry = 'a:b'", "has no 'entry'; it has entrypoint, app-dir, factory"),
            ("[tool]\nasyncworker = 'a:b'", "must be a table, got 'a:b'"),
            ("[tool", "pyproject.toml cannot be read: "),
        ],
    )
    def test_a_wrong_file_is_named_with_what_is_wrong(self, here, text, message):
        """So that it can be corrected without the docs."""
        (here / "pyproject.toml").write_text(text)

        with pytest.raises(ConfigurationError, match=message) as raised:
            find_entrypoint(None, Path(), factory=False)
        assert str(here / "pyproject.toml") in str(raised.value)


class TestLogConfig:
    @pytest.fixture(autouse=True)
    def restored(self):
        """Logging as it was."""
        root = logging.getLogger()
        level, handlers = root.level, root.handlers[:]
        yield
        logging.captureWarnings(False)
        root.setLevel(level)
        root.handlers[:] = handlers

    @pytest.mark.parametrize(
        ("name", "text"),
        [
            ("log.json", '{"root": {"level": "ERROR"}}'),
            ("log.toml", '[root]\nlevel = "ERROR"\n'),
            ("log.yaml", "root:\n  level: ERROR\n"),
            (
                "log.ini",
                "[loggers]\nkeys=root\n[handlers]\nkeys=\n[formatters]\nkeys=\n[logger_root]\nlevel=ERROR\nhandlers=\n",
            ),
        ],
    )
    def test_file_is_read_by_its_suffix(self, tmp_path, name, text):
        """Loggers that there are already go on logging."""
        if name.endswith("yaml"):
            pytest.importorskip("yaml")
        (tmp_path / name).write_text(text)

        configure_logging_from(tmp_path / name)

        assert logging.getLogger().level == logging.ERROR
        assert not logging.getLogger("asyncworker.worker.run._reports").disabled

    @pytest.mark.parametrize(
        ("name", "text", "message"),
        [
            ("log.json", "{", "Expecting property name"),
            ("log.json", "[]", "must hold a mapping, got a list"),
            ("log.json", '{"root": {"handlers": ["nowhere"]}}', "nowhere"),
            ("log.ini", "[loggers", "no section headers"),
            ("log.ini", "", "there is no 'formatters'"),
            ("log.ini", "logging\n", r"^[^\n]*no section headers[^\n]*$"),
        ],
    )
    def test_wrong_file_is_one_error_with_its_name(self, tmp_path, name, text, message):
        """And with what is wrong in it."""
        (tmp_path / name).write_text(text)

        with pytest.raises(ConfigurationError, match=message) as raised:
            configure_logging_from(tmp_path / name)
        assert str(raised.value).startswith(f"--log-config: {tmp_path / name}")


class TestMetrics:
    @pytest.fixture
    def workers(self):
        return [Worker(task_queue="q", activities=[work], health_address="127.0.0.1:8081")]

    def test_names_that_are_taken_are_a_warning(self, workers, monkeypatch, caplog):
        """The workers run without metrics, as they were not asked for."""
        monkeypatch.setattr("asyncworker.contrib.prometheus.PrometheusObserver", refuse)

        add_metrics(workers, wanted=None)

        assert "there is no /metrics: the names are taken" in caplog.text
        assert workers[0]._settings.observers == ()

    def test_names_that_are_taken_are_an_error_where_metrics_are_wanted(self, workers, monkeypatch):
        """At the start."""
        monkeypatch.setattr("asyncworker.contrib.prometheus.PrometheusObserver", refuse)

        with pytest.raises(ConfigurationError, match="--metrics: the names are taken"):
            add_metrics(workers, wanted=True)

    def test_missing_extra_is_named_where_metrics_are_wanted(self, workers, monkeypatch):
        """Where they are not, nothing is missing."""
        monkeypatch.setattr("importlib.util.find_spec", lambda name: None)

        add_metrics(workers, wanted=None)
        with pytest.raises(ConfigurationError, match=r"pip install \"temporal-asyncworker\[prometheus\]\""):
            add_metrics(workers, wanted=True)

    def test_without_a_health_address_there_are_none(self):
        """Nothing would show them."""
        worker = Worker(task_queue="q", activities=[work])

        add_metrics([worker], wanted=None)

        assert worker._settings.observers == ()


def refuse() -> None:
    raise ValueError("the names are taken")


@activity.defn
async def work() -> None: ...


class TestWaiting:
    def test_connections_wait_as_long_as_the_command_says_where_they_say_nothing(self):
        """And in no other place: a connection that an activity makes has a timeout of its own."""
        with waiting_for_servers(120):
            inside = wait_budget(None), wait_budget(3)

        assert (inside, wait_budget(None)) == ((120, 3), 10)

    @pytest.mark.parametrize(("text", "seconds"), [("forever", math.inf), ("2m", 120), (120.0, 120)])
    def test_it_may_be_for_ever(self, text, seconds):
        """Or any duration."""
        assert parse_wait(text) == seconds
