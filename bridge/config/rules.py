"""Rules between keys, and what a production site insists on; each finding is noted, none is raised.

Not for: single values; their types know their own form.
"""

import os
import re
import stat
from collections.abc import Callable, Iterator, Mapping
from itertools import combinations
from pathlib import Path
from uuid import UUID

from bridge.config.build import FOLDER
from bridge.config.enrichment import check_enrich
from bridge.config.lines import Place
from bridge.config.models import VERSION, Admin, Norce, Receiver, Site
from bridge.config.reader import Reader, meant
from bridge.config.routes import refuse_unknown_target
from bridge.config.secrets import OTHERS
from bridge.config.targets import Application, Target, plain_key
from bridge.naming import PLACEHOLDERS

_FIELD = re.compile(r"\{([a-z_]+)(:0?\d{1,2})?\}")
_OWN_FOLDER = "each needs a folder of its own"
_BAD_MARKER = ("needs {name} and something beside it, no slash", 'write it like "{name}.done"')


def check_version(reader: Reader, version: int) -> None:
    """A file of another layout is not guessed at."""
    if version != VERSION:
        hint = "begin with the config.toml that comes with this bridge"
        reader.fault(("version",), f"this bridge reads layout {VERSION}, not {version}", hint)


def check_receiver(reader: Reader, receiver: Receiver, admin: Admin) -> None:
    """Certificate and key go together; two listeners need two addresses; a bundle has its price on one level."""
    pair = {"tls_certificate": receiver.tls_certificate, "tls_key": receiver.tls_key}
    absent = [key for key, value in pair.items() if value is None]
    if len(absent) == 1:
        places = (("receiver", next(key for key in pair if key not in absent)), ("receiver", absent[0]))
        reader.clash(places, f"needs {absent[0]} beside it", "HTTPS takes both or none")
    both = [name for name in receiver.bundles.parent if name in receiver.bundles.children]
    if both:
        levels = (("receiver", "bundles", "parent"), ("receiver", "bundles", "children"))
        reader.clash(levels, f'"{both[0]}" stands in children too', "a type has its price on one level")
    if receiver.listen == admin.listen and receiver.listen.port:
        places = (("admin", "listen"), ("receiver", "listen"))
        reader.clash(places, f"[receiver] and [admin] both listen on {admin.listen}", "give one another port")


def check_applications(reader: Reader, applications: Mapping[str, Application], targets: Mapping[str, Target]) -> None:
    """Targets that are named exist; one key means one shop."""
    for name, application in applications.items():
        place: Place = ("applications", name)
        named = [((*place, "target"), application.target)]
        named += [((*place, "also"), target) for target in application.also]
        for where, target in named:
            refuse_unknown_target(reader, where, target, targets)
        if application.target in application.also:
            reader.clash(((*place, "also"),), f'"{application.target}" gets the order already', "remove it")
        if not _is_guid(application.key):
            reader.warn((*place, "key"), "is not a GUID, as Norce's application keys are", "copy it from Norce Admin")
    for one, other in combinations(applications.values(), 2):
        if plain_key(one.key) == plain_key(other.key):
            places = (("applications", other.name, "key"), ("applications", one.name, "key"))
            reader.clash(places, f"is the key of [applications.{one.name}] too", "each shop has its own")


def _is_guid(text: str) -> bool:
    try:
        return str(UUID(text)) == text.lower()
    except ValueError:
        return False


def check_targets(reader: Reader, targets: Mapping[str, Target]) -> None:
    """Names can be told apart, and no folder has two meanings."""
    for target in targets.values():
        _check_file_name(reader, target)
        _check_markers(reader, target)
        check_enrich(reader, target)
    folders = [folder for target in targets.values() for folder in _folders(target)]
    for (place, one), (other_place, other) in combinations(folders, 2):
        if one == other and not _may_share(place, other_place):
            reader.clash((other_place, place), f"{other} is {_shown(place)} too", _OWN_FOLDER)
    elsewhere = [folder for target in targets.values() for folder in _folders_elsewhere(target)]
    for (place, there), (other_place, other_there) in combinations(elsewhere, 2):
        if there == other_there and not _may_be_one(place, other_place):
            reader.clash((other_place, place), f"{other_there} is {_shown(place)} too", _OWN_FOLDER)


def _folders(target: Target) -> Iterator[tuple[Place, Path]]:
    place: Place = ("targets", target.name)
    if target.transport == FOLDER:
        yield (*place, "directory"), target.directory
        yield (*place, "staging"), target.staging
    yield (*place, "answer", "directory"), target.answer.directory
    yield (*place, "answer", "archive"), target.answer.archive
    yield (*place, "answer", "quarantine"), target.answer.quarantine


def _folders_elsewhere(target: Target) -> Iterator[tuple[Place, str]]:
    """Folders that are not of this machine, as the transport's options tell them: equal texts are one folder."""
    tell: Callable[[], Mapping[str, str]] | None = getattr(target.transport_options, "folders_elsewhere", None)
    for key, folder in tell().items() if tell is not None else ():
        yield ("targets", target.name, target.transport, key), folder


def _may_be_one(one: Place, other: Place) -> bool:
    """A small ERP may have one folder for both ways; what is staged in it, or is another ERP's, must lie apart."""
    return one[1] == other[1] and "staging" not in {one[-1], other[-1]}


def _may_share(one: Place, other: Place) -> bool:
    """Targets may keep their old files together; an inbox holds claims, so it has one reader."""
    return one[-2:] == other[-2:] and one[-1] in {"archive", "quarantine"}


def _shown(place: Place) -> str:
    return f"[{'.'.join(str(part) for part in place[:-1])}] {place[-1]}"


def _check_file_name(reader: Reader, target: Target) -> None:
    place: Place = ("targets", target.name, "file_name")
    names = [found[1] for found in _FIELD.finditer(target.file_name)]
    fields = ", ".join(f"{{{name}}}" for name in sorted(PLACEHOLDERS))
    unknown = next((name for name in names if name not in PLACEHOLDERS), "")
    if unknown:
        hint = meant(unknown, PLACEHOLDERS) or f"fields: {fields}"
        reader.clash((place,), f"{{{unknown}}} is not a field of a file name", hint)
    elif re.search(r"[{}/]", _FIELD.sub("", target.file_name)):
        reader.clash((place,), "holds a slash or a brace that belongs to no field", f"fields: {fields}")
    elif "control" not in names:  # decision 9
        reader.clash((place,), "needs {control}, or two files could get one name", "add {control:06}")


def _check_markers(reader: Reader, target: Target) -> None:
    place: Place = ("targets", target.name)
    if target.marker and not _is_marker(target.marker):
        reader.clash(((*place, "marker"),), *_BAD_MARKER)
    if target.answer.finished == "marker" and not _is_marker(target.answer.marker):
        reader.clash(((*place, "answer", "marker"), (*place, "answer", "finished")), *_BAD_MARKER)


def _is_marker(text: str) -> bool:
    rest = text.replace("{name}", "", 1)
    return "{name}" in text and bool(rest) and not re.search(r"[{}/]", rest)


def check_for_run(reader: Reader, site: Site, receiver: Receiver, admin: Admin, norce: Norce) -> None:
    """What the service needs beyond what every verb needs; prod is strict (decision 14)."""
    given = reader.for_run
    if not receiver.logins and not any("receiver" in fault.key for fault in given):
        hint = "erp-bridge secret hash makes one; or password_file in demo and test"
        reader.later(("receiver", "password_hash_file"), "the receiver has no password", hint)
    if admin.login is None and not admin.listen.is_loopback:
        what = f"{admin.listen} can be reached from outside, so the pages need a password"
        reader.later(("admin", "listen"), what, 'set password_file = "secrets/admin", or listen on 127.0.0.1')
    _check_tls_files(reader, receiver, is_strict=site.environment == "prod")
    if site.environment == "prod":
        _check_prod(reader, receiver, norce)


def _check_prod(reader: Reader, receiver: Receiver, norce: Norce) -> None:
    if not receiver.behind_proxy and receiver.tls_certificate is None:
        hint = "set tls_certificate and tls_key, or behind_proxy = true when a proxy speaks HTTPS"
        reader.later(("receiver", "behind_proxy"), "prod wants HTTPS", hint)
    missing = norce.client_secret is None and norce.client_secret_file is None
    if norce.enabled and missing and ("norce", "client_secret") not in reader.sources.secrets:
        hint = "set client_secret_file, or enabled = false when nothing shall be reported"
        reader.later(("norce", "client_secret_file"), "the bridge has no secret for Norce", hint)


def _check_tls_files(reader: Reader, receiver: Receiver, *, is_strict: bool) -> None:
    for key, file in (("tls_certificate", receiver.tls_certificate), ("tls_key", receiver.tls_key)):
        if file is None:
            continue
        try:
            with file.open("rb") as opened:
                mode = stat.S_IMODE(os.fstat(opened.fileno()).st_mode)
        except OSError as cause:
            reason = (cause.strerror or "unknown reason").lower()
            reader.later(("receiver", key), f"cannot read {file}: {reason}", "name a PEM file that the bridge may read")
            continue
        if key == "tls_key" and mode & OTHERS:
            note = reader.later if is_strict else reader.warn
            note(("receiver", key), f"{file} can be read by others (mode {mode:04o})", f"chmod 600 {file}")
