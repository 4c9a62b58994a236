"""The verbs that try without doing: preview and read. They need no service, no secret, no folder, no journal.

Not for: changing anything.
"""

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from bridge.cli import _exits, _output
from bridge.cli._globals import Verb, examples, given, known

if TYPE_CHECKING:
    from bridge.config import Config
    from bridge.config.targets import Target
    from bridge.formats import Format
    from bridge.model import Reading
    from bridge.stages.receive.making import MadeOrder

_CONTROL = 1
_LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC)
_path = click.Path(path_type=Path, allow_dash=True)


def _chosen_target(name: str | None) -> "tuple[Config, Target]":
    from bridge.cli._settings import settings

    config = settings(given())
    return config, config.targets[known(list(config.targets), name, "target")]


@click.command(cls=Verb, epilog=examples("preview order.json --target erp", "preview --sample --target erp"))
@click.argument("file", type=_path, required=False)
@click.option("--sample", is_flag=True, help="A made-up order instead of a file.")
@click.option("--target", "target_name", help="The target whose file is wanted; not needed when there is one.")
@click.option("--as-sent", is_flag=True, help="As if received when it was sent, so that it is the same each time.")
def preview(file: Path | None, target_name: str | None, *, sample: bool, as_sent: bool) -> int:
    """Print the file that an order would become, to the byte.

    With -v also the fields that nobody knows.
    """
    from bridge.cli.sending import letters
    from bridge.errors import PermanentError

    config, target = _chosen_target(target_name)
    content = next(letters(file, 1, config, sample=sample)).body
    try:
        _output.raw(rendered(content, config, target, dated=as_sent))
    except PermanentError as error:
        for reason in error.message.split("; "):
            click.echo(reason, err=True)
        if error.hint:
            click.echo(error.hint, err=True)
        return _exits.BAD
    return _exits.DONE


def made_of(content: bytes, config: "Config") -> "tuple[MadeOrder, str | None]":
    """The order in a body, and the key it came under. Raises :class:`PermanentError` for what is no order."""
    from bridge.errors import ErrorName, PermanentError
    from bridge.norce.bodies import content_of
    from bridge.norce.translate import application_key_of
    from bridge.norce.unknown import unknown_fields
    from bridge.norce.wire import decode
    from bridge.routing import application_name
    from bridge.stages.receive.making import MakingSettings, make_order

    kind = content_of(None, content)
    if kind is None:
        raise PermanentError("the file is neither JSON nor XML", name=ErrorName.ORDER_UNREADABLE)
    request = decode(content, kind)
    if given().verbose:
        for path in unknown_fields(request.document):
            _output.say(f"not in Norce's contract: {path}")
    key = application_key_of(request)
    shop = application_name(key, config.applications) or ""
    made = make_order(request, shop, config.site.time_zone, MakingSettings.of(config.receiver))
    for warning in made.warnings:
        _output.say(f"warning: {warning}")
    return made, key


def rendered(content: bytes, config: "Config", target: "Target", *, dated: bool = False) -> bytes:
    """The file of the order in a body; ``dated``: as if received when it was sent, so that it is the same each time.

    Raises :class:`PermanentError` when there is none.
    """
    from dataclasses import replace

    from bridge.errors import ErrorName, PermanentError
    from bridge.routing import part_of, route
    from bridge.stages.receive.making import make_file, outlet_of

    made, key = made_of(content, config)
    if made.order.application:  # a shop that is not configured has no way, and yet its file may be looked at
        way = route(made.order, key, config.applications, config.routes)
        if target.name not in way.targets:
            _output.say(f"this order would not go to {target.name}: erp-bridge route tells why")
        made = replace(made, order=part_of(made.order, way.parts.get(target.name)))
    now = datetime.now(config.site.time_zone)
    at = (made.order.ordered_at or _LONG_AGO) if dated else now
    file = make_file(outlet_of(target), made, _CONTROL, at)
    if file.hold and not file.content:
        raise PermanentError(f"no file: {file.hold.detail}", name=ErrorName.ORDER_NOT_RENDERABLE)
    if file.hold:
        _output.say(f"held for a person: {file.hold.detail}")
    for warning in file.warnings:
        _output.say(f"warning: {warning}")
    return file.content


@click.command(cls=Verb, epilog=examples("read ORDRSP_778.edi --target erp", "read answer.csv --target erp --json"))
@click.argument("file", type=_path)
@click.option("--target", "target_name", help="The target whose answer it is; not needed when there is one.")
@click.option("--as-sent", is_flag=True, help="With a fixed day for today, so that it is the same each time.")
def read(file: Path, target_name: str | None, *, as_sent: bool) -> int:
    """Print what an answer of the ERP would change. Exit 1: the file would go to quarantine.

    What Norce would be told stands there also while [norce] enabled is false.
    """
    from bridge.cli.sending import content_of_file
    from bridge.model import AckStatus

    config, target = _chosen_target(target_name)
    name, found = understood(content_of_file(file), target)
    told = document_of(file, (name, found), config, dated=as_sent)
    if given().as_json:
        _output.document(told)
    else:
        _describe(told, is_told=config.norce.enabled)
    says_something = any(ack.status is not AckStatus.UNKNOWN for ack in found.acknowledgements)
    return _exits.DONE if says_something and not found.faults else _exits.BAD


def understood(content: bytes, target: "Target") -> "tuple[str, Reading]":
    """The format that reads a file of the target, by its name, and what it says; one that says nothing is bad."""
    from bridge import formats
    from bridge.model import Fault, Reading

    form = _reader(target)
    name = target.answer.format
    try:
        name = formats.name_of(form, content)
        found = formats.read(form, content)
    except formats.Unreadable as error:
        found = Reading(faults=(error.fault,))
    if not found.acknowledgements and not found.faults:
        found = Reading(faults=(Fault("file", "nothing in it acknowledges an order"),))
    return name, found


def _reader(target: "Target") -> "Format":
    """The format that reads the target's answers; with ``auto``, each that its settings allow."""
    from bridge import formats

    answer = target.answer
    if answer.format != formats.AUTO:
        return formats.build(answer.format, answer.options_for(answer.format))
    return formats.Auto({name: formats.build(name, options) for name, options in answer.readers.items()})


def document_of(
    file: Path, understood_as: "tuple[str, Reading]", config: "Config", *, dated: bool = False
) -> dict[str, Any]:
    """What ``read --json`` prints; ``dated``: with a fixed day as today, so that it is the same each time.

    The reports are those of a bridge that reports, so that it is the same before and after that is enabled.
    """
    from dataclasses import replace

    from bridge import formats
    from bridge.ops.forecast import calls_of, shown

    name, found = understood_as
    policy = replace(config.norce.report_policy, enabled=True)
    calls = calls_of(found.acknowledgements, policy, _LONG_AGO.date() if dated else None)
    return {
        "file": file.name,
        "format": name,
        "acknowledgements": [formats.to_document(ack) for ack in found.acknowledgements],
        "faults": [{"where": fault.where, "what": fault.what} for fault in found.faults],
        "reports": [shown(call) for call in calls],
    }


def _of(ack: dict[str, Any]) -> str:
    """Whose it is: an order's, or that of our file with a control number, which may be all that a receipt knows."""
    if ack["order_ref"] is None and ack.get("control") is not None:
        return f"our file with control number {ack['control']}"
    return f"order {_output.cell(ack['order_ref'])}"


def _describe(told: dict[str, Any], *, is_told: bool) -> None:
    from bridge.ops.timeline import reason_of

    _output.line(f"{told['file']}: read as {told['format']}")
    for ack in told["acknowledgements"]:
        number = f", ERP number {ack['erp_order_no']}" if ack["erp_order_no"] else ""
        count = f", {len(ack['lines'])} lines" if ack["lines"] else ""
        why = f": {reason}" if (reason := reason_of(ack)) else ""
        _output.line(f"  {_of(ack)}: {ack['status']} ({ack['kind']}{number}{count}){why}")
        for warning in ack["warnings"]:
            _output.line(f"    warning: {_output.cell(warning)}")
    when = "" if is_told else " once [norce] enabled is true"
    for report in told["reports"]:
        body = ", ".join(f"{key} {value}" for key, value in report["body"].items())
        _output.line(f"  Norce would be told{when}: {report['operation']} {body}")
    for fault in told["faults"]:
        _output.line(f"  quarantine: {fault['where']}: {_output.cell(fault['what'])}")
