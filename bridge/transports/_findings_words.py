"""Findings in words: a row each with what was found, what it means, and what to do where it is not well.

Not for: colours or columns. Pure; ``[targets.NAME]`` stands for the target, whose name is not known here.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from bridge.transports._findings import Findings, Link, Strategy, Trouble

LEAST_FREE = 1_000_000_000
SKEW_S = 60.0
"""From here on a clock counts as wrong."""

_SLOW_LISTING_S = 5.0
_LONG_LISTING = 10_000
_WEAK = ("cbc", "sha1", "md5", "3des", "arcfour", "ssh-rsa", "ssh-dss", "group1-")
_FINE_S = 1e-3


class Grade(StrEnum):
    """How a row is to be taken: well, worth knowing, or in the way."""

    OK = "ok"
    NOTE = "note"
    BAD = "bad"


@dataclass(frozen=True, slots=True)
class Row:
    """One finding as people and machines are told it."""

    name: str
    grade: Grade
    found: str
    means: str
    remedy: str = ""


def how(strategy: Strategy) -> str:
    """How files are published, in a few words."""
    return _HOW[strategy]


def manners(strategy: Strategy, *, can_sync: bool, has_rights: bool) -> Iterator[str]:
    """How files are published in a folder, and what its file system cannot do."""
    yield how(strategy)
    if not can_sync:
        yield "folders cannot be synced (a power cut of the share's server may take the last files back)"
    if not has_rights:
        yield "rights cannot be set (the options of the mount decide who reads)"


_HOW = {
    Strategy.NEVER_REPLACES: "rename that never replaces",
    Strategy.LOOK_THEN_RENAME: "look, then rename (the file system lacks the flag)",
    Strategy.ATOMIC: "look, then atomic rename (posix-rename)",
    Strategy.PLAIN: "look, then plain rename",
    Strategy.MARKER: "marker: the server renames nothing, so the ERP must wait for each file's marker",
    Strategy.APART: "not at all: nothing can be renamed from staging to directory",
}


def rows(found: Findings) -> list[Row]:
    """Every finding that the examination came to, in the order in which a person reads them."""
    return [
        *_trouble(found.trouble),
        *_link(found.link),
        *_publishing(found),
        *_renames(found),
        *_names(found),
        *_times(found),
        *_room(found),
        *_rights(found),
        *_place(found),
        *_inbox(found),
    ]


def _trouble(trouble: Trouble | None) -> Iterator[Row]:
    if trouble is None:
        return
    if trouble.shown:
        yield Row("host key pinned", Grade.BAD, trouble.expected or "none", "the one that counts")
        yield Row("host key shown", Grade.BAD, trouble.shown, "nothing was sent to this server", trouble.hint)
        return
    about = f"{trouble.subject}: " if trouble.subject and trouble.subject not in trouble.what else ""
    name = _TROUBLES.get(trouble.error, "folder")
    yield Row(name, Grade.BAD, trouble.error, f"{about}{trouble.what}", trouble.hint)


_TROUBLES = {"login_refused": "login", "server_unreachable": "connection", "disk_full": "free space"}


def _link(link: Link | None) -> Iterator[Row]:
    if link is None:
        return
    yield Row("server", Grade.OK, link.server, "it let us log in")
    yield Row("host key", Grade.OK, link.fingerprint, "the pinned one")
    agreed = {"key exchange": link.kex, "host key type": link.host_key, "cipher": link.cipher, "MAC": link.mac}
    for name, algorithm in agreed.items():
        if not algorithm:
            continue
        if any(word in algorithm for word in _WEAK):
            yield Row(name, Grade.NOTE, algorithm, "old and weak", "ask the server's owner for newer algorithms")
        else:
            yield Row(name, Grade.OK, algorithm, "what both sides agreed on")


def _publishing(found: Findings) -> Iterator[Row]:
    if found.trouble is not None and not any((found.renames.noreplace, found.renames.posix, found.renames.plain)):
        return
    match found.strategy:
        case Strategy.APART:
            remedy = "set staging to a folder beside or below directory, on the same file system"
            yield Row("publishing", Grade.BAD, found.strategy, _HOW[found.strategy], remedy)
        case Strategy.MARKER if not found.has_marker:
            remedy = 'agree with the ERP on one: [targets.NAME] marker = "{name}.done"'
            yield Row(
                "publishing", Grade.BAD, found.strategy, "the server renames nothing, and no marker is set", remedy
            )
        case Strategy.MARKER:
            yield Row("publishing", Grade.NOTE, found.strategy, "the ERP must act on the marker only, and take it last")
        case _:
            yield Row("publishing", Grade.OK, found.strategy, _HOW[found.strategy])


def _renames(found: Findings) -> Iterator[Row]:
    renames = found.renames
    if renames.noreplace is not None:
        yield (
            Row("RENAME_NOREPLACE", Grade.OK, "works", "the kernel itself refuses a taken name")
            if renames.noreplace
            else Row(
                "RENAME_NOREPLACE", Grade.NOTE, "refused", "taken names are looked for first: let nobody else write"
            )
        )
    if found.posix_announced is not None and (renames.posix is not None or renames.plain is not None):
        yield _posix(found)
    if renames.plain is not None and renames.noreplace is None:
        meaning = "a taken name meets this rename" if renames.plain else "nothing can be renamed this way"
        yield Row("plain rename", Grade.OK, "works" if renames.plain else "refused", meaning)
    if found.replaces is not None:
        yield (
            Row(
                "name taken",
                Grade.NOTE,
                "replaced",
                "a rename would replace a file of the same name: let nobody else write",
            )
            if found.replaces
            else Row("name taken", Grade.OK, "refused", "a file that lies there is never replaced")
        )
    if found.exclusive is not None:
        yield (
            Row("exclusive create", Grade.OK, "works", "no file is written over another")
            if found.exclusive
            else Row(
                "exclusive create", Grade.NOTE, "ignored", "a second bridge could write over our files: use one only"
            )
        )


def _posix(found: Findings) -> Row:
    if found.renames.posix:
        return Row("posix-rename", Grade.OK, "announced, works", "files appear in one step")
    if found.posix_announced:
        return Row("posix-rename", Grade.NOTE, "announced, refused", "not used", "ask the server's owner why")
    return Row("posix-rename", Grade.OK, "not announced", "not used")


def _names(found: Findings) -> Iterator[Row]:
    match found.dot_names:
        case "listed":
            yield Row("dot names", Grade.OK, "allowed, listed", "scratch and staging names stay out of sight")
        case "hidden":
            yield Row("dot names", Grade.OK, "allowed, not listed", "after a lost identity files become uncertain")
        case "refused":
            remedy = "ask the server's owner to allow names that begin with a dot"
            yield Row("dot names", Grade.BAD, "refused", "the bridge cannot prove its staging folder", remedy)
    if found.folds_case is not None:
        seen = "folded" if found.folds_case else "kept apart"
        yield Row("upper/lower case", Grade.OK, seen, "names differ by their number in any case")
    if found.identity:
        yield _IDENTITIES[found.identity]
    for name in found.left:
        remedy = f"remove it, and ask for the right to remove: {name}"
        yield Row("delete", Grade.BAD, "refused", "a scratch file could not be removed", remedy)
    if found.dot_names in {"listed", "hidden"} and not found.left:
        yield Row("delete", Grade.OK, "works", "no scratch file is left")


_TRUST = "look whether it is the right server and folder; then: erp-bridge target trust NAME --because TEXT"
_IDENTITIES = {
    "ours": Row("staging identity", Grade.OK, "ours", "the staging folder is the one we know"),
    "new": Row("staging identity", Grade.OK, "not made yet", "it is made when the bridge first starts"),
    "none": Row(
        "staging identity", Grade.BAD, "missing", "another folder, or an emptied one; the target pauses", _TRUST
    ),
    "other": Row("staging identity", Grade.BAD, "another's", "another folder or bridge; the target pauses", _TRUST),
}


def _times(found: Findings) -> Iterator[Row]:
    step = found.mtime_step_s
    if step is not None:
        yield (
            Row("time step", Grade.NOTE, duration(step), "changes within a step cannot be seen")
            if step > 1
            else Row("time step", Grade.OK, duration(step), "of the times that files carry")
        )
    if found.skew_s is not None:
        yield _skew(found.skew_s, step or 0)
    if found.syncs is not None:
        yield (
            Row("fsync", Grade.OK, "works", "a file is durable before it gets its name")
            if found.syncs
            else Row("fsync", Grade.OK, "not offered", "the server decides when a file is durable")
        )


def _skew(skew_s: float, step: float) -> Row:
    if abs(skew_s) < max(_FINE_S, step):
        return Row("clock", Grade.OK, "as ours", "times of both sides can be compared")
    seen = f"{duration(abs(skew_s))} {'ahead' if skew_s > 0 else 'behind'}"
    if abs(skew_s) <= SKEW_S:
        return Row("clock", Grade.OK, seen, "of no consequence: we go by our own clock")
    return Row("clock", Grade.NOTE, seen, "ages of files will be misread", "set the server's clock (NTP), or ours")


def _room(found: Findings) -> Iterator[Row]:
    if found.free is not None:
        seen = f"{found.free / 1e9:.1f} GB"
        yield (
            Row("free space", Grade.NOTE, seen, "less than 1 GB", "make room, or ask the server's owner to")
            if found.free < LEAST_FREE
            else Row("free space", Grade.OK, seen, "enough")
        )
    if found.listing_s is None:
        return
    if found.entries is None:
        remedy = "let the ERP remove what it took"
        yield Row("listing", Grade.NOTE, "not to its end", "the folder is too large to be listed", remedy)
        return
    seen = f"{found.entries} in {duration(found.listing_s)}"
    is_slow = found.listing_s > _SLOW_LISTING_S or found.entries > _LONG_LISTING
    yield (
        Row("listing", Grade.NOTE, seen, "slow: what the ERP took is noticed late", "let the ERP remove what it took")
        if is_slow
        else Row("listing", Grade.OK, seen, "entries, and the time to list them")
    )


def _rights(found: Findings) -> Iterator[Row]:
    if not found.mode:
        return
    seen = f"{found.mode}, {found.owner}" if found.owner else found.mode
    if found.mode_kept is False:
        remedy = "mount the share with the rights that files shall have"
        yield Row("rights", Grade.NOTE, seen, "not what [targets.NAME] mode says", remedy)
    elif found.group_kept is False:
        yield Row(
            "rights", Grade.NOTE, seen, "not the group that [targets.NAME] says", "make the bridge a member of it"
        )
    else:
        yield Row("rights", Grade.OK, seen, "of a new file: mode, owner and group; the ERP must be let in")


def _place(found: Findings) -> Iterator[Row]:
    if found.file_system:
        meaning = "a network share: others write here too" if found.is_share else "on this machine"
        yield Row("file system", Grade.OK, found.file_system, meaning)
    if found.cut_short:
        remedy = "ask the server's owner why it is so slow"
        yield Row("time taken", Grade.NOTE, "over a minute", "the rest was not looked at", remedy)


def _inbox(found: Findings) -> Iterator[Row]:
    if not found.inbox:
        return
    if found.events is None:
        yield Row("inbox", Grade.NOTE, "missing", f"{found.inbox} does not exist; the bridge makes it when it starts")
        return
    meaning = "a network share: files of others raise no event" if found.inbox_is_share else "on this machine"
    yield Row("inbox", Grade.OK, found.inbox_file_system or "unknown", meaning)
    if not found.events:
        remedy = "raise fs.inotify.max_user_instances; on a share this is usual"
        yield Row("file events", Grade.NOTE, "do not arrive", "the sweep finds answers, only later", remedy)
    elif found.inbox_is_share:
        yield Row("file events", Grade.NOTE, "ours arrive", "those of other machines do not: the sweep finds answers")
    else:
        delay = duration(found.event_s or 0)
        yield Row("file events", Grade.OK, f"after {delay}", "answers are seen at once")


def duration(seconds: float) -> str:
    """A time in the unit in which it reads best."""
    for unit, size in (("min", 60.0), ("s", 1.0), ("ms", 1e-3), ("µs", 1e-6)):
        if seconds >= size:
            return f"{seconds / size:.3g} {unit}"
    return f"{seconds * 1e9:.3g} ns"
