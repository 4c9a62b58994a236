"""What an order's state follows from, which moves exist, and what an answer of the ERP brings about."""

import pytest

from bridge.states import (
    DROP_MOVES,
    REPORT_MOVES,
    SELF_ENDING_PAUSES,
    Choice,
    Consequence,
    DropState,
    OrderFacts,
    OrderState,
    Outcome,
    PauseReason,
    ReportKind,
    ReportPolicy,
    ReportState,
    Standing,
    consequence,
    is_allowed,
    is_further,
    order_state,
    standing,
    tells_number,
)

SENT, OWED, DEAD, UNCERTAIN = ReportState.SENT, ReportState.OWED, ReportState.DEAD, ReportState.UNCERTAIN

PROGRESS = {
    DropState.QUEUED: OrderState.RECEIVED,
    DropState.STAGED: OrderState.RECEIVED,
    DropState.WITHDRAWN: OrderState.RECEIVED,
    DropState.PUBLISHED: OrderState.DROPPED,
    DropState.TAKEN: OrderState.DROPPED,
    DropState.HELD: OrderState.HELD,
    DropState.UNCERTAIN: OrderState.HELD,
    DropState.ANSWERED: OrderState.ACKNOWLEDGED,
}


@pytest.mark.parametrize("drop", DropState)
def test_an_order_follows_its_confirming_drop(drop: DropState) -> None:
    facts = OrderFacts(drop)

    state = order_state(facts)

    assert state is PROGRESS[drop]


@pytest.mark.parametrize(
    ("reports", "expected"),
    [
        ((), OrderState.ACKNOWLEDGED),
        ((OWED,), OrderState.ACKNOWLEDGED),
        ((SENT, OWED), OrderState.ACKNOWLEDGED),
        ((SENT,), OrderState.REPORTED),
        ((SENT, SENT), OrderState.REPORTED),
        ((SENT, UNCERTAIN), OrderState.HELD),
        ((SENT, DEAD), OrderState.DEAD),
        ((UNCERTAIN, DEAD, OWED), OrderState.DEAD),
    ],
)
def test_an_answered_order_is_reported_when_every_report_is_sent(
    reports: tuple[ReportState, ...], expected: OrderState
) -> None:
    facts = OrderFacts(DropState.ANSWERED, reports)

    state = order_state(facts)

    assert state is expected


@pytest.mark.parametrize("drop", DropState)
def test_a_dead_report_outweighs_a_hold_and_a_hold_outweighs_progress(drop: DropState) -> None:
    held = OrderFacts(drop, (SENT,), waits_for_person=True)
    dead = OrderFacts(drop, (DEAD,), waits_for_person=True)
    abandoned = OrderFacts(drop, (DEAD,), waits_for_person=True, abandoned=True)

    states = [order_state(facts) for facts in (held, dead, abandoned)]

    assert states == [OrderState.HELD, OrderState.DEAD, OrderState.ABANDONED]


def test_a_published_file_is_never_queued_again_by_the_stage() -> None:
    published = [DropState.PUBLISHED, DropState.TAKEN, DropState.ANSWERED, DropState.WITHDRAWN]

    allowed = [
        (before, after)
        for before in published
        for after in DropState
        if is_allowed(DROP_MOVES, before, after, "settle_drops")
    ]

    assert allowed == []


@pytest.mark.parametrize("before", DropState)
def test_an_answer_proves_delivery_in_every_state_that_is_not_an_end(before: DropState) -> None:
    ends = {DropState.ANSWERED, DropState.WITHDRAWN}

    answered = is_allowed(DROP_MOVES, before, DropState.ANSWERED, "record")

    assert answered == (before not in ends)


@pytest.mark.parametrize("end", [DropState.ANSWERED, DropState.WITHDRAWN])
def test_nothing_moves_a_drop_out_of_its_end(end: DropState) -> None:
    leaving = [move for move in DROP_MOVES if end in move.before]

    assert leaving == []


def test_a_sent_report_stays_sent() -> None:
    leaving = [move for move in REPORT_MOVES if SENT in move.before]

    assert leaving == []


def test_a_move_belongs_to_the_method_that_makes_it() -> None:
    before, after = DropState.PUBLISHED, DropState.TAKEN

    by_whom = {
        by for by in ("settle_drops", "note_taken", "record", "requeue") if is_allowed(DROP_MOVES, before, after, by)
    }

    assert by_whom == {"note_taken"}


SAME_RANK = (Outcome.CONFIRMED, Outcome.CHANGED, Outcome.BACKORDER, Outcome.ON_HOLD)
ASCENDING = (
    (Outcome.RECEIVED,),
    SAME_RANK,
    (Outcome.PARTLY_DELIVERED,),
    (Outcome.DELIVERED,),
    (Outcome.INVOICED,),
)
RANKS = {outcome: rank for rank, group in enumerate(ASCENDING) for outcome in group}
ENDS = (Outcome.CANCELLED, Outcome.REJECTED)


@pytest.mark.parametrize("said", Outcome)
def test_the_first_answer_is_news(said: Outcome) -> None:
    assert standing(None, said) is Standing.NEWS


@pytest.mark.parametrize("known", RANKS)
@pytest.mark.parametrize("said", RANKS)
def test_invariant_8_only_a_lower_rank_is_older(known: Outcome, said: Outcome) -> None:
    expected = Standing.OLDER if RANKS[said] < RANKS[known] else Standing.NEWS

    found = standing(known, said)

    assert found is expected


@pytest.mark.parametrize("known", RANKS)
@pytest.mark.parametrize("said", ENDS)
def test_an_end_is_news_to_every_living_order(known: Outcome, said: Outcome) -> None:
    assert standing(known, said) is Standing.NEWS


@pytest.mark.parametrize("known", ENDS)
@pytest.mark.parametrize("said", Outcome)
def test_whatever_follows_an_end_comes_after_the_end(known: Outcome, said: Outcome) -> None:
    assert standing(known, said) is Standing.AFTER_END


CONFIRMING = (
    Outcome.CONFIRMED,
    Outcome.CHANGED,
    Outcome.BACKORDER,
    Outcome.PARTLY_DELIVERED,
    Outcome.DELIVERED,
    Outcome.INVOICED,
)


@pytest.mark.parametrize("outcome", Outcome)
def test_the_number_is_told_only_for_what_the_erp_took_on(outcome: Outcome) -> None:
    told = tells_number(outcome, waits_for_person=False)

    assert told == (outcome in CONFIRMING)


@pytest.mark.parametrize("outcome", [None, *Outcome])
def test_no_number_is_told_while_a_person_must_decide(outcome: Outcome | None) -> None:
    assert not tells_number(outcome, waits_for_person=True)


def test_no_number_is_told_of_an_order_that_was_never_answered() -> None:
    assert not tells_number(None, waits_for_person=False)


NOTHING = Consequence()
BY_DEFAULT = {
    Outcome.RECEIVED: NOTHING,
    Outcome.CONFIRMED: Consequence((Outcome.CONFIRMED,)),
    Outcome.CHANGED: Consequence((Outcome.CHANGED,), alert=True),
    Outcome.BACKORDER: Consequence((Outcome.CONFIRMED, Outcome.BACKORDER)),
    Outcome.ON_HOLD: Consequence((Outcome.ON_HOLD,)),
    Outcome.PARTLY_DELIVERED: Consequence((Outcome.PARTLY_DELIVERED,)),
    Outcome.DELIVERED: Consequence((Outcome.DELIVERED,)),
    Outcome.INVOICED: Consequence((Outcome.INVOICED,)),
    Outcome.CANCELLED: Consequence(hold=True, alert=True),
    Outcome.REJECTED: Consequence(hold=True, alert=True),
}


@pytest.mark.parametrize("said", Outcome)
def test_what_follows_from_an_answer_by_default(said: Outcome) -> None:
    follows = consequence(ReportPolicy(), said, was_confirmed=False)

    assert follows == BY_DEFAULT[said]


def test_a_backorder_of_a_confirmed_order_is_not_confirmed_twice() -> None:
    follows = consequence(ReportPolicy(), Outcome.BACKORDER, was_confirmed=True)

    assert follows == Consequence((Outcome.BACKORDER,))


def test_a_setting_sends_a_refusal_to_norce_instead_of_a_person() -> None:
    policy = ReportPolicy(rejected=Choice.STATUS, cancelled=Choice.STATUS)

    follows = [consequence(policy, said, was_confirmed=False) for said in ENDS]

    assert follows == [Consequence((said,)) for said in ENDS]


def test_a_setting_holds_a_change_for_a_person() -> None:
    follows = consequence(ReportPolicy(changed=Choice.HOLD), Outcome.CHANGED, was_confirmed=False)

    assert follows == Consequence(hold=True, alert=True)


def test_a_setting_reports_that_the_erp_received_the_order() -> None:
    follows = consequence(ReportPolicy(received=Choice.STATUS), Outcome.RECEIVED, was_confirmed=False)

    assert follows == Consequence((Outcome.RECEIVED,))


@pytest.mark.parametrize("said", Outcome)
def test_nothing_is_reported_when_reporting_is_off_and_people_are_still_asked(said: Outcome) -> None:
    follows = consequence(ReportPolicy(enabled=False), said, was_confirmed=False)

    assert follows.reports == ()
    assert (follows.hold, follows.alert) == (BY_DEFAULT[said].hold, BY_DEFAULT[said].alert)


def test_host_key_identity_and_person_wait_for_a_person() -> None:
    waiting = set(PauseReason) - SELF_ENDING_PAUSES

    assert waiting == {PauseReason.HOST_KEY, PauseReason.IDENTITY, PauseReason.PERSON}


ONE_SETTING_AWAY = ReportPolicy(
    on_hold=Choice.HOLD,
    rejected=Choice.DOCUMENT,
    cancelled=Choice.DOCUMENT,
    invoiced=Choice.DOCUMENT,
)


@pytest.mark.parametrize("said", ENDS)
def test_a_setting_cancels_with_the_payments(said: Outcome) -> None:
    follows = consequence(ONE_SETTING_AWAY, said, was_confirmed=True)

    assert follows == Consequence(document=ReportKind.CANCELLATION, alert=True)


def test_an_invoice_without_rows_is_a_status_though_money_was_asked_for() -> None:
    follows = consequence(ONE_SETTING_AWAY, Outcome.INVOICED, was_confirmed=True)

    assert follows == Consequence((Outcome.INVOICED,), alert=True)


def test_a_setting_asks_a_person_about_an_order_on_hold() -> None:
    assert consequence(ONE_SETTING_AWAY, Outcome.ON_HOLD, was_confirmed=True).hold


@pytest.mark.parametrize(
    ("outcome", "state"),
    [(None, OrderState.DROPPED), (Outcome.RECEIVED, OrderState.DROPPED), (Outcome.CONFIRMED, OrderState.REPORTED)],
)
def test_a_taken_file_answers_for_the_order_only_where_it_confirmed_it(
    outcome: Outcome | None, state: OrderState
) -> None:
    assert order_state(OrderFacts(DropState.TAKEN, (SENT,), outcome)) is state


@pytest.mark.parametrize("known", [None, *RANKS])
@pytest.mark.parametrize("said", RANKS)
def test_a_further_step_is_of_a_higher_rank(known: Outcome | None, said: Outcome) -> None:
    expected = known is None or RANKS[said] > RANKS[known]

    assert is_further(known, said) == expected
