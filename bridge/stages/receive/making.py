"""From a decoded request to the order that goes into files, and from that to one target's file. Pure, but for hooks.

``preview`` goes the same way. Not for: admitting, nor for control numbers (``admission.py``).
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from zoneinfo import ZoneInfo

from bridge import formats
from bridge.config.models import Receiver
from bridge.config.targets import Target
from bridge.enrich import Enrichment, HookFailedError, enrichment
from bridge.errors import BridgeError, ErrorName, PermanentError
from bridge.model import SalesOrder
from bridge.norce.bundles import Levels, priced
from bridge.norce.rules import MOST_WARNINGS
from bridge.norce.totals import incomparable, oddity
from bridge.norce.translate import Translated, translate
from bridge.norce.wire import OrderRequest
from bridge.states import HeldReason

_TEMPLATE = 4
"""The order type of a template, of which a shop makes orders later (``norce/connect.md`` 1)."""

_MEND = "mend it, start the bridge anew, then: erp-bridge orders resend {ref} --render-again --because TEXT"


@dataclass(frozen=True, slots=True)
class Outlet:
    """A target as admission sees it: how its file is rendered and named, and how many may wait."""

    target: str
    format_name: str
    format: formats.Format
    file_name: str
    marker: str
    max_waiting: int
    enrichment: Enrichment | None = None

    @property
    def has_turns(self) -> bool:
        """Whether its format waits for something outside: on a thread, one file after the other."""
        return formats.waits(self.format)


def outlet_of(target: Target) -> Outlet:
    """A target's outlet.

    Raises :class:`PermanentError` *config_invalid* when its hook cannot be loaded or its format cannot be set up.
    """
    try:
        rules = enrichment(target.enrich)
    except ValueError as error:
        raise PermanentError(
            f"[targets.{target.name}.enrich] hook: {error}",
            name=ErrorName.CONFIG_INVALID,
            subject=target.name,
            hint="a file beside config.toml, or an installed module",
        ) from error
    return Outlet(
        target=target.name,
        format_name=target.order.format,
        format=_built(target),
        file_name=target.file_name,
        marker=target.marker,
        max_waiting=target.max_waiting_files,
        enrichment=rules,
    )


def _built(target: Target) -> formats.Format:
    try:
        return formats.build(target.order.format, target.order.options)
    except PermanentError as error:
        what = f"[targets.{target.name}.order] {error.message}"
        raise PermanentError(what, name=error.name, subject=target.name, hint=error.hint) from error


@dataclass(frozen=True, slots=True)
class MakingSettings:
    """What the settings say of every order: which level of a bundle has the price, and what is held."""

    levels: Levels = field(default_factory=Levels)
    holds_totals: bool = False
    holds_when_asked: bool = False

    @classmethod
    def of(cls, receiver: Receiver) -> "MakingSettings":
        """The settings of ``[receiver]``."""
        return cls(
            levels=Levels.of(receiver.bundles.children, receiver.bundles.parent),
            holds_totals=receiver.totals == "hold",
            holds_when_asked=receiver.do_hold == "hold",
        )


@dataclass(frozen=True, slots=True)
class Hold:
    """Why a file waits for a person, in a word and in words."""

    reason: HeldReason
    detail: str


@dataclass(frozen=True, slots=True)
class MadeOrder:
    """An order ready for any target, as it was sent, what a person should know, and why its files wait, if they do."""

    order: SalesOrder
    sent: SalesOrder
    warnings: tuple[str, ...]
    hold: Hold | None


@dataclass(frozen=True, slots=True)
class MadeFile:
    """A target's file, or why it waits; without content there is none."""

    content: bytes
    hold: Hold | None
    warnings: tuple[str, ...] = ()


def make_order(request: OrderRequest, application: str, zone: ZoneInfo, settings: MakingSettings) -> MadeOrder:
    """The order in a request. Raises :class:`PermanentError` *order_invalid*."""
    translated = translate(request, application, zone)
    order, odd_bundles = priced(translated.order, settings.levels)
    odd_totals = oddity(order, translated.sent.payments)
    on_totals = filter(None, [odd_totals, incomparable(order, translated.sent.payments)])
    warnings = (*on_totals, *translated.warnings, *odd_bundles)
    hold = next(_holds(translated, odd_totals, settings), None)
    return MadeOrder(order, translated.sent, tuple(islice(warnings, MOST_WARNINGS)), hold)


def _holds(translated: Translated, odd_totals: str | None, settings: MakingSettings) -> Iterator[Hold]:
    """The reasons to hold an order's files, the strongest first."""
    if translated.order.order_type == _TEMPLATE:
        yield Hold(HeldReason.TEMPLATE, "it is a template of later orders (OrderType 4), which becomes no file")
    if translated.order.hold and settings.holds_when_asked:
        yield Hold(HeldReason.SHOP, "the shop asks that a person looks at it first (DoHold)")
    if odd_totals and settings.holds_totals:
        yield Hold(HeldReason.TOTALS, odd_totals)


def make_file(outlet: Outlet, made: MadeOrder, control: int, at: datetime) -> MadeFile:
    """The file of an order for one target. Raises :class:`PermanentError` *order_not_renderable*.

    What fails because of the target's rules is held and not refused: the order is whole, and the rules can be mended.
    """
    if made.hold and made.hold.reason is HeldReason.TEMPLATE:
        return MadeFile(b"", made.hold)
    if outlet.enrichment is None:
        return _written(outlet, made.order, (control, at), made.hold)
    try:
        return _written(outlet, outlet.enrichment.apply(made.order), (control, at), made.hold)
    except HookFailedError as error:
        why = str(error)
    except BridgeError as error:
        if not _is_renderable(outlet, made.order, control, at):
            raise
        why = f"the order cannot be written once the rules changed it: {error.message}"
    return MadeFile(b"", Hold(HeldReason.RULES, f"{why}; {_MEND.format(ref=made.order.order_ref)}"))


def _written(outlet: Outlet, order: SalesOrder, moment: tuple[int, datetime], hold: Hold | None) -> MadeFile:
    try:
        content = formats.render(outlet.format, order, *moment)
    except PermanentError as error:
        raise _for_people(error, outlet.target) from error
    noted = formats.warnings(outlet.format, order, *moment)
    return MadeFile(content, hold, tuple(f"{outlet.target}: {warning}" for warning in noted))


def _for_people(error: PermanentError, target: str) -> PermanentError:
    """The same with target and remedy in its one line, which is all that the shop is answered."""
    remedy = f". {error.hint}" if error.hint else ""
    return PermanentError(f"{error.message}, for target {target}{remedy}", name=error.name, subject=error.subject)


def _is_renderable(outlet: Outlet, order: SalesOrder, control: int, at: datetime) -> bool:
    """Whether the target could write the order as it was before its rules: then these are to blame."""
    try:
        formats.render(outlet.format, order, control, at)
    except BridgeError:
        return False
    return True
