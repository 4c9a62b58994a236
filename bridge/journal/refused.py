"""Files that the ERP refused by a receipt: kept in mind, and shown until they are handed over anew or answered.

Not for: an order that the ERP refuses by a response; that is an outcome (``acknowledgements.py``). A receipt settles
nothing (decision 8): the drop's state stays what it is, and only what an operator sees is more.
"""

from datetime import datetime

from sqlite_utils import Database

from bridge import naming
from bridge.journal import alerts
from bridge.journal.matching import MatchedOrder
from bridge.journal.records import AlertFound
from bridge.states import DropState

_KIND = "file_refused"
_LONGEST_REASON = 200
"""Letters of the ERP's own words that an alert repeats; the order's history has the rest."""

_NOT_OUT = frozenset({DropState.QUEUED, DropState.ANSWERED, DropState.WITHDRAWN})
"""Of all others the ERP may have the file unanswered: a receipt may come before our own commit of *published*."""

_SHOWN = """
    SELECT o.order_ref, d.target, d.file_name, a.document ->> 'reason'
    FROM drops d JOIN orders o ON o.id = d.order_id JOIN acknowledgements a ON a.id = d.refused_by
    WHERE d.refused_by IS NOT NULL AND o.abandoned = 0 AND d.state NOT IN ('queued', 'answered', 'withdrawn')
"""


def note(db: Database, order: MatchedOrder, ack_id: int, at: datetime) -> None:
    """A receipt says that the ERP could not take the order's file: a person hears of it at once, of a second one too.

    Where nothing of the file is out, or the order is over, there is nothing to hand over anew: that is told once.
    """
    if _may_have_it(order):
        _mark(db, order, ack_id, at)
    else:
        alerts.tell_once(db, _out_of_turn(db, order, ack_id), at)


def note_again(db: Database, order: MatchedOrder, ack_id: int, at: datetime) -> bool:
    """The same words about a file that counts as refused change nothing; about one handed over since, they are news."""
    known = db.execute("SELECT 1 FROM drops WHERE id = ? AND refused_by IS NOT NULL", [order.drop_id]).fetchone()
    is_news = known is None and _may_have_it(order)
    if is_news:
        _mark(db, order, ack_id, at)
    return is_news


def shown(db: Database) -> list[AlertFound]:
    """What is open now: one alert an order, however many targets refused its file."""
    return _alerts(db, f"{_SHOWN} ORDER BY d.id", [])


def _may_have_it(order: MatchedOrder) -> bool:
    return not order.abandoned and order.drop_state not in _NOT_OUT


def _mark(db: Database, order: MatchedOrder, ack_id: int, at: datetime) -> None:
    db.execute("UPDATE drops SET refused_by = ? WHERE id = ?", [ack_id, order.drop_id])
    for alert in _alerts(db, f"{_SHOWN} AND o.id = ? ORDER BY d.id", [order.order_id]):
        alerts.raise_anew(db, alert, at)


def _alerts(db: Database, question: str, values: list[int]) -> list[AlertFound]:
    texts: dict[str, str] = {}
    for ref, target, file, reason in db.execute(question, values).fetchall():
        text = (
            f"Order {ref}: the ERP of target {target} refuses our file{_because(reason)} ({file}). So it does not have "
            "the order. Mend the target's format, then hand the order over anew: "
            f"erp-bridge orders resend {ref} --render-again --because TEXT"
        )
        texts[ref] = f"{texts[ref]}. {text}" if ref in texts else text
    return [AlertFound(_KIND, ref, "page", text) for ref, text in texts.items()]


def _because(reason: str | None) -> str:
    return f": {naming.legible(reason, _LONGEST_REASON)}" if reason else ", and gives no reason"


def _out_of_turn(db: Database, order: MatchedOrder, ack_id: int) -> AlertFound:
    (reason,) = db.execute("SELECT document ->> 'reason' FROM acknowledgements WHERE id = ?", [ack_id]).fetchone()
    text = (
        f"Order {order.order_ref}: its ERP refuses our file{_because(reason)}. But {_stands(order)}, so nothing "
        f"followed from it. Look whether the ERP has the order: erp-bridge orders timeline {order.order_ref}"
    )
    return AlertFound(_KIND, order.order_ref, "page", text)


def _stands(order: MatchedOrder) -> str:
    if order.abandoned:
        return "the order is abandoned"
    if order.drop_state is DropState.QUEUED:
        return "the file is about to be handed over"
    return "it answered the order before"
