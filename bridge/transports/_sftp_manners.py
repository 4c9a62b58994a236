"""Two ways to publish on a server: by a rename, whose witness is the staging name; by a marker where nothing renames.

Not for: connections, nor for several files. Each step may be repeated; a refusal that says nothing about the one file
goes up as :class:`~bridge.transports._sftp_faults.RefusedError`.
"""

from contextlib import suppress
from typing import Protocol

from bridge.errors import ErrorName
from bridge.states import PauseReason
from bridge.transports._protocol import End, FileNames, Parcel, PausedError, Step, Whereabouts
from bridge.transports._sftp_faults import Code, RefusedError
from bridge.transports._sftp_place import Likeness, Place, Sight, compare, content_of, look, prove_directory, put
from bridge.transports._sftp_wire import Wire


class Manner(Protocol):
    """One way to publish."""

    def stage(self, wire: Wire, parcel: Parcel) -> Step:
        """Make the file whole where the ERP does not take it yet."""
        ...

    def publish(self, wire: Wire, parcel: Parcel) -> Step:
        """Let the ERP have it."""
        ...

    def hold(self, wire: Wire, file: FileNames) -> Whereabouts:
        """Keep a file from the ERP."""
        ...

    def release(self, wire: Wire, file: FileNames) -> Whereabouts:
        """Let the ERP have a held file."""
        ...

    def withdraw(self, wire: Wire, file: FileNames) -> None:
        """Remove what was not published."""
        ...


class ByRename:
    """The staging name vanishes by our own rename and by nothing else."""

    def __init__(self, place: Place, *, atomic: bool) -> None:
        self._place = place
        self._atomic = atomic

    def stage(self, wire: Wire, parcel: Parcel) -> Step:
        """Write the staging file, and its marker's beside it."""
        put(wire, self._place.staged(parcel.staging), parcel.content)
        if parcel.marker:
            put(wire, self._place.marker_staged(parcel.marker), b"")
        return Step(parcel.id, End.STAGED)

    def publish(self, wire: Wire, parcel: Parcel) -> Step:
        """Rename, never over an existing name as far as one may look; then the marker the same way."""
        if parcel.verify and compare(wire, self._place.staged(parcel.staging), parcel.content) is Likeness.OTHER:
            return Step(parcel.id, End.STAGE_AGAIN, f"{parcel.staging} is not what was written")
        final = look(wire, self._place.final(parcel.final))
        step = self._resolve(wire, parcel) if final is Sight.THERE else self._rename(wire, parcel, final)
        if parcel.marker and step.end is End.PRESUMED:
            wire.remove(self._place.marker_staged(parcel.marker))  # it would announce a file that is not there
        elif parcel.marker and step.end is End.PUBLISHED:
            self._publish_marker(wire, parcel.marker)
        return step

    def _rename(self, wire: Wire, parcel: Parcel, final: Sight) -> Step:
        try:
            self._move(wire, self._place.staged(parcel.staging), self._place.final(parcel.final), final)
        except RefusedError as error:
            return self._judge(wire, parcel, error)
        return Step(parcel.id, End.PUBLISHED)

    def _move(self, wire: Wire, source: str, target: str, seen: Sight) -> None:
        """The atomic rename replaces, so it is only for a name that was seen to be free."""
        rename = wire.posix_rename if self._atomic and seen is Sight.GONE else wire.rename
        rename(source, target)

    def _judge(self, wire: Wire, parcel: Parcel, error: RefusedError) -> Step:
        """After any refusal the witness is looked at before anything is said."""
        witness = look(wire, self._place.staged(parcel.staging))
        if witness is Sight.UNKNOWN:
            return self._judge_blindly(wire, parcel, error)
        if witness is Sight.GONE:
            return self._done(wire, parcel)
        if look(wire, self._place.final(parcel.final)) is Sight.THERE:
            return self._resolve(wire, parcel)
        raise error

    def _judge_blindly(self, wire: Wire, parcel: Parcel, error: RefusedError) -> Step:
        """Nothing there may be looked at, so the answers to renames are all there is; any but these two is tried again.

        A rename may be repeated at will: it finds its witness, or *no such file*, which in proven folders means done.
        """
        if error.code == Code.NO_SUCH_FILE:
            prove_directory(wire, self._place)
            return self._done(wire, parcel)
        if error.code != Code.PERMISSION_DENIED:
            raise error
        return Step(parcel.id, End.UNCERTAIN, f"the rename was refused ({error}), and nothing there may be looked at")

    def _done(self, wire: Wire, parcel: Parcel) -> Step:
        is_taken = look(wire, self._place.final(parcel.final)) is Sight.GONE
        return Step(parcel.id, End.PRESUMED if is_taken else End.PUBLISHED)

    def _resolve(self, wire: Wire, parcel: Parcel) -> Step:
        """The final name is there: ours already, ours by half a rename (link and unlink), or a stranger's."""
        staged = self._place.staged(parcel.staging)
        if look(wire, staged) is Sight.GONE:
            return Step(parcel.id, End.PUBLISHED)
        match compare(wire, self._place.final(parcel.final), parcel.content):
            case Likeness.SAME:
                wire.remove(staged)
                return Step(parcel.id, End.PUBLISHED)
            case Likeness.OTHER:
                return Step(parcel.id, End.COLLISION, f"another file lies on the server as {parcel.final}")
            case Likeness.GONE:
                return Step(parcel.id, End.FAILED, f"{parcel.final} was there a moment ago and is gone")
            case Likeness.UNKNOWN:
                what = f"a file of this size lies on the server as {parcel.final} and may not be read"
                return Step(parcel.id, End.UNCERTAIN, what)

    def _publish_marker(self, wire: Wire, marker: str) -> None:
        source, target = self._place.marker_staged(marker), self._place.final(marker)
        if look(wire, source) is Sight.GONE:
            return
        seen = look(wire, target)
        if seen is Sight.THERE:
            wire.remove(source)
            return
        try:
            self._move(wire, source, target, seen)
        except RefusedError as error:
            if error.code != Code.NO_SUCH_FILE:
                raise

    def hold(self, wire: Wire, file: FileNames) -> Whereabouts:
        """Move the file away, its marker first; one that is still staged was never in sight."""
        place = self._place
        if Sight.THERE in {look(wire, place.staged(file.staging)), look(wire, place.held(file.final))}:
            return Whereabouts.HELD
        final = look(wire, place.final(file.final))
        if final is not Sight.THERE:
            return Whereabouts.GONE if final is Sight.GONE else Whereabouts.UNKNOWN
        if file.marker:
            wire.remove(place.final(file.marker))
        if look(wire, place.held()) is Sight.GONE:
            wire.mkdir(place.held())
        try:
            self._move(wire, place.final(file.final), place.held(file.final), Sight.GONE)
        except RefusedError as error:
            if error.code != Code.NO_SUCH_FILE:
                raise
            return Whereabouts.HELD if look(wire, place.held(file.final)) is Sight.THERE else Whereabouts.GONE
        return Whereabouts.HELD

    def release(self, wire: Wire, file: FileNames) -> Whereabouts:
        """Move the file back, never over another; its marker is made anew behind it."""
        place = self._place
        if look(wire, place.staged(file.staging)) is Sight.THERE:
            return Whereabouts.STAGED
        final = look(wire, place.final(file.final))
        if look(wire, place.held(file.final)) is Sight.GONE:
            found = Whereabouts.BACK if final is Sight.THERE else Whereabouts.GONE
        elif final is Sight.THERE:
            return Whereabouts.COLLISION
        else:
            self._move(wire, place.held(file.final), place.final(file.final), final)
            found = Whereabouts.BACK
        if found is Whereabouts.BACK and file.marker and look(wire, place.final(file.marker)) is Sight.GONE:
            put(wire, place.final(file.marker), b"")  # empty, so whole from its first moment
        return found

    def withdraw(self, wire: Wire, file: FileNames) -> None:
        """Remove the staging names and the held file."""
        wire.remove(self._place.staged(file.staging))
        if file.marker:
            wire.remove(self._place.marker_staged(file.marker))
        wire.remove(self._place.held(file.final))


class ByMarker:
    """For a server that renames nothing: the file is written under its name, and its marker says that it is whole.

    The ERP must act on the marker only, take the file first and the marker last.
    """

    def __init__(self, place: Place) -> None:
        self._place = place

    def stage(self, wire: Wire, parcel: Parcel) -> Step:
        """Write the file under its name, over nothing but a beginning of itself."""
        if not parcel.marker:
            raise _no_marker(self._place)
        is_free = _is_free(wire, self._place.final(parcel.final), parcel.content)
        if not is_free or look(wire, self._place.final(parcel.marker)) is Sight.THERE:
            return Step(parcel.id, End.COLLISION, f"another file lies on the server as {parcel.final}, or its marker")
        put(wire, self._place.final(parcel.final), parcel.content)
        return Step(parcel.id, End.STAGED)

    def publish(self, wire: Wire, parcel: Parcel) -> Step:
        """Make the marker, which is the one act that publishes."""
        marker = self._place.final(parcel.marker)
        if look(wire, marker) is Sight.THERE:
            return Step(parcel.id, End.PUBLISHED)
        if parcel.verify and compare(wire, self._place.final(parcel.final), parcel.content) is Likeness.OTHER:
            return Step(parcel.id, End.STAGE_AGAIN, f"{parcel.final} is not what was written")
        final = look(wire, self._place.final(parcel.final))
        if final is Sight.GONE:
            return self._vanished(wire, parcel)
        if final is Sight.UNKNOWN:
            return Step(parcel.id, End.UNCERTAIN, "neither the file nor its marker may be looked at")
        try:
            wire.close(wire.create(marker))
        except RefusedError:
            if look(wire, marker) is not Sight.THERE:
                raise
        return Step(parcel.id, End.PUBLISHED)

    def _vanished(self, wire: Wire, parcel: Parcel) -> Step:
        """Somebody took it without its marker; unless it was staged while the server still renamed."""
        if look(wire, self._place.staged(parcel.staging)) is not Sight.THERE:
            return Step(parcel.id, End.PRESUMED)
        wire.remove(self._place.staged(parcel.staging))
        return Step(parcel.id, End.STAGE_AGAIN, "the server renames nothing any more, so it is published by its marker")

    def hold(self, wire: Wire, file: FileNames) -> Whereabouts:
        """Take the marker back: without it the ERP leaves the file alone."""
        if file.marker:
            wire.remove(self._place.final(file.marker))
        return _HELD_BY_SIGHT[look(wire, self._place.final(file.final))]

    def release(self, wire: Wire, file: FileNames) -> Whereabouts:
        """Make the marker again."""
        sight = look(wire, self._place.final(file.final))
        if sight is Sight.THERE and file.marker and look(wire, self._place.final(file.marker)) is not Sight.THERE:
            with suppress(RefusedError):
                wire.close(wire.create(self._place.final(file.marker)))
            if look(wire, self._place.final(file.marker)) is Sight.GONE:
                return Whereabouts.UNKNOWN
        return _BACK_BY_SIGHT[sight]

    def withdraw(self, wire: Wire, file: FileNames) -> None:
        """Remove a file without a marker; one that has its marker is the ERP's."""
        if look(wire, self._place.final(file.marker or file.final)) is Sight.GONE:
            wire.remove(self._place.final(file.final))


def _is_free(wire: Wire, path: str, content: bytes) -> bool:
    """True when nothing lies there but perhaps a beginning of the content; what may not be read is somebody's."""
    try:
        found = content_of(wire, path, len(content) + 1)
    except RefusedError:
        return look(wire, path) is not Sight.THERE
    return found is None or content.startswith(found)


_HELD_BY_SIGHT = {
    Sight.THERE: Whereabouts.HELD,
    Sight.GONE: Whereabouts.GONE,
    Sight.UNKNOWN: Whereabouts.UNKNOWN,
}
_BACK_BY_SIGHT = {**_HELD_BY_SIGHT, Sight.THERE: Whereabouts.BACK}


def _no_marker(place: Place) -> PausedError:
    return PausedError(
        "the server renames nothing, so a file can only be published by a marker, and none is set",
        reason=PauseReason.FOLDER,
        name=ErrorName.RENAME_REFUSED,
        subject=place.directory,
        hint='agree with the ERP on one: [targets.NAME] marker = "{name}.done"',
    )
