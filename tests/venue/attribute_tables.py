"""Tables of attributes and times in force, as ``test_order_types`` plays them."""

TABLES = {
    "auctions alone tell their imbalance": """
        submit  #1 BUY 10 AAPL LMT 250 imbalanceOnly=true  -> #1 refused 10342
        submit  #1 BUY 10 AAPL LOC 250 imbalanceOnly=true  -> #1 accepted PreSubmitted
                -> #1 again PreSubmitted
        submit  #2 BUY 10 AAPL LMT 250 OPG imbalanceOnly=true  -> #2 accepted PreSubmitted
                -> #2 again PreSubmitted
    """,
    "short sales of institutions": """
        submit  #1 SSHORT 10 AAPL LMT 260  -> #1 refused 346
        submit  #1 SELL 10 AAPL LMT 260 shortSaleSlot=3  -> #1 refused 347
        submit  #1 SELL 10 AAPL LMT 260 shortSaleSlot=2  -> #1 refused 352
        submit  #1 SELL 10 AAPL LMT 260 shortSaleSlot=1 designatedLocation=there  -> #1 refused 353
        submit  #1 SELL 10 AAPL LMT 260 shortSaleSlot=1  -> #1 refused 348
        submit  #1 SELL 10 AAPL LMT 260 designatedLocation=there  -> #1 refused 347
    """,
    "a relative order away by a part of the price": """
        submit  #1 BUY 10 AAPL REL percentOffset=0.00005  -> #1 accepted Submitted
                -> #1 again Submitted
        quote   AAPL 257.60 x 257.67  -> #1 BOT 10 @ 257.67 Filled; #1 fee 1.00003
        submit  #2 BUY 10 AAPL REL percentOffset=1.5  -> #2 refused 158
    """,
    "a benchmark that the price goes against": """
        quote   SPY 599.99 x 600.01  -> .
        trade   SPY 600  -> .
        submit  #1 BUY 10 AAPL PEG_BENCH startingPrice=257.60 peggedChangeAmount=1 referenceContractId=756733 referenceChangeAmount=10 stockRefPrice=600 isPeggedChangeAmountDecrease=true  -> #1 accepted Submitted
                -> #1 again Submitted
        trade   SPY 601  -> .
        trade   SPY 599.20  -> #1 BOT 10 @ 257.68 Filled; #1 fee 1.00003
    """,  # noqa: E501
    "numbers that stand for a few things": """
        submit  #1 BUY 10 AAPL LMT 250 origin=1  -> #1 accepted Submitted; #1 again Submitted
        submit  #2 BUY 10 AAPL LMT 250 origin=2  -> #2 refused 311
        submit  #2 BUY 10 AAPL LMT 250 ocaGroup=g ocaType=4  -> #2 refused 321
        submit  #2 BUY 10 AAPL LMT 250 ocaGroup=g ocaType=-1  -> #2 refused 321
    """,
    "an order that was never transmitted is discarded": """
        submit  #1 BUY 10 AAPL LMT 250 transmit=false  -> .
        cancel  #1  -> #1 Cancelled: Order was discarded; #1 refused 161
        cancel  #1  -> #1 refused 10147
        submit  #1 BUY 10 AAPL LMT 250  -> #1 refused 103
        submit  #2 BUY 10 AAPL LMT 250  -> #2 accepted Submitted; #2 again Submitted
    """,
    "times in force that a paper account does not take": """
        submit  #1 BUY 10 AAPL LMT 250 GTX  -> #1 refused 10052
        submit  #1 BUY 10 AAPL LMT 250 GOOD  -> #1 refused 10052
        submit  #1 BUY 10 AAPL MTL AUC  -> #1 refused 387
    """,
    "what an order has that does not count for it": """
        submit  #1 BUY 10 AAPL MKT outsideRth=true  -> #1 warned 2109; #1 accepted PreSubmitted
                -> #1 BOT 10 @ 257.68 Filled; #1 fee 1.00003
        submit  #2 BUY 10 AAPL LMT 250 outsideRth=true sweepToFill=true  -> #2 accepted Submitted
                -> #2 again Submitted
        submit  #3 BUY 1 ESM6 LMT 4000 outsideRth=true sweepToFill=true  -> #3 warned 131
                -> #3 accepted Submitted; #3 again Submitted
        submit  #4 BUY 10 AAPL LOC 250 outsideRth=true  -> #4 warned 2109; #4 accepted PreSubmitted
                -> #4 again PreSubmitted
    """,
    "children of an order that fills whole": """
        submit  #1 BUY 10 AAPL LMT 250 allOrNone=true transmit=false  -> .
        submit  #2 SELL 10 AAPL LMT 260 parentId=1  -> #2 refused 10236
        submit  #2 SELL 10 AAPL LMT 260 parentId=1 allOrNone=true  -> #1 accepted Submitted
                -> #2 accepted PreSubmitted child; #2 again PreSubmitted child; #1 again Submitted
    """,
    "what the opening auction does not take": """
        submit  #1 BUY 10 AAPL LMT 257 OPG discretionaryAmt=0.05  -> #1 refused 325
        submit  #1 BUY 10 AAPL LMT 257 OPG scaleInitLevelSize=1 scalePriceIncrement=0.05  -> #1 refused 387
    """,  # noqa: E501
}  # fmt: skip
