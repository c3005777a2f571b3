"""What a worker runs on, as its heartbeats report it."""

from __future__ import annotations

import platform
import sys

import pytest

from asyncworker._proto.temporal.api.worker.v1 import (
    EnvironmentInfoArchitecture as Architecture,
    EnvironmentInfoHostingEnvironmentHostingEnvironmentType as HostingType,
    EnvironmentInfoLinuxPlatformLibc as Libc,
)
from asyncworker.worker.control._environment_info import hosting_of, platform_of, read_environment


@pytest.mark.parametrize(
    ("variables", "is_docker", "kinds"),
    [
        ({}, False, []),
        ({"KUBERNETES_SERVICE_HOST": "10.0.0.1"}, True, [HostingType.DOCKER, HostingType.K8S]),
        ({"AWS_LAMBDA_FUNCTION_NAME": ""}, False, []),
        ({"CLOUD_RUN_JOB": "job"}, False, [HostingType.GOOGLE_CLOUD_RUN]),
        ({"WEBSITE_SITE_NAME": "shop"}, False, [HostingType.AZURE_APP_SERVICE]),
        (
            {"WEBSITE_SITE_NAME": "shop", "FUNCTIONS_EXTENSION_VERSION": "~4"},
            False,
            [HostingType.AZURE_FUNCTIONS],
        ),
    ],
)
def test_a_host_is_known_by_its_variables(variables, is_docker, kinds):
    """What a cloud sets for its containers names the cloud; an empty variable does not."""
    assert [each.type for each in hosting_of(variables, is_docker=is_docker)] == kinds


def test_a_platform_has_its_version_and_architecture():
    """Linux has its C library as well, and an unknown system is not reported."""
    linux, mac = (
        platform_of("Linux", "12", "x86_64", Libc.MUSL),
        platform_of("Darwin", "23", "arm64", Libc.UNSPECIFIED),
    )

    assert linux is not None
    assert linux.linux is not None
    assert (linux.linux.version, linux.linux.architecture, linux.linux.libc) == ("12", Architecture.AMD64, Libc.MUSL)
    assert mac is not None
    assert mac.macos is not None
    assert mac.macos.architecture == Architecture.ARM64
    assert platform_of("Plan9", "4", "x86_64", Libc.UNSPECIFIED) is None


@pytest.mark.skipif(sys.implementation.name != "cpython", reason="another Python has no name here")
def test_this_machine_is_described():
    """The Python that runs is named with its version."""
    (runtime,) = read_environment().runtimes

    assert runtime.version == platform.python_version()
