"""The whole command line: every verb, in the order in which a person meets them.

Not for: any verb. Nothing heavy is imported here, so that ``--help`` is quick.
"""

import click

from bridge import __version__
from bridge.cli import (
    demo,
    export,
    files,
    init,
    keep,
    keeping,
    look,
    order_acts,
    orders,
    probing,
    recording,
    rejects,
    routing,
    sending,
    service,
    serving,
    showing,
    simulate,
    tail,
    trying,
)
from bridge.cli._globals import HELP, Root, add_globals


def root() -> click.Group:
    """The group with every verb."""
    group = Root("erp-bridge", help="Brings orders from Norce Commerce to an ERP that speaks in files, and back.")
    group.context_settings = HELP
    add_globals(group, hidden=False)
    group.params.append(_version_option())
    for act in (*order_acts.VERBS, export.export):
        orders.orders.add_command(act)
    keep.target.add_command(probing.probe)
    for command in (
        init.init,
        demo.demo,
        look.check,
        service.run,
        look.status,
        tail.tail,
        orders.orders,
        rejects.rejects,
        files.quarantine,
        files.files,
        trying.preview,
        trying.read,
        routing.route,
        sending.send,
        recording.record,
        simulate.simulate,
        serving.sftp,
        keep.target,
        keep.secret,
        showing.config,
        keeping.backup,
        keeping.restore,
        showing.alerts,
        showing.completion,
        service.test,
    ):
        group.add_command(command)
    return group


def _version_option() -> click.Option:
    return click.Option(
        ["--version"],
        is_flag=True,
        expose_value=False,
        is_eager=True,
        callback=_say_version,
        help="Show the version and leave.",
    )


def _say_version(context: click.Context, _: click.Parameter, value: object) -> None:
    if value and not context.resilient_parsing:
        click.echo(f"erp-bridge {__version__}")
        context.exit()
