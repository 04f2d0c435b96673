"""Clips: frames with their times, maps in time, and what is drawn of them. Needs PyAV, the extra [video]."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from wepsam.video.attention import attend_clip as attend_clip

__all__ = ["attend_clip"]


def __getattr__(name: str) -> Any:
    """`attend_clip` needs the prediction of pictures, which itself needs modules of this room."""
    if name in __all__:
        from wepsam.video import attention

        return getattr(attention, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
