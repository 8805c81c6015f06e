"""Refusals before acceptance: one error, no order, and the id stays unused."""

from decimal import Decimal

import msgspec

from papertape.model import Contract, Order, SoftDollarTier, TagValue
from papertape.server.present.events import OrderReplacedEvent, RequestRefusedEvent
from papertape.venue.broker.profile import Profile
from papertape.venue.broker.terms import check
from papertape.venue.commands import SubmitOrder
from papertape.venue.facts import Terms
from papertape.venue.reference.listings import CATALOGUE
from venue.scenario import Stage, scenario, text_of
from walks import walk

TICK = "The price does not conform to the minimum price variation for this contract."
INVALID = "Error validating request.-'bF' : cause - "
REJECTED = "Order rejected - reason:"
YET = " is not served by this station yet."
NOT_FOUND = "No security definition has been found for the request"
FRACTIONAL = (
    "Fractional-sized order cannot be placed via API. Please use desktop version to place this "
    "order."
)
CONFLICT = (
    "Parameters in request conflicts with contract parameters received by contract id: requested "
    "symbol IBM, in contract AAPL;"
)
DESTINATION = (
    'The destination or exchange selected is Invalid. Please review your order\'s "Destination" '
    "field. If using a <br>Directed order, review the exchange selected when creating the order "
    "ticket or order row. This may occur when <br>creating stock orders for the overnight session "
    "or when creating option orders for the overnight session."
)
OFFSET = "You must specify an offset amount or a percent offset value."
REFUSED = [
    ("BUY 1 AAPL FEELINGS", 321, INVALID + "Invalid order type was entered"),
    ("BUY 1 AAPL STP", 403, "Invalid stop price."),
    ("BUY 1 AAPL STP 0", 403, "Invalid stop price."),
    ("BUY 1 AAPL STP 250 triggerMethod=5", 146, "Invalid trigger method."),
    ("BUY 1 AAPL STP 250.005", 110, TICK),
    ("BUY 1 AAPL STP_LMT 250", 463, "You must enter a valid price."),
    ("BUY 1 AAPL STP_LMT 250 250.005", 110, TICK),
    ("BUY 1 AAPL STP 250 IOC", 111, "The TIF (Tif type) and the order type are incompatible."),
    ("BUY 1 AAPL STP 250 triggerMethod=5", 146, "Invalid trigger method."),
    ("BUY 1 AAPL TRAIL", 158, OFFSET),
    ("BUY 1 AAPL TRAIL auxPrice=1 trailingPercent=1", 158, OFFSET),
    ("BUY 1 AAPL TRAIL trailingPercent=100", 158, OFFSET),
    ("BUY 1 AAPL TRAIL auxPrice=1 trailStopPrice=250.005", 110, TICK),
    ("BUY 1 AAPL TRAIL_LIMIT auxPrice=1", 463, "You must enter a valid price."),
    ("BUY 1 AAPL MIT", 403, "Invalid stop price."),
    ("BUY 1 AAPL LIT 250", 463, "You must enter a valid price."),
    ("BUY 1 AAPL PEG_MKT", 387, "Unsupported order type for this exchange and security type."),
    ("BUY 1 AAPL BOX_TOP", 387, "Unsupported order type for this exchange and security type."),
    ("BUY 1 AAPL MKT_PRT", 387, "Unsupported order type for this exchange and security type."),
    ("BUY 1 AAPL VOL volatility=20", 369, "Volatility orders are only valid for US options."),
    ("HOLD 1 AAPL MKT", 321, INVALID + "Invalid order side"),
    ("SSHORT 1 AAPL MKT", 346,
     "Not an institutional account or an away clearing account."),
    ("BUY 0 AAPL MKT", 434, "The order size cannot be zero."),
    ("BUY -5 AAPL MKT", 434, "The order size cannot be zero."),
    ("BUY NaN AAPL MKT", 434, "The order size cannot be zero."),
    ("BUY 1.5 AAPL MKT", 10243, FRACTIONAL),
    ("BUY 1000000001 AAPL MKT", 321, INVALID + "Order size is too large"),
    ("BUY 1 AAPL LMT", 463, "You must enter a valid price."),
    ("BUY 1 AAPL LMT 0", 463, "You must enter a valid price."),
    ("BUY 1 AAPL LMT 250.005", 110, TICK),
    ("BUY 1 AAPL LMT 250.00001", 110, TICK),
    ("BUY 1 AAPL STP 250 OPG", 111, "The TIF (Tif type) and the order type are incompatible."),
    ("BUY 1 AAPL MOC GTC", 113, "The Tif option should be set to DAY for MOC and LOC orders."),
    ("BUY 1 AAPL LMT 250 GTD", 334, "Invalid Good Till Date order"),
    ("BUY 1 AAPL LMT 250 GTD goodTillDate=20260413-13:59:59", 334, "Invalid Good Till Date order"),
    ("BUY 1 AAPL LMT 250 GTD goodTillDate=yesterday", 334, "Invalid Good Till Date order"),
    ("BUY 1 AAPL LMT 250 goodAfterTime=soon", 391,
     "The time or time-zone entered is invalid. The correct format is hh:mm:ss xxx"),
    ("BUY 1 AAPL LMT 250 AUC", 111,
     "The TIF (Tif type) and the order type are incompatible."),
    ("BUY 1 AAPL LMT 250 GTX", 10052, "Invalid time in force:GTX"),
    ("BUY 1 AAPL LMT 250 GTT", 334, "Invalid Good Till Date order"),
    ("BUY 1 AAPL MOC DTC", 113, "The Tif option should be set to DAY for MOC and LOC orders."),
    ("BUY 1 AAPL LMT 250 Minutes", 334, "Invalid Good Till Date order"),
    ("BUY 1 AAPL LMT 250 Minutes duration=-5", 334, "Invalid Good Till Date order"),
    ("BUY 1 AAPL MKT EVER", 10052, "Invalid time in force:EVER"),
    ("BUY 1 AAPL MKT tif= strict=1", 10052, "Invalid time in force:Empty"),
    ("BUY 1 ZZZZ MKT", 200, NOT_FOUND),
    ("BUY 1 AAPL MKT currency=", 200,
     "The contract description specified for AAPL is ambiguous"),
    ("BUY 1 AAPL MKT exchange=", 321, INVALID + "Missing order exchange"),
    ("BUY 1 AAPL MKT exchange= conId=265598", 321, INVALID + "Missing order exchange"),
    ("BUY 1 AAPL MKT secType=FOO", 321, INVALID + "Please enter a valid security type"),
    ("BUY 1 AAPL MKT symbol=", 321,
     INVALID + "The symbol or the local-symbol or the security id must be entered"),
    ("BUY 1 AAPL MKT exchange=MKT", 200, DESTINATION),
    ("BUY 1 AAPL MKT exchange=IDEALPRO", 200, NOT_FOUND),
    ("BUY 1 IBM MKT conId=265598", 478, CONFLICT),
    ("BUY 1 AAPL MKT account=DU0", 201, "Order rejected - reason:Invalid account number"),
    ("BUY 1 AAPL MKT auxPrice=inf", 321,
     INVALID + "The order attribute 'auxPrice' is not a finite number"),
    ("BUY 1 AAPL MKT parentId=3", 10006, "Missing parent order."),
    ("SELL 0 AAPL LMT 300 hedgeType=P parentId=3", 10009, "Invalid hedge ratio."),
    ("SELL 0 AAPL LMT 300 hedgeType=P", 10007, "Invalid hedge type."),
    ("BUY 0 AAPL MKT cashQty=500", 10244, "Cash Quantity cannot be used for this order"),
    ("BUY 0 EUR MKT cashQty=500 secType=CASH exchange=IDEALPRO", 434,
     "The order size cannot be zero."),
]  # fmt: skip


@walk(("terms", "code", "text"), REFUSED, ids=[row[0] for row in REFUSED])
def test_refused(terms: str, code: int, text: str) -> None:
    stage = Stage()
    before = stage.engine.state_hash()
    (event,) = stage.step(f"submit #7 {terms}")
    assert isinstance(event, RequestRefusedEvent)
    assert (event.clientId, event.orderId, event.code, text_of(event)) == (1, 7, code, text)
    assert stage.engine.state_hash() == before
    assert stage.queries.next_valid_id(1) == 1
    assert stage.engine.drain_journal() == []


LIVES_ON = "Error validating request.-'bN' : cause - "
"""Not 201, which ends an order in its client: the order keeps its terms and works on."""
LATE = [
    ("cancel #1", "OrderId 1 that needs to be cancelled cannot be cancelled, state: Filled."),
    ("cancel #2", "OrderId 2 that needs to be cancelled cannot be cancelled, state: Cancelled."),
    ("cancel #3", "OrderId 3 that needs to be cancelled is not found."),
    ("cancel c2#1", "OrderId 1 that needs to be cancelled is not found."),
    ("submit #1 BUY 1 AAPL MKT", "Can't modify a filled order."),
    ("submit #2 BUY 1 AAPL MKT",
     "Order rejected - reason:Order has been cancelled already, too late to replace"),
    ("submit #0 BUY 1 AAPL MKT", "Invalid order id: 0"),
    ("submit #4 BUY 1 AAPL LMT 250 IOC",
     "Order modify failed. Cannot change to the new Time in Force.IOC"),
    ("submit #4 BUY 1 AAPL LMT 250 AUC", "The TIF (Tif type) and the order type are incompatible."),
    ("submit #4 BUY 1 AAPL LMT 250 scaleTable=x",
     LIVES_ON + "The order attribute 'scaleTable'" + YET),
]  # fmt: skip


@walk(("row", "text"), LATE)
def test_text_of_what_comes_too_late(row: str, text: str) -> None:
    stage = scenario("""
        quote   AAPL 257.66 x 257.68
        submit  #1 BUY 1 AAPL MKT      -> #1 accepted PreSubmitted
                                       -> #1 BOT 1 @ 257.68 Filled; #1 fee 1.000003
        submit  #2 BUY 1 AAPL LMT 250  -> #2 accepted Submitted; #2 again Submitted
        cancel  #2                     -> #2 Cancelled
        submit  #4 BUY 1 AAPL LMT 250  -> #4 accepted Submitted; #4 again Submitted
    """)
    (event,) = stage.step(row)
    assert text_of(event) == text
    assert [view.orderId for view in stage.queries.open_orders()] == [4]


def test_a_client_may_send_the_echoed_order_back() -> None:
    stage = scenario("""
        quote   AAPL 257.66 x 257.68
        submit  #1 BUY 1 AAPL LMT 250  -> #1 accepted Submitted; #1 again Submitted
    """)
    (view,) = stage.queries.open_orders()
    again = SubmitOrder(1, 1, view.contract, view.order)
    replaced, duplicate = stage.submit(again)
    assert isinstance(replaced, OrderReplacedEvent)
    assert (replaced.view, duplicate.view) == (view, view)  # type: ignore[union-attr]


def test_empty_time_in_force_means_day_for_older_servers() -> None:
    stage = scenario("submit  #1 BUY 1 AAPL MKT tif=  -> #1 accepted PreSubmitted")
    (view,) = stage.queries.open_orders()
    assert view.order.tif == "DAY"


def test_order_id_must_be_positive() -> None:
    scenario("""
        submit  #0 BUY 1 AAPL MKT   -> #0 refused 10149
        submit  #-4 BUY 1 AAPL MKT  -> #-4 refused 10149
    """)


def test_ids_count_up_per_client() -> None:
    stage = scenario(
        """
        quote   AAPL 257.66 x 257.68
        submit  #5 BUY 1 AAPL MKT      -> #5 accepted PreSubmitted
                                       -> #5 BOT 1 @ 257.68 Filled; #5 fee 1.000003
        submit  #4 BUY 1 AAPL MKT      -> #4 refused 103
        submit  #5 BUY 1 AAPL MKT      -> #5 refused 104
        submit  #6 BUY 1 AAPL LMT 250  -> #6 accepted Submitted; #6 again Submitted
        cancel  #6                     -> #6 Cancelled
        submit  #6 BUY 1 AAPL LMT 251  -> #6 refused 201
    """
    )
    assert stage.queries.next_valid_id(1) == 7
    assert stage.queries.next_valid_id(2) == 1


def test_ids_stay_used_after_the_orders_have_left_the_books() -> None:
    stage = scenario("""
        quote   AAPL 257.66 x 257.68
        submit  #5 BUY 1 AAPL LMT 250  -> #5 accepted Submitted; #5 again Submitted
        clock   20260414 09:30:00      -> #5 Cancelled
        submit  #5 BUY 1 AAPL LMT 250  -> #5 refused 103
        cancel  #5                     -> #5 refused 10147
    """)
    assert stage.queries.next_valid_id(1) == 6


def test_cancel_refusals() -> None:
    scenario("""
        quote   AAPL 257.66 x 257.68
        cancel  #9                       -> #9 refused 10147
        submit  #1 BUY 1 AAPL LMT 250    -> #1 accepted Submitted; #1 again Submitted
        cancel  c2#1                     -> c2#1 refused 10147
        cancel  #1                       -> #1 Cancelled
        cancel  #1                       -> #1 refused 10148
        submit  #2 BUY 1 AAPL MKT        -> #2 accepted PreSubmitted
                                         -> #2 BOT 1 @ 257.68 Filled; #2 fee 1.000003
        cancel  #2                       -> #2 refused 10148
    """)


def test_account_must_be_named_when_there_are_several() -> None:
    profile = Profile(accounts=("DU1111111", "DU2222222"))
    stage = scenario(
        """
        quote   AAPL 257.66 x 257.68
        submit  #1 BUY 1 AAPL MKT                    -> #1 refused 321
        submit  #1 BUY 1 AAPL MKT account=DU2222222  -> #1 accepted PreSubmitted
                                       -> #1 BOT 1 @ 257.68 Filled; #1 fee 1.000003
        """,
        profile,
    )
    assert [row.account for row in stage.queries.positions()] == ["DU2222222"]
    (refused,) = stage.step("submit #2 SELL 1 AAPL MKT")
    assert isinstance(refused, RequestRefusedEvent)
    assert text_of(refused) == INVALID + "You must specify an account."


def test_the_text_of_an_order_is_its_record_without_what_stands_at_its_default() -> None:
    """It is made of the attributes that were gathered for the checks, and says the same."""
    contract = Contract(symbol="AAPL", secType="STK", exchange="SMART", currency="USD")
    order = Order(
        action="SELL",
        totalQuantity=Decimal("1E+2"),
        orderType="STP LMT",
        lmtPrice=250.1,
        auxPrice=251.0,
        tif="GTC",
        orderRef='"é\u2028\\',
        softDollarTier=SoftDollarTier("tier", "value", "shown"),
        orderMiscOptions=[TagValue("a", "1"), TagValue("b", "")],
        minCompeteSize=7,
        trailStopPrice=1e-07,
        solicited=True,
    )
    terms = check(contract, order, CATALOGUE, ["DU1"])
    assert isinstance(terms, Terms)
    assert terms.text == msgspec.json.encode(order).decode()
    assert msgspec.json.decode(terms.text, type=Order) == order
