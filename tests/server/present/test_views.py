"""The snapshots that events carry: cumulative figures, and immutability after the fact."""

import msgspec

from papertape.server.present.events import CommissionCharged, Traded
from venue.scenario import Stage, scenario


def two_fills() -> tuple[Stage, list[Traded], list[CommissionCharged]]:
    stage = scenario("quote AAPL 257.66 x 257.68*60")
    events = [
        *stage.step("submit #1 BUY 100 AAPL MKT orderRef=pair"),
        *stage.step("quote AAPL 257.66 x 257.70*40"),
    ]
    trades = [event for event in events if isinstance(event, Traded)]
    return stage, trades, [event for event in events if isinstance(event, CommissionCharged)]


def test_prices_and_sizes_accumulate() -> None:
    _, (first, second), _ = two_fills()
    assert (first.view.filled, first.view.remaining) == (60, 40)
    assert (first.view.avgFillPrice, first.view.lastFillPrice) == (257.68, 257.68)
    assert (second.view.filled, second.view.remaining) == (100, 0)
    assert (second.view.avgFillPrice, second.view.lastFillPrice) == (257.688, 257.7)
    assert (second.execution.cumQty, second.execution.avgPrice) == (100, 257.688)
    assert (second.execution.shares, second.execution.price) == (40, 257.7)


def test_commission_of_the_order_is_cumulative_and_of_the_report_its_own() -> None:
    _, trades, charges = two_fills()
    assert [event.view.state.commissionAndFees for event in charges] == [1.00018, 1.0003]
    assert [event.report.commissionAndFees for event in charges] == [1.00018, 0.00012]
    assert trades[0].view.state.commissionAndFees is None
    assert charges[0].view.state.commissionAndFeesCurrency == "USD"


def test_completion_is_stamped_on_the_last_fill_only() -> None:
    _, (first, second), _ = two_fills()
    assert (first.view.state.completedStatus, first.view.state.completedTime) == ("", "")
    assert second.view.state.completedStatus == "Filled Size: 100"
    assert second.view.state.completedTime == "20260413 10:00:03 US/Eastern"


def test_a_snapshot_stays_what_it_was() -> None:
    stage = scenario("quote AAPL 257.66 x 257.68")
    events = stage.step("submit #1 BUY 100 AAPL LMT 250")
    before = msgspec.json.encode(events)
    stage.step("submit #1 BUY 200 AAPL LMT 251")
    stage.step("cancel #1")
    assert msgspec.json.encode(events) == before


def test_execution_ids_follow_the_pattern_and_differ() -> None:
    _, trades, _ = two_fills()
    ids = [event.execution.execId for event in trades]
    assert len(set(ids)) == 2
    for exec_id in ids:
        parts = exec_id.split(".")
        assert [len(part) for part in parts] == [8, 8, 2, 2]
        assert int(parts[0], 16) > 0
        assert int(parts[1], 16) > 0
