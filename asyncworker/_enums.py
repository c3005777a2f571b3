"""Numbers of the wire as enums whose members print their names."""

from __future__ import annotations

from enum import IntEnum

__all__ = ["NamedIntEnum"]


class NamedIntEnum(IntEnum):
    """An :class:`~enum.IntEnum` whose text is ``Class.MEMBER``, in ``str()``, f-strings and ``%s``."""

    def __str__(self) -> str:
        return f"{type(self).__name__}.{self.name}"

    def __format__(self, spec: str) -> str:
        return format(str(self), spec)
