"""Which test shows what of each kind of instrument; docs/reference/kinds.md is written from it."""

COLUMNS = (
    "buy, sell", "short", "margin", "what-if", "commission", "P&L", "expiry", "money in = out",
)  # fmt: skip
FIGURES = "test_figures.py::test_a_sheet_of_decimals_says_the_same_after_every_fill"
WHAT_IF = "test_figures.py::test_a_what_if_says_what_the_order_then_does"
MONEY = "test_every_kind_of_money.py::test_money_in_is_money_out"
OTHERS, FUNDS, FUTURES = "test_other_kinds.py::", "test_funds.py::", "test_futures.py::"
COMBINATIONS = "test_combinations.py::"
FEES = OTHERS + "test_fees_and_what_a_what_if_says_of_them"
NEVER = "does not end"
_OF_FUNDS = (
    f"{FUNDS}test_a_fund_is_bought_and_sold_at_the_value_of_the_close",
    f"refused: {FUNDS}test_neither_is_sold_short", FIGURES, WHAT_IF,
    f"{FUNDS}test_the_fee_of_a_fund",
    f"{FUNDS}test_a_fund_is_bought_and_sold_at_the_value_of_the_close", NEVER, MONEY,
)  # fmt: skip
TESTED: dict[str, tuple[str, ...]] = {
    "STK": (
        FIGURES, "broker/test_margin.py::test_short_position_needs_the_same_margin", FIGURES,
        WHAT_IF, "broker/test_fees.py::test_captured",
        "test_money.py::test_a_share_in_pounds_trades_in_an_account_of_any_currency",
        "splits: test_corporate.py::test_a_split_changes_the_size_and_keeps_the_cost", MONEY,
    ),
    "CASH": (
        "test_currencies.py::test_cash_moves_in_both_currencies",
        "test_currencies.py::test_selling_the_pair_back_closes_the_memo_position", FIGURES,
        "test_charges.py::test_a_what_if_for_a_pair_says_it_in_the_base_currency",
        "test_charges.py::test_it_is_paid_in_the_base_currency",
        "test_charges.py::test_the_profit_has_it_at_the_rate_of_the_moment", NEVER, MONEY,
    ),
    "OPT": (
        FIGURES, "test_money.py::test_a_short_option_needs_its_value_and_a_part_of_the_underlying",
        "broker/test_option_margin.py::test_by_rule", WHAT_IF,
        "broker/test_fees.py::test_options_pay_by_the_contract_and_less_for_a_low_premium",
        "test_money.py::test_portfolio_profit_and_values_of_an_option_are_in_money",
        "test_contract_ends.py::test_in_the_money_shares_are_delivered_at_the_strike", MONEY,
    ),
    "FUT": (
        f"{FUTURES}test_closing_pays_the_difference", FIGURES, FIGURES, WHAT_IF,
        f"{FUTURES}test_fees_per_contract_of_a_micro_future_and_of_another",
        f"{FUTURES}test_a_day_is_settled_in_cash_and_the_next_begins_there",
        "test_contract_ends.py::test_a_future_pays_its_last_difference", MONEY,
    ),
    "FOP": (
        FIGURES, FIGURES,
        f"{FUTURES}test_an_option_on_a_future_has_its_value_in_equity_and_the_margin_of_its_future",
        WHAT_IF, f"{FUTURES}test_fees_per_contract_of_a_micro_future_and_of_another",
        f"{FUTURES}test_an_option_on_a_future_pays_what_it_is_worth_at_the_end_or_nothing",
        f"{FUTURES}test_an_option_on_a_future_pays_what_it_is_worth_at_the_end_or_nothing", MONEY,
    ),
    "CRYPTO": (
        f"{OTHERS}test_a_coin_is_bought_by_money_and_sold_by_size",
        f"refused: {OTHERS}test_a_coin_is_never_sold_short", FIGURES, WHAT_IF, FEES,
        f"{OTHERS}test_the_profit_of_the_second_day_counts_coins_once", NEVER, MONEY,
    ),
    "CFD": (
        f"{OTHERS}test_a_contract_for_difference_pays_its_difference",
        f"{OTHERS}test_a_contract_for_difference_pays_its_difference", FIGURES, WHAT_IF, FEES,
        f"{OTHERS}test_a_contract_for_difference_pays_its_difference",
        "by a split: test_scheduled.py::test_a_split_pays_out_what_follows_the_shares", MONEY,
    ),
    "BOND": (
        f"{OTHERS}test_a_bond_costs_its_percentage_of_a_thousand",
        "test_scheduled.py::test_a_bond_pays_its_coupon_and_its_face_value_and_is_gone", FIGURES,
        WHAT_IF, FEES, f"{OTHERS}test_a_bond_costs_its_percentage_of_a_thousand",
        "test_scheduled.py::test_a_bond_pays_its_coupon_and_its_face_value_and_is_gone", MONEY,
    ),
    "CMDTY": (
        f"{OTHERS}test_an_ounce_of_gold", FIGURES, FIGURES, WHAT_IF, FEES,
        f"{OTHERS}test_an_ounce_of_gold", NEVER, MONEY,
    ),
    "FUND": _OF_FUNDS,
    "WAR": (
        f"{FUNDS}test_a_warrant_costs_its_price_whatever_part_it_stands_for",
        f"refused: {FUNDS}test_neither_is_sold_short", FIGURES, WHAT_IF,
        f"{FUNDS}test_the_fee_of_a_warrant",
        f"{FUNDS}test_the_profit_of_the_second_day_counts_warrants_once",
        f"{FUNDS}test_a_warrant_ends_in_cash", MONEY,
    ),
    "BAG": (
        f"{COMBINATIONS}test_positions_cash_and_fees_are_those_of_the_legs",
        f"{COMBINATIONS}test_a_vertical_needs_less_than_its_legs_one_by_one",
        f"{COMBINATIONS}test_a_preview_tells_the_margin_that_the_legs_together_will_need",
        f"{COMBINATIONS}test_a_preview_tells_the_margin_that_the_legs_together_will_need",
        f"{COMBINATIONS}test_positions_cash_and_fees_are_those_of_the_legs",
        "test_contract_ends.py::test_a_vertical_ends_leg_by_leg",
        "test_contract_ends.py::test_a_vertical_ends_leg_by_leg",
        f"{COMBINATIONS}test_positions_cash_and_fees_are_those_of_the_legs",
    ),
}  # fmt: skip
"""Security type -> for each column a test below tests/venue, with a word before it, or why none."""
