"""The callback sequences of a live paper gateway, as event tables."""

from papertape.server.present.events import OrderCancelled, RequestRefusedEvent
from papertape.venue.broker.profile import Profile
from venue.scenario import scenario, text_of

BAND = "We cannot accept an order at a limit price at or more aggressive than"
CLOSER = (
    "Please submit your order using a limit price that is closer to the current market price of"
)


def test_market_orders_fill_at_the_touch_with_the_captured_first_pairs() -> None:
    scenario("""
        quote   AAPL 257.66 x 257.68
        submit  #1 BUY 100 AAPL MKT    -> #1 accepted PreSubmitted
                                       -> #1 BOT 100 @ 257.68 Filled; #1 fee 1.0003
        submit  #2 SELL 100 AAPL MKT   -> #2 accepted Submitted
                                       -> #2 SLD 100 @ 257.66 Filled; #2 fee 1.55058 pnl -4.55088
    """)


def test_market_order_takes_the_displayed_size_and_waits_for_a_new_quote() -> None:
    scenario("""
        quote   AAPL 257.66 x 257.68*60
        submit  #1 BUY 100 AAPL MKT    -> #1 accepted PreSubmitted
                                       -> #1 BOT 60 @ 257.68 Submitted; #1 fee 1.00018
        trade   AAPL 257.68*500        -> .
        quote   AAPL 257.66 x 257.70*30  -> #1 BOT 30 @ 257.7 Submitted; #1 fee 9e-05
        quote   AAPL 257.66 x 257.71   -> #1 BOT 10 @ 257.71 Filled; #1 fee 3e-05
    """)


def test_market_order_is_held_while_there_is_no_opposite_quote() -> None:
    scenario("""
        quote   AAPL 257.66 x -
        submit  #1 BUY 1 AAPL MKT      -> #1 accepted PreSubmitted
        quote   AAPL 257.66 x -        -> .
        quote   AAPL 257.66 x 257.68   -> #1 BOT 1 @ 257.68 Filled; #1 fee 1.000003
        submit  #2 SELL 1 TSLA MKT     -> #2 accepted Submitted
        quote   TSLA 420.00 x -        -> #2 SLD 1 @ 420 Filled; #2 fee 1.00885
    """)


def test_limit_order_rests_with_a_duplicate_pair_and_is_cancelled() -> None:
    scenario("""
        quote   AAPL 257.66 x 257.68
        submit  #1 BUY 1 AAPL LMT 250  -> #1 accepted Submitted; #1 again Submitted
        cancel  #1                     -> #1 Cancelled
    """)


def test_limit_order_pair_comes_once_without_duplicates() -> None:
    profile = Profile(duplicate_pairs=False)
    scenario(
        """
        quote   AAPL 257.66 x 257.68
        submit  #1 BUY 1 AAPL LMT 250      -> #1 accepted Submitted
        submit  #1 BUY 1 AAPL LMT 251      -> #1 replaced Submitted
        submit  #2 BUY 1 AAPL LMT 250 GTC  -> #2 accepted PreSubmitted; #2 again Submitted
        """,
        profile,
    )


def test_good_till_cancelled_starts_presubmitted() -> None:
    scenario("""
        quote   AAPL 257.66 x 257.68
        submit  #1 BUY 1 AAPL LMT 250 GTC  -> #1 accepted PreSubmitted; #1 again Submitted
        submit  #2 BUY 1 AAPL LMT 260 GTC  -> #2 accepted PreSubmitted; #2 again Submitted
                                           -> #2 BOT 1 @ 257.68 Filled; #2 fee 1.000003
        submit  #3 BUY 1 AAPL MKT GTC      -> #3 accepted PreSubmitted
                                           -> #3 BOT 1 @ 257.68 Filled; #3 fee 1.000003
    """)


def test_resting_limit_fills_on_the_quote_and_never_on_prints() -> None:
    scenario("""
        quote   AAPL 0.40 x 0.50
        submit  #1 SELL 100 AAPL LMT 0.50  -> #1 accepted Submitted; #1 again Submitted
        trade   AAPL 0.50*100000           -> .
        trade   AAPL 0.51*100000           -> .
        quote   AAPL 0.49 x 0.50           -> .
        quote   AAPL 0.50 x 0.51           -> #1 SLD 100 @ 0.5 Filled; #1 fee 0.52083
    """)


def test_marketable_limit_does_better_than_its_limit_and_rests_the_remainder() -> None:
    scenario("""
        quote   AAPL 257.66 x 257.68*40
        submit  #1 BUY 100 AAPL LMT 257.70  -> #1 accepted Submitted
                                            -> #1 BOT 40 @ 257.68 Submitted; #1 fee 1.00012
        quote   AAPL 257.66 x 257.71        -> .
        quote   AAPL 257.66 x 257.70*60     -> #1 BOT 60 @ 257.7 Filled; #1 fee 0.00018
    """)


def test_orders_share_the_displayed_size_in_order_of_acceptance() -> None:
    scenario("""
        quote   AAPL 257.66 x 257.68*150
        submit  #1 BUY 100 AAPL MKT  -> #1 accepted PreSubmitted
                                     -> #1 BOT 100 @ 257.68 Filled; #1 fee 1.0003
        submit  #2 BUY 100 AAPL MKT  -> #2 accepted PreSubmitted
                                     -> #2 BOT 50 @ 257.68 Submitted; #2 fee 1.00015
        submit  c2#1 BUY 9 AAPL MKT  -> c2#1 accepted PreSubmitted
        quote   AAPL 257.66 x 257.68*50  -> #2 BOT 50 @ 257.68 Filled; #2 fee 0.00015
        quote   AAPL 257.66 x 257.68*50  -> c2#1 BOT 9 @ 257.68 Filled; c2#1 fee 1.000027
    """)


def test_immediate_or_cancel() -> None:
    scenario("""
        quote   AAPL 257.66 x 257.68*60
        submit  #1 BUY 100 AAPL LMT 257.60 IOC  -> #1 PendingCancel; #1 Cancelled
        submit  #2 BUY 100 AAPL LMT 257.68 IOC  -> #2 accepted Submitted
                                                -> #2 BOT 60 @ 257.68 Submitted; #2 fee 1.00018
                                                -> #2 PendingCancel; #2 Cancelled
        submit  #3 BUY 100 AAPL MKT IOC         -> #3 PendingCancel; #3 Cancelled
        submit  #4 SELL 1 AAPL LMT 257.66 IOC   -> #4 accepted Submitted
                                     -> #4 SLD 1 @ 257.66 Filled; #4 fee 1.005506 pnl -1.042176
    """)


def test_fill_or_kill() -> None:
    scenario("""
        quote   AAPL 257.66 x 257.68*60
        submit  #1 BUY 61 AAPL LMT 257.68 FOK  -> #1 OrderInactive Inactive
        submit  #2 BUY 1 AAPL LMT 12.90 FOK    -> #2 OrderInactive Inactive
        submit  #3 BUY 60 AAPL LMT 257.68 FOK  -> #3 accepted Submitted
                                               -> #3 BOT 60 @ 257.68 Filled; #3 fee 1.00018
    """)


def test_price_band_texts_are_the_captured_ones() -> None:
    scenario(f"""
        quote   AAPL 257.66 x 257.68
        submit  #1 BUY 1 AAPL LMT 265.26  -> #1 accepted PreSubmitted; #1 PendingCancel
          -> #1 Cancelled: {BAND} 265.255792. {CLOSER} 257.68.
        submit  #2 BUY 1 AAPL LMT 265.25  -> #2 accepted Submitted
                                          -> #2 BOT 1 @ 257.68 Filled; #2 fee 1.000003
        submit  #3 SELL 1 AAPL LMT 250.08  -> #3 accepted PreSubmitted; #3 PendingCancel
          -> #3 Cancelled: {BAND} 250.084796. {CLOSER} 257.66.
    """)


def test_beyond_the_band_an_immediate_order_ends_as_if_nobody_had_traded() -> None:
    """As captured at 309.60, 20 % above the market; FOK without a word."""
    scenario(f"""
        quote   AAPL 257.90 x 258.00
        submit  #1 BUY 1 AAPL LMT 309.6 FOK  -> #1 OrderInactive Inactive
        submit  #2 BUY 1 AAPL LMT 309.6 IOC  -> #2 PendingCancel
                                             -> #2 Cancelled: {BAND} 265.5852. {CLOSER} 258.
    """)


def test_price_band_includes_its_bound() -> None:
    scenario(f"""
        quote   AAPL 99.98 x 100.00
        submit  #1 BUY 1 AAPL LMT 102.94  -> #1 accepted PreSubmitted; #1 PendingCancel
          -> #1 Cancelled: {BAND} 102.94. {CLOSER} 100.
        submit  #2 BUY 1 AAPL LMT 102.93  -> #2 accepted Submitted
                                          -> #2 BOT 1 @ 100 Filled; #2 fee 1.000003
    """)


def test_price_band_can_be_switched_off() -> None:
    scenario(
        """
        quote   AAPL 257.66 x 257.68
        submit  #1 BUY 1 AAPL LMT 300  -> #1 accepted Submitted
                                       -> #1 BOT 1 @ 257.68 Filled; #1 fee 1.000003
        """,
        Profile(price_band=False),
    )


def test_modification_sends_the_pair_twice_and_keeps_its_place() -> None:
    stage = scenario("""
        quote   AAPL 257.66 x 257.68
        submit  #1 BUY 10 AAPL LMT 250      -> #1 accepted Submitted; #1 again Submitted
        submit  #1 BUY 20 AAPL LMT 251      -> #1 replaced Submitted; #1 again Submitted
        submit  #1 BUY 20 AAPL LMT 251 GTC  -> #1 replaced Submitted; #1 again Submitted
    """)
    (view,) = stage.queries.open_orders(1)
    assert (view.permId, view.order.lmtPrice, view.remaining) == (1_000_000_001, 251.0, 20)


def test_limit_becomes_market_and_fills() -> None:
    scenario("""
        quote   AAPL 257.66 x 257.68
        submit  #1 BUY 1 AAPL LMT 12.89  -> #1 accepted Submitted; #1 again Submitted
        submit  #1 BUY 1 AAPL MKT        -> #1 replaced Submitted
                                         -> #1 BOT 1 @ 257.68 Filled; #1 fee 1.000003
    """)


def test_modification_that_does_not_fit_changes_nothing() -> None:
    scenario("""
        quote   AAPL 257.66 x 257.68
        submit  #1 BUY 10 AAPL LMT 250      -> #1 accepted Submitted; #1 again Submitted
        submit  #1 SELL 10 AAPL LMT 250     -> #1 refused 105
        submit  #1 BUY 10 MSFT LMT 250      -> #1 refused 105
        submit  #1 BUY 10 AAPL LMT 250 IOC  -> #1 refused 462
        submit  #1 BUY 10 AAPL LMT 250.001  -> #1 refused 110
        submit  #2 BUY 10 MSFT MKT          -> #2 accepted PreSubmitted
        submit  #2 BUY 10 MSFT LMT 400      -> #2 refused 105
        cancel  #1                          -> #1 Cancelled
    """)


def test_quantity_cut_to_what_is_filled_cancels_the_remainder() -> None:
    scenario("""
        quote   AAPL 257.66 x 257.68*40
        submit  #1 BUY 100 AAPL LMT 257.68  -> #1 accepted Submitted
                                            -> #1 BOT 40 @ 257.68 Submitted; #1 fee 1.00012
        submit  #1 BUY 40 AAPL LMT 257.68   -> #1 Cancelled
    """)


def test_modified_order_counts_as_new_for_the_minimum_commission() -> None:
    scenario("""
        quote   AAPL 257.66 x 257.68*40
        submit  #1 BUY 80 AAPL LMT 257.68  -> #1 accepted Submitted
                                           -> #1 BOT 40 @ 257.68 Submitted; #1 fee 1.00012
        submit  #1 BUY 80 AAPL LMT 257.69  -> #1 replaced Submitted; #1 again Submitted
        quote   AAPL 257.66 x 257.68*40    -> #1 BOT 40 @ 257.68 Filled; #1 fee 1.00012
    """)


def test_modification_into_the_band_cancels_the_order() -> None:
    scenario(f"""
        quote   AAPL 257.66 x 257.68
        submit  #1 BUY 1 AAPL LMT 250  -> #1 accepted Submitted; #1 again Submitted
        submit  #1 BUY 1 AAPL LMT 270  -> #1 replaced Submitted; #1 PendingCancel
          -> #1 Cancelled: {BAND} 265.255792. {CLOSER} 257.68.
    """)


def test_untransmitted_order_is_silent_until_it_is_transmitted() -> None:
    scenario("""
        quote   AAPL 257.66 x 257.68
        submit  #5 BUY 1 AAPL LMT 250 transmit=false  -> .
        submit  #5 BUY 1 AAPL LMT 249 transmit=false  -> .
        submit  #5 BUY 1 AAPL LMT 249  -> #5 accepted Submitted; #5 again Submitted
        submit  #6 BUY 1 AAPL MKT transmit=false  -> .
        cancel  #6                     -> #6 Cancelled: Order was discarded; #6 refused 161
        cancel  #6                     -> #6 refused 10147
    """)


def test_an_order_that_was_never_transmitted_gets_a_permanent_id_when_it_is_discarded() -> None:
    stage = scenario("""
        quote   AAPL 257.66 x 257.68
        submit  #6 BUY 1 AAPL MKT transmit=false  -> .
    """)
    next_perm_id = stage.engine.state.next_perm_id
    event, late = stage.step("cancel #6")
    assert isinstance(event, OrderCancelled) and event.view.permId == next_perm_id
    assert isinstance(late, RequestRefusedEvent) and text_of(late) == (
        f"Cancel attempted when order is not in a cancellable state.  Order permId ={next_perm_id}"
    )
    assert stage.engine.state.next_perm_id == next_perm_id + 1
    assert stage.queries.completed_orders() == ()


def test_what_if_leaves_no_trace_but_its_permanent_id() -> None:
    stage = scenario("""
        quote   AAPL 257.66 x 257.68
        submit  #1 BUY 100 AAPL MKT whatIf=true  -> #1 WhatIfAnswered PreSubmitted
        submit  #1 BUY 100 AAPL MKT whatIf=true transmit=false  -> #1 refused 413
        submit  #1 BUY 100 AAPL MKT    -> #1 accepted PreSubmitted
                                       -> #1 BOT 100 @ 257.68 Filled; #1 fee 1.0003
    """)
    assert len(stage.queries.completed_orders()) == 1


def test_global_cancel_takes_every_client() -> None:
    scenario("""
        quote   AAPL 257.66 x 257.68
        submit  #1 BUY 1 AAPL LMT 250      -> #1 accepted Submitted; #1 again Submitted
        submit  c2#9 SELL 1 AAPL LMT 270   -> c2#9 accepted Submitted; c2#9 again Submitted
        cancel  all                        -> #1 Cancelled; c2#9 Cancelled
        cancel  all                        -> .
    """)


def test_day_orders_end_at_midnight_in_new_york_and_gtc_orders_live_on() -> None:
    scenario("""
        quote   AAPL 257.66 x 257.68
        submit  #1 BUY 1 AAPL LMT 250      -> #1 accepted Submitted; #1 again Submitted
        submit  #2 BUY 1 AAPL LMT 250 GTC  -> #2 accepted PreSubmitted; #2 again Submitted
        clock   20260413 23:59:59          -> .
        clock   20260414 00:00:00          -> #1 Cancelled
        quote   AAPL 249.00 x 250.00       -> #2 BOT 1 @ 250 Filled; #2 fee 1.000003
    """)


def test_gtc_orders_lapse_at_the_end_of_the_next_quarter() -> None:
    stage = scenario("""
        quote   AAPL 257.66 x 257.68
        submit  #1 BUY 1 AAPL LMT 250 GTC  -> #1 accepted PreSubmitted; #1 again Submitted
        clock   20260930 15:59:59          -> .
        clock   20260930 16:00:00          -> #1 Cancelled
    """)
    assert stage.queries.open_orders() == ()


def test_short_sales_and_covering() -> None:
    scenario("""
        quote   AAPL 257.66 x 257.68
        submit  #1 SELL 10 AAPL MKT  -> #1 accepted Submitted
                                     -> #1 SLD 10 @ 257.66 Filled; #1 fee 1.055058
        submit  #2 BUY 15 AAPL MKT   -> #2 accepted PreSubmitted
                                  -> #2 BOT 15 @ 257.68 Filled; #2 fee 1.000045 pnl -1.921755
    """)


def test_margin_rejection_comes_with_the_figures() -> None:
    scenario(
        """
        quote   AAPL 257.66*100000 x 257.68*100000
        submit  #1 BUY 30000 AAPL MKT  -> #1 Inactive: In order to obtain the desired position
    """.replace("position\n", f"position {EQUITY}\n")
    )


EQUITY = (
    "your Equity with Loan Value [999,849.91 USD] must exceed the new total Initial Margin of "
    "[1,275,466.50 USD]"
)


def test_margin_check_lets_an_account_reduce_its_risk() -> None:
    scenario("""
        quote   AAPL 257.66*100000 x 257.68*100000
        submit  #1 BUY 23000 AAPL MKT   -> #1 accepted PreSubmitted
                                        -> #1 BOT 23000 @ 257.68 Filled; #1 fee 115.069
        quote   AAPL 200.00*100000 x 200.01*100000
        submit  #2 SELL 1000 AAPL LMT 201  -> #2 accepted Submitted; #2 again Submitted
    """)
