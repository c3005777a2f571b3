"""What worker heartbeats report of the software that a worker runs on: Python, the operating system, the host."""

from __future__ import annotations

import os
import platform
from collections.abc import Mapping
from pathlib import Path

from ..._proto.temporal.api.worker.v1 import (
    EnvironmentInfo,
    EnvironmentInfoArchitecture as Architecture,
    EnvironmentInfoHostingEnvironment as Hosting,
    EnvironmentInfoHostingEnvironmentHostingEnvironmentType as HostingType,
    EnvironmentInfoLinuxPlatform as Linux,
    EnvironmentInfoLinuxPlatformLibc as Libc,
    EnvironmentInfoMacOsPlatform as MacOs,
    EnvironmentInfoPlatform as Platform,
    EnvironmentInfoRuntime as Runtime,
    EnvironmentInfoRuntimeRuntimeType as RuntimeType,
    EnvironmentInfoWindowsPlatform as Windows,
)

__all__ = ["hosting_of", "platform_of", "read_environment"]

#: By which variables the official SDKs know where they run.
_VARIABLES = {
    HostingType.K8S: ("KUBERNETES_SERVICE_HOST",),
    HostingType.AWS_LAMBDA: ("AWS_LAMBDA_FUNCTION_NAME",),
    HostingType.AWS_ECS: ("ECS_CONTAINER_METADATA_URI_V4", "ECS_CONTAINER_METADATA_URI"),
    HostingType.GOOGLE_CLOUD_RUN: ("K_SERVICE", "CLOUD_RUN_JOB", "CLOUD_RUN_WORKER_POOL"),
    HostingType.GOOGLE_APP_ENGINE: ("GAE_SERVICE",),
    HostingType.AZURE_FUNCTIONS: ("FUNCTIONS_EXTENSION_VERSION",),
    HostingType.AZURE_CONTAINER_APPS: ("CONTAINER_APP_NAME", "CONTAINER_APP_JOB_NAME"),
}
_ARCHITECTURES = {
    "x86_64": Architecture.AMD64,
    "amd64": Architecture.AMD64,
    "aarch64": Architecture.ARM64,
    "arm64": Architecture.ARM64,
}


def read_environment() -> EnvironmentInfo:
    """Read what is known of the machine. Reads small files."""
    is_cpython = platform.python_implementation() == "CPython"
    return EnvironmentInfo(
        runtimes=[Runtime(type=RuntimeType.CPYTHON, version=platform.python_version())] if is_cpython else [],
        hosting_environments=hosting_of(os.environ, is_docker=_is_docker()),
        platform=platform_of(platform.system(), _release(), platform.machine(), _libc()),
    )


def hosting_of(variables: Mapping[str, str], *, is_docker: bool) -> list[Hosting]:
    """Return where a process with these environment variables runs; a container in a cluster has several."""
    found = [kind for kind, names in _VARIABLES.items() if any(variables.get(name) for name in names)]
    # Functions run on the App Service, and have its variables too.
    if variables.get("WEBSITE_SITE_NAME") and HostingType.AZURE_FUNCTIONS not in found:
        found.append(HostingType.AZURE_APP_SERVICE)
    return [Hosting(type=kind) for kind in ([HostingType.DOCKER, *found] if is_docker else found)]


def platform_of(system: str, release: str, machine: str, libc: Libc) -> Platform | None:
    """Return the platform as the server takes it; ``None`` for one that it has no name for."""
    architecture = _ARCHITECTURES.get(machine.lower(), Architecture.UNSPECIFIED)
    match system:
        case "Linux":
            return Platform(linux=Linux(version=release, architecture=architecture, libc=libc))
        case "Darwin":
            return Platform(macos=MacOs(version=release, architecture=architecture))
        case "Windows":
            return Platform(windows=Windows(version=release, architecture=architecture))
    return None


def _release() -> str:
    """Return the version of the operating system: of a Linux that of the distribution, as the official SDKs do."""
    match platform.system():
        case "Linux":
            try:
                return platform.freedesktop_os_release().get("VERSION_ID", "")
            except OSError:
                return ""
        case "Darwin":
            return platform.mac_ver()[0]
    return platform.version()


def _libc() -> Libc:
    try:
        if (os.confstr("CS_GNU_LIBC_VERSION") or "").startswith("glibc"):
            return Libc.GLIBC
    except (AttributeError, ValueError, OSError):
        # There is no such name but in glibc.
        pass
    # Imported here, as few systems get here.
    import sysconfig

    return Libc.MUSL if "musl" in str(sysconfig.get_config_var("HOST_GNU_TYPE")) else Libc.UNSPECIFIED


def _is_docker() -> bool:
    if Path("/.dockerenv").exists():
        return True
    try:
        return "docker" in Path("/proc/self/cgroup").read_text(encoding="ascii", errors="replace")
    except OSError:
        return False
