"""Signed addresses of progress, for pages of users that are not logged in."""

from __future__ import annotations

from datetime import timedelta
from urllib.parse import quote

from ... import activity
from ..._time import Seconds
from .._signing import InvalidLink, Secrets, Signer, check_base_url

__all__ = ["progress_signer", "progress_url", "run_of"]

_ID, _RUN = "a", "r"
_EXPIRY = timedelta(days=1)


def progress_url(
    activity_id: str | None = None,
    *,
    secrets: Secrets,
    base_url: str,
    run_id: str | None = None,
    expires_in: Seconds = _EXPIRY,
) -> str:
    """Return the signed address of a standalone activity's progress: of the running one, if no id is given.

    Args:
        activity_id: The activity's id.
        secrets: Those of :func:`progress_router`: one of at least 32 characters, or several, the newest first.
        base_url: Where the router is reached, such as ``"https://shop.example/activities"``.
        run_id: Which run of the id. Default: the running activity's own, or the latest.
        expires_in: For how long streams can be opened with it, in seconds or as a timedelta. Default: a day.

    Raises:
        RuntimeError: There is no id, and the caller is not part of a standalone activity.
        TypeError: An argument is of the wrong type.
        ValueError: A secret is too short, or *base_url* is no address.
    """
    if activity_id is None:
        info = activity.info()
        if info.in_workflow:
            raise RuntimeError("the server describes the progress of standalone activities only, this is a workflow's")
        activity_id, run_id = info.activity_id, info.activity_run_id
    token = progress_signer(secrets).sign({_ID: activity_id, _RUN: run_id}, expires_in)
    return f"{check_base_url(base_url)}/{quote(activity_id, safe='')}/progress?token={token}"


def progress_signer(secrets: Secrets) -> Signer:
    """Return what signs and reads these tokens.

    Raises:
        TypeError, ValueError: A secret is of the wrong type or too short, or there is none.
    """
    return Signer(secrets, "progress")


def run_of(signer: Signer, token: str, activity_id: str) -> str | None:
    """Return the run that a token is for; ``None`` for the latest.

    Raises:
        InvalidLink: It is not this activity's, or was not signed here, or has expired.
    """
    data = signer.read(token)
    if data.get(_ID) != activity_id:
        raise InvalidLink
    run_id: str | None = data.get(_RUN)
    return run_id
