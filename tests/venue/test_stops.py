"""STP and STP LMT: the scenario table of a type that waits.

Place, trigger, partial fill, modify, cancel, closed market, restart; what clients of both wire
formats receive is in tests/server/test_stops.py.
"""

from papertape.venue.engine import Engine
from papertape.venue.invariants import check
from venue.scenario import Stage, command, scenario
from walks import walk


def played(table: str) -> Stage:
    return scenario("quote AAPL 257.66 x 257.68\ntrade AAPL 257.67 -> .\n" + table)


def test_a_stop_waits_and_is_cancelled() -> None:
    played("""
        submit  #1 SELL 10 AAPL STP 250   -> #1 accepted PreSubmitted trigger
                                          -> #1 again PreSubmitted trigger
        cancel  #1                        -> #1 Cancelled
        cancel  #1                        -> #1 refused 10148
    """)


def test_a_print_at_the_stop_makes_it_a_market_order() -> None:
    stage = played("""
        submit  #1 SELL 10 AAPL STP 250   -> #1 accepted PreSubmitted trigger
                                          -> #1 again PreSubmitted trigger
        quote   AAPL 249.00 x 249.10      -> .
        trade   AAPL 250.01               -> .
        trade   AAPL 250.00               -> #1 elected Submitted
                                          -> #1 SLD 10 @ 249 Filled; #1 fee 1.053274
    """)
    view = stage.queries.order(1, 1)
    assert view is not None
    assert (view.order.orderType, view.order.auxPrice, view.order.lmtPrice) == ("STP", 250.0, 0.0)


def test_a_buyer_waits_for_a_rise() -> None:
    played("""
        submit  #1 BUY 10 AAPL STP 260    -> #1 accepted PreSubmitted trigger
                                          -> #1 again PreSubmitted trigger
        trade   AAPL 259.99               -> .
        quote   AAPL 261.00 x 261.02      -> .
        trade   AAPL 260.50               -> #1 elected Submitted
                                          -> #1 BOT 10 @ 261.02 Filled; #1 fee 1.00003
    """)


def test_a_stop_that_is_reached_already_trades_at_once() -> None:
    played("""
        submit  #1 SELL 10 AAPL STP 258   -> #1 accepted PreSubmitted trigger
                                          -> #1 elected Submitted
                                          -> #1 SLD 10 @ 257.66 Filled; #1 fee 1.055058
    """)


def test_an_elected_stop_fills_in_parts() -> None:
    played("""
        submit  #1 SELL 100 AAPL STP 250  -> #1 accepted PreSubmitted trigger
                                          -> #1 again PreSubmitted trigger
        quote   AAPL 249.90*30 x 250.10   -> .
        trade   AAPL 249.95    -> #1 elected Submitted
                               -> #1 SLD 30 @ 249.9 Submitted; #1 fee 1.160378
        trade   AAPL 249.90    -> .
        quote   AAPL 249.80*70 x 250.00
          -> #1 SLD 70 @ 249.8 Filled; #1 fee 0.374072
    """)


def test_without_an_opposite_quote_an_elected_stop_waits_for_one() -> None:
    played("""
        submit  #1 SELL 10 AAPL STP 250   -> #1 accepted PreSubmitted trigger
                                          -> #1 again PreSubmitted trigger
        quote   AAPL - x 250.10           -> .
        trade   AAPL 249.00               -> #1 elected Submitted
        quote   AAPL 248.00 x 250.10      -> #1 SLD 10 @ 248 Filled; #1 fee 1.053068
    """)


def test_a_stop_limit_rests_at_its_limit_once_elected() -> None:
    played("""
        submit  #1 SELL 10 AAPL STP_LMT 250 249.5  -> #1 accepted PreSubmitted trigger
                                                   -> #1 again PreSubmitted trigger
        quote   AAPL 249.00 x 249.40      -> .
        trade   AAPL 249.20               -> #1 elected Submitted
        quote   AAPL 249.40 x 249.60      -> .
        quote   AAPL 249.50 x 249.60      -> #1 SLD 10 @ 249.5 Filled; #1 fee 1.053377
    """)


def test_a_stop_limit_that_is_elected_within_its_limit_fills() -> None:
    played("""
        submit  #1 BUY 10 AAPL STP_LMT 260 260.5  -> #1 accepted PreSubmitted trigger
                                                  -> #1 again PreSubmitted trigger
        quote   AAPL 260.00 x 260.10      -> .
        trade   AAPL 260.05               -> #1 elected Submitted
                                          -> #1 BOT 10 @ 260.1 Filled; #1 fee 1.00003
    """)


def test_new_terms_of_a_waiting_stop() -> None:
    played("""
        submit  #1 SELL 10 AAPL STP 250   -> #1 accepted PreSubmitted trigger
                                          -> #1 again PreSubmitted trigger
        submit  #1 SELL 20 AAPL STP 251   -> #1 replaced PreSubmitted trigger
                                          -> #1 again PreSubmitted trigger
        trade   AAPL 250.50               -> #1 elected Submitted
                                          -> #1 SLD 20 @ 257.66 Filled; #1 fee 1.110116
    """)


def test_new_terms_may_elect_it() -> None:
    played("""
        submit  #1 SELL 10 AAPL STP 250   -> #1 accepted PreSubmitted trigger
                                          -> #1 again PreSubmitted trigger
        submit  #1 SELL 10 AAPL STP 258   -> #1 replaced PreSubmitted trigger
                                          -> #1 elected Submitted
                                          -> #1 SLD 10 @ 257.66 Filled; #1 fee 1.055058
    """)


def test_a_stop_limit_gets_another_limit_after_its_election() -> None:
    played("""
        submit  #1 SELL 10 AAPL STP_LMT 250 249.5  -> #1 accepted PreSubmitted trigger
                                                   -> #1 again PreSubmitted trigger
        quote   AAPL 249.00 x 249.40      -> .
        trade   AAPL 249.20               -> #1 elected Submitted
        submit  #1 SELL 10 AAPL STP_LMT 250 249    -> #1 replaced Submitted
                                          -> #1 SLD 10 @ 249 Filled; #1 fee 1.053274
    """)


def test_its_type_stays() -> None:
    played("""
        submit  #1 SELL 10 AAPL STP 250          -> #1 accepted PreSubmitted trigger
                                                 -> #1 again PreSubmitted trigger
        submit  #1 SELL 10 AAPL MKT              -> #1 refused 105
        submit  #1 SELL 10 AAPL STP_LMT 250 249  -> #1 refused 105
        submit  #1 SELL 10 AAPL STP 250 IOC      -> #1 refused 111
    """)


def test_stops_of_the_day_lapse_and_others_live_on() -> None:
    played("""
        submit  #1 SELL 10 AAPL STP 250      -> #1 accepted PreSubmitted trigger
                                             -> #1 again PreSubmitted trigger
        submit  #2 SELL 10 AAPL STP 240 GTC  -> #2 accepted PreSubmitted trigger
                                             -> #2 again PreSubmitted trigger
        clock   20260414 00:00:00            -> #1 Cancelled
        trade   AAPL 239.00                  -> #2 elected Submitted
                                             -> #2 SLD 10 @ 257.66 Filled; #2 fee 1.055058
    """)


def test_the_first_that_came_trades_first() -> None:
    played("""
        submit  #1 SELL 10 AAPL STP 250   -> #1 accepted PreSubmitted trigger
                                          -> #1 again PreSubmitted trigger
        submit  #2 SELL 10 AAPL STP 251   -> #2 accepted PreSubmitted trigger
                                          -> #2 again PreSubmitted trigger
        quote   AAPL 249.00*15 x 249.10   -> .
        trade   AAPL 249.00   -> #1 elected Submitted; #1 SLD 10 @ 249 Filled; #1 fee 1.053274
                              -> #2 elected Submitted; #2 SLD 5 @ 249 Submitted; #2 fee 1.026637
    """)


def test_a_trigger_method_may_look_at_quotes() -> None:
    played("""
        submit  #1 SELL 10 AAPL STP 250 triggerMethod=4  -> #1 accepted PreSubmitted trigger
                                                         -> #1 again PreSubmitted trigger
        trade   AAPL 240.00               -> .
        quote   AAPL 249.00 x 250.10      -> .
        quote   AAPL 249.00 x 250.00      -> #1 elected Submitted
                                          -> #1 SLD 10 @ 249 Filled; #1 fee 1.053274
    """)


def test_currencies_look_at_quotes_by_default() -> None:
    pair = "EUR STP 1.09 secType=CASH exchange=IDEALPRO"
    scenario(f"""
        quote   EUR 1.10000*1000000 x 1.10010*1000000
        submit  #1 SELL 20000 {pair}      -> #1 accepted PreSubmitted trigger
                                          -> #1 again PreSubmitted trigger
        quote   EUR 1.08990*1000000 x 1.09000*1000000  -> #1 elected Submitted
                                          -> #1 SLD 20000 @ 1.0899 Filled; #1 fee 2
    """)


@walk("kind", ["STP 250", "STP_LMT 250 249"])
@walk("way", ["replay", "snapshot"])
def test_a_restart_in_the_middle_changes_nothing(kind: str, way: str) -> None:
    """Before and after the election: what follows is what would have followed."""
    rows = (
        f"submit #1 SELL 100 AAPL {kind}",
        "quote AAPL 248.90*30 x 249.40",
        "trade AAPL 249.50",
        "quote AAPL 249.10*30 x 249.40",
        "quote AAPL 249.20*99 x 249.40",
    )
    for cut in range(1, len(rows)):
        straight = played("")
        for row in rows[:cut]:
            straight.step(row)
        twin = Engine(straight.market)
        straight.journal += straight.engine.drain_journal()
        if way == "replay":
            twin.replay(straight.journal)
        else:
            rows_then = straight.engine.archive.rows()
            twin.restore(bytes(straight.engine.snapshot()), lambda *_, kept=rows_then: kept)
        other = played("")
        other.market, other.engine, other.now = straight.market, twin, straight.now
        for row in rows[cut:]:
            happened = straight.step(row)
            assert other.told(twin.advance(straight.now)) == happened
        check(twin)
        assert twin.state_hash() == straight.engine.state_hash()
        assert straight.engine.archive.counts == (1, 3 if kind.startswith("STP ") else 2)


def test_a_command_for_a_stop_reads_as_it_is_written() -> None:
    asked = command("submit", ["#1", "SELL", "10", "AAPL", "STP_LMT", "250", "249.5"])
    assert (asked.order.auxPrice, asked.order.lmtPrice) == (250.0, 249.5)  # type: ignore[union-attr]
