"""What is used of the machine, or of what a container may use of it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from asyncworker.exceptions import ConfigurationError
from asyncworker.worker import ResourceBasedTunerConfig, ResourceController
from asyncworker.worker.slots._cgroup import CpuTime, find_gauges
from asyncworker.worker.slots._system import CpuMeter, System

MIB = 1 << 20
CGROUP = "sys/fs/cgroup"


def write(root: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return root


def container_v2(root: Path, **files: str) -> Path:
    """What a container sees under version 2: its own group at the root of the mount."""
    content = {
        "memory.max": f"{1000 * MIB}\n",
        "memory.stat": f"anon {300 * MIB}\nfile {600 * MIB}\nkernel {10 * MIB}\nshmem {100 * MIB}\n",
        "cpu.max": "150000 100000\n",
        "cpu.stat": "usage_usec 10000000\nuser_usec 9000000\nsystem_usec 1000000\n",
        **{name.replace("_", ".", 1): text for name, text in files.items()},
    }
    write(root, {"proc/self/cgroup": "0::/\n"})
    return write(root, {f"{CGROUP}/{name}": text for name, text in content.items()})


class TestCgroup2:
    def test_memory_is_what_cannot_be_dropped(self, tmp_path):
        """Anonymous and shared memory count, the page cache does not."""
        system = System(container_v2(tmp_path))

        assert system(0.0).memory == pytest.approx(0.4)

    def test_cpu_is_a_fraction_of_the_quota(self, tmp_path):
        """Half a second of CPU time in a second, of the one and a half that a quota allows, is a third."""
        system = System(container_v2(tmp_path))
        first = system(100.0)
        container_v2(tmp_path, cpu_stat="usage_usec 10500000\n")

        assert (first.cpu, system(101.0).cpu) == (None, pytest.approx(1 / 3))

    def test_a_burst_beyond_the_quota_is_more_than_one(self, tmp_path):
        """Usage is not cut off at the limit."""
        system = System(container_v2(tmp_path))
        system(100.0)
        container_v2(tmp_path, cpu_stat="usage_usec 13000000\n")

        assert system(101.0).cpu == pytest.approx(2.0)

    def test_without_limits_the_machine_counts(self, tmp_path):
        """`max` is no limit."""
        container_v2(tmp_path, memory_max="max\n", cpu_max="max 100000\n")

        assert repr(System(tmp_path)) == "<System [memory: the machine's, cpu: the machine's]>"

    def test_the_fullest_of_nested_groups_counts(self, tmp_path):
        """A unit within a slice is under both limits."""
        write(
            tmp_path,
            {
                "proc/self/cgroup": "0::/worker.slice/orders.service\n",
                f"{CGROUP}/worker.slice/memory.max": f"{1000 * MIB}\n",
                f"{CGROUP}/worker.slice/memory.stat": f"anon {900 * MIB}\n",
                f"{CGROUP}/worker.slice/orders.service/memory.max": f"{500 * MIB}\n",
                f"{CGROUP}/worker.slice/orders.service/memory.stat": f"anon {100 * MIB}\n",
            },
        )

        assert [gauge() for gauge in find_gauges(tmp_path).memory] == pytest.approx([0.2, 0.9])
        assert System(tmp_path)(0.0).memory == pytest.approx(0.9)

    def test_a_path_out_of_sight_is_read_at_the_mount(self, tmp_path):
        """A container that sees its path on the host finds its files at the root of the mount all the same."""
        write(container_v2(tmp_path), {"proc/self/cgroup": "0::/../../docker/abc\n"})

        assert System(tmp_path)(0.0).memory == pytest.approx(0.4)

    def test_a_limit_that_is_lifted_counts_no_more(self, tmp_path):
        """Limits are read each time: a container can be resized while it runs."""
        system = System(container_v2(tmp_path))
        container_v2(tmp_path, memory_max=f"{2000 * MIB}\n")
        resized = system(0.0).memory
        container_v2(tmp_path, memory_max="max\n")
        host = psutil.virtual_memory()

        assert resized == pytest.approx(0.2)
        assert system(0.1).memory == pytest.approx(1 - host.available / host.total, abs=0.1)


class TestCgroup1:
    def files(self, root: Path, *, limit: int = 1000 * MIB, quota: int = 50_000, usage: int = 1_000_000_000) -> Path:
        return write(
            root,
            {
                "proc/self/cgroup": "4:memory:/docker/abc\n2:cpu,cpuacct:/docker/abc\n1:name=systemd:/docker/abc\n",
                f"{CGROUP}/memory/memory.limit_in_bytes": f"{limit}\n",
                f"{CGROUP}/memory/memory.stat": f"rss 1\ntotal_cache {500 * MIB}\ntotal_rss {250 * MIB}\n",
                f"{CGROUP}/cpu/cpu.cfs_quota_us": f"{quota}\n",
                f"{CGROUP}/cpu/cpu.cfs_period_us": "100000\n",
                f"{CGROUP}/cpuacct/cpuacct.usage": f"{usage}\n",
            },
        )

    def test_control_groups_of_version_1_are_read_too(self, tmp_path):
        """The older version has other files, and the same to say."""
        system = System(self.files(tmp_path))
        system(10.0)
        self.files(tmp_path, usage=1_400_000_000)

        usage = system(11.0)

        assert usage.memory == pytest.approx(0.25)
        assert usage.cpu == pytest.approx(0.8)

    def test_control_groups_of_version_1_write_no_limit_as_a_number(self, tmp_path):
        """A quota below zero and the largest number of pages are no limits."""
        system = System(self.files(tmp_path, limit=9223372036854771712, quota=-1))

        assert repr(system) == "<System [memory: the machine's, cpu: the machine's]>"

    @pytest.mark.parametrize("text", ["", "what?\n"], ids=["empty", "words"])
    @pytest.mark.parametrize("name", ["memory/memory.limit_in_bytes", "cpu/cpu.cfs_quota_us", "cpuacct/cpuacct.usage"])
    def test_control_group_files_of_version_1_that_cannot_be_read_are_no_limit(self, tmp_path, name, text):
        """What cannot be read is no limit, and the other limit counts."""
        gauges = find_gauges(write(self.files(tmp_path), {f"{CGROUP}/{name}": text}))

        assert [bool(gauges.memory), bool(gauges.cpu)] == [not name.startswith("memory"), not name.startswith("cpu")]


class TestWithout:
    def test_without_control_groups_the_machine_counts(self, tmp_path):
        """No control groups, as on macOS, are no error."""
        system = System(tmp_path)
        before = system(0.0)
        after = system(1.0)

        assert before.cpu is None
        assert 0 <= after.cpu <= 1
        assert 0 < after.memory < 1

    @pytest.mark.parametrize("text", ["", "what?\n", "1 2 3\n"], ids=["empty", "words", "numbers"])
    def test_control_group_files_that_cannot_be_read_are_no_limit(self, tmp_path, text):
        """What cannot be read is no limit."""
        files = dict.fromkeys(("memory_max", "memory_stat", "cpu_max", "cpu_stat"), text)

        assert find_gauges(container_v2(tmp_path, **files)) == find_gauges(tmp_path / "nowhere")

    def test_without_psutil_the_error_says_what_to_install(self, monkeypatch):
        """Who wants slots by resources without psutil is told which extra to install."""
        monkeypatch.setitem(sys.modules, "psutil", None)

        with pytest.raises(ConfigurationError, match=r'pip install "temporal-asyncworker\[resources\]"'):
            ResourceController(ResourceBasedTunerConfig(0.8, 0.9))

    @pytest.mark.process
    def test_without_psutil_the_worker_can_be_imported(self):
        """Psutil is looked for where it is needed, not on import."""
        script = "import sys; sys.modules['psutil'] = None; import asyncworker.worker"

        done = subprocess.run([sys.executable, "-c", script], check=False, env=dict(os.environ))

        assert done.returncode == 0


class TestCpuMeter:
    def test_two_readings_make_a_usage(self):
        """Usage is of the time between two looks."""
        meter = CpuMeter()
        readings = [meter.update(CpuTime(used, cores=2), now) for used, now in ((5.0, 0.0), (6.0, 1.0), (6.0, 2.0))]

        assert readings == [None, pytest.approx(0.5), 0.0]

    def test_a_reading_too_soon_is_none_and_changes_nothing(self):
        """Counters that move in steps of 10 ms say nothing of a shorter time."""
        meter = CpuMeter()
        meter.update(CpuTime(5.0, cores=1), 0.0)

        assert meter.update(CpuTime(5.01, cores=1), 0.001) is None
        assert meter.update(CpuTime(5.1, cores=1), 0.2) == pytest.approx(0.5)

    def test_a_cpu_counter_that_goes_back_is_no_usage(self):
        """A moved or restarted counter is not negative work."""
        meter = CpuMeter()
        meter.update(CpuTime(5.0, cores=1), 0.0)

        assert meter.update(CpuTime(1.0, cores=1), 1.0) == 0.0
