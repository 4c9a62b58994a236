"""The verb orders export: everything about one order in one archive, for whoever has to look into it elsewhere.

Not for: backups; the journal's nightly copies are those.
"""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from bridge.cli import _exits, _output
from bridge.cli._globals import Verb, examples, given

if TYPE_CHECKING:
    from bridge.cli._sources import Source


@click.command(
    cls=Verb,
    epilog=examples("orders export 48447 -o 48447.zip", "orders export SO-1001 -o /tmp/SO-1001.zip"),
)
@click.argument("ref")
@click.option("-o", "--output", "path", required=True, type=click.Path(path_type=Path), help="The archive to write.")
def export(ref: str, path: Path) -> int:
    """Write an order's request, files, answers and history into a zip, with a manifest of hashes."""
    from bridge.cli._settings import settings
    from bridge.cli._sources import source_of
    from bridge.cli._writing import SECRET_MODE, write_whole

    source = source_of(given(), settings(given()))
    order = source.order(ref)
    parts, missing = _parts(source, order)
    write_whole(path, _archive(order, parts, missing), SECRET_MODE)
    _output.say(f"Written: {path} ({len(parts)} parts; it holds what the order holds, names and addresses too)")
    return _exits.DONE


def _parts(source: "Source", order: dict[str, Any]) -> tuple[dict[str, bytes], list[str]]:
    """The contents by their names in the archive, and the names of those that are no longer kept."""
    import json

    from bridge.errors import BridgeError, ErrorName

    ref = f"#{order['id']}"
    parts = {
        "order.json": json.dumps(order, ensure_ascii=False, indent=2).encode(),
        "events.json": json.dumps(order["events"], ensure_ascii=False, indent=2).encode(),
    }
    missing = []
    for name, what, number in _wanted(order):
        try:
            parts[name] = source.payload(ref, what, number)[0]
        except BridgeError as error:
            if error.name is not ErrorName.NOT_FOUND:
                raise
            missing.append(name)
    return parts, missing


def _wanted(order: dict[str, Any]) -> list[tuple[str, str, int]]:
    """Name in the archive, kind and number of each content that an order should have."""
    from bridge.naming import kept_name

    answers = {ack["file_id"]: ack["file"] for ack in order["acknowledgements"]}
    drops = [(drop["target"], drop["file"]) for drop in order["drops"]]
    return [
        (f"request.{order['request']['kind']}", "request", 1),
        *((f"files/{target}/{kept_name(name)}", "file", number) for number, (target, name) in enumerate(drops, 1)),
        *(
            (f"answers/{number:02}-{kept_name(name)}", "answer", number)
            for number, (_, name) in enumerate(sorted(answers.items()), 1)
        ),
    ]


def _archive(order: dict[str, Any], parts: dict[str, bytes], missing: list[str]) -> bytes:
    import hashlib
    import io
    import json
    import zipfile

    files = {
        name: {"size": len(content), "sha256": hashlib.sha256(content).hexdigest()} for name, content in parts.items()
    }
    manifest = {"order_ref": order["order_ref"], "files": files, "no_longer_kept": missing}
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("manifest.json", json.dumps(manifest, ensure_ascii=False, indent=2))
        for name, content in parts.items():
            archive.writestr(name, content)
    return packed.getvalue()
