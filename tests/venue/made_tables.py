"""Tables of scale orders and of hedges that TWS sends, as ``test_order_types`` plays them."""

TABLES = {
    "a scale order takes its profits and puts back what they trade": """
        submit  #1 BUY 300 AAPL LMT 257.60 scaleInitLevelSize=100 scaleSubsLevelSize=50 scalePriceIncrement=0.05 scaleProfitOffset=0.04 scaleAutoReset=true  -> #1 accepted Submitted
                -> #1 again Submitted
        quote   AAPL 257.58 x 257.60*60  -> #1 BOT 60 @ 257.6 Submitted; #1 fee 1.00018
                -> #0 accepted Submitted; #0 again Submitted; #0 accepted Submitted
                -> #0 again Submitted
        quote   AAPL 257.58 x 257.60  -> #1 BOT 40 @ 257.6 Submitted; #1 fee 0.00012
                -> #0 accepted Submitted; #0 again Submitted
        quote   AAPL 257.60 x 257.62  -> #0 SLD 10 @ 257.6 Filled; #0 fee 1.055046 pnl -1.155076
                -> #1 replaced Submitted; #0 SLD 40 @ 257.6 Filled; #0 fee 1.220182 pnl -1.620302
                -> #1 replaced Submitted
        quote   AAPL 257.64*30 x 257.66  -> #0 SLD 30 @ 257.64 Submitted
                -> #0 fee 1.165162 pnl -0.265252; #1 replaced Submitted
        submit  #1 BUY 400 AAPL LMT 257.60 scaleInitLevelSize=100 scaleSubsLevelSize=50 scalePriceIncrement=0.05 scaleProfitOffset=0.04 scaleAutoReset=true  -> #1 replaced Submitted
                -> #1 again Submitted
        quote   AAPL 257.58 x 257.60  -> #1 BOT 80 @ 257.6 Submitted; #1 fee 1.00024
                -> #0 accepted Submitted; #0 again Submitted; #0 accepted Submitted
                -> #0 again Submitted
        cancel  #1  -> #1 Cancelled; #0 Cancelled; #0 Cancelled; #0 Cancelled
    """,  # noqa: E501
    "profit orders outlive a scale order that has filled": """
        submit  #1 SELL 20 AAPL LMT 257.70 scaleInitLevelSize=10 scalePriceIncrement=0.05 scaleProfitOffset=0.10  -> #1 accepted Submitted
                -> #1 again Submitted
        quote   AAPL 257.75 x 257.77  -> #1 SLD 10 @ 257.75 Submitted; #1 fee 1.055076
                -> #0 accepted Submitted; #0 again Submitted
        quote   AAPL 257.75 x 257.77  -> #1 SLD 10 @ 257.75 Filled; #1 fee 0.055076
                -> #0 accepted Submitted; #0 again Submitted
        quote   AAPL 257.59 x 257.60  -> #0 BOT 10 @ 257.6 Filled; #0 fee 1.00003 pnl -0.055106
                -> #0 BOT 10 @ 257.6 Filled; #0 fee 1.00003 pnl -0.055106
        quote   AAPL 257.59 x 257.66  -> .
    """,  # noqa: E501
    "a scale order whose sizes are drawn": """
        submit  #1 BUY 1000 AAPL LMT 257.60 scaleInitLevelSize=400 scalePriceIncrement=0.05 scaleRandomPercent=true  -> #1 accepted Submitted
                -> #1 again Submitted
        quote   AAPL 257.58 x 257.60  -> #1 BOT 300 @ 257.6 Submitted; #1 fee 1.5009
        quote   AAPL 257.50 x 257.52*150  -> #1 BOT 150 @ 257.52 Submitted; #1 fee 0.75045
        quote   AAPL 257.40 x 257.42  -> #1 BOT 50 @ 257.42 Submitted; #1 fee 0.25015
        quote   AAPL 257.40 x 257.42  -> #1 BOT 300 @ 257.42 Submitted; #1 fee 1.5009
        quote   AAPL 257.40 x 257.42  -> #1 BOT 200 @ 257.42 Filled; #1 fee 1.0006
    """,  # noqa: E501
    "a scale order that begins with a position": """
        submit  #1 BUY 1000 AAPL LMT 257.50 scaleInitLevelSize=100 scalePriceIncrement=0.02 scaleProfitOffset=0.30 scaleAutoReset=true scaleInitPosition=200  -> #1 accepted Submitted
                -> #0 accepted Submitted; #0 again Submitted; #0 accepted Submitted
                -> #0 again Submitted; #1 again Submitted
        quote   AAPL 257.44 x 257.46  -> #1 BOT 100 @ 257.46 Submitted; #1 fee 1.0003
                -> #0 accepted Submitted; #0 again Submitted
        quote   AAPL 257.78 x 257.80  -> #0 SLD 100 @ 257.78 Filled; #0 fee 1.550827 pnl 29.44887
                -> #1 replaced Submitted; #0 SLD 100 @ 257.78 Filled; #0 fee 1.550827
                -> #1 replaced Submitted
        quote   AAPL 257.44 x 257.46  -> #1 BOT 100 @ 257.46 Submitted; #1 fee 0.0003 pnl 30.44887
                -> #0 accepted Submitted; #0 again Submitted
        quote   AAPL 257.47 x 257.48  -> .
        submit  #2 BUY 100 AAPL LMT 257.50 scaleInitLevelSize=50 scalePriceIncrement=0.02 scaleInitFillQty=20  -> #2 accepted Submitted
                -> #2 BOT 30 @ 257.48 Submitted; #2 fee 1.00009
    """,  # noqa: E501
    "a scale order whose price changes with time": """
        submit  #1 BUY 100 AAPL LMT 257.60 scaleInitLevelSize=40 scalePriceIncrement=0.02 scalePriceAdjustValue=0.01 scalePriceAdjustInterval=60  -> #1 accepted Submitted
                -> #1 again Submitted
        clock   20260413 10:07:00  -> .
        clock   20260413 10:09:00  -> #1 BOT 40 @ 257.68 Submitted; #1 fee 1.00012
        clock   20260413 10:10:00  -> .
        submit  #2 SELL 100 AAPL LMT 257.70 GTC scaleInitLevelSize=100 scalePriceIncrement=0.02 scalePriceAdjustValue=-0.01 scalePriceAdjustInterval=3600  -> #2 accepted PreSubmitted
                -> #2 again Submitted
        clock   20260413 14:30:00  -> #1 BOT 40 @ 257.68 Submitted; #1 fee 0.00012
                -> #1 BOT 20 @ 257.68 Filled; #1 fee 6e-05; #2 SLD 100 @ 257.66 Filled
                -> #2 fee 1.55058 pnl -4.55088
    """,  # noqa: E501
    "a relative order in components": """
        submit  #1 BUY 700 AAPL REL 258.90 auxPrice=0.01 scaleInitLevelSize=200 scaleSubsLevelSize=50 scaleRandomPercent=true scalePriceIncrement=0.02 scalePriceAdjustValue=1 scalePriceAdjustInterval=3600 scaleProfitOffset=2 scaleAutoReset=true scaleInitPosition=10 scaleInitFillQty=40  -> #1 accepted Submitted
                -> #0 accepted Submitted; #0 again Submitted; #1 again Submitted
        quote   AAPL 257.60 x 257.67  -> #1 BOT 160 @ 257.67 Submitted; #1 fee 1.00048
                -> #0 accepted Submitted; #0 again Submitted; #0 accepted Submitted
                -> #0 again Submitted; #0 accepted Submitted; #0 again Submitted
                -> #0 accepted Submitted; #0 again Submitted
        quote   AAPL 257.62 x 257.63  -> .
        quote   AAPL 257.55 x 257.57  -> #1 BOT 50 @ 257.57 Submitted; #1 fee 0.05015
                -> #0 accepted Submitted; #0 again Submitted
        cancel  #1  -> #1 Cancelled; #0 Cancelled; #0 Cancelled; #0 Cancelled; #0 Cancelled
                -> #0 Cancelled; #0 Cancelled
    """,  # noqa: E501
    "what scale orders cannot be": """
        submit  #1 BUY 100 AAPL LMT 250 scaleProfitOffset=1  -> #1 refused 419
        submit  #1 BUY 100 AAPL LMT 250 scalePriceAdjustValue=1 scalePriceAdjustInterval=60  -> #1 refused 449
        submit  #1 BUY 100 AAPL LMT 250 scaleInitLevelSize=10 scalePriceIncrement=0.05 scaleProfitOffset=0.001  -> #1 refused 418
        submit  #1 BUY 100 AAPL LMT 250 scaleInitLevelSize=10 scalePriceIncrement=0.05 scaleAutoReset=true  -> #1 refused 446
        submit  #1 BUY 100 AAPL LMT 250 scaleInitLevelSize=10 scalePriceIncrement=0.05 scalePriceAdjustValue=1  -> #1 refused 447
        submit  #1 BUY 100 AAPL LMT 250 scaleInitLevelSize=10 scalePriceIncrement=0.05 scalePriceAdjustValue=1 scalePriceAdjustInterval=86401  -> #1 refused 448
        submit  #1 BUY 100 AAPL LMT 250 scaleInitLevelSize=10 scalePriceIncrement=0.05 scalePriceAdjustValue=0.001 scalePriceAdjustInterval=60  -> #1 refused 110
        submit  #1 BUY 100 AAPL LMT 250 scaleInitLevelSize=10 scalePriceIncrement=0.05 scaleInitFillQty=11  -> #1 refused 417
        submit  #1 BUY 100000 AAPL LMT 250 scaleInitLevelSize=10000 scaleSubsLevelSize=1 scalePriceIncrement=0.05 scaleProfitOffset=0.05  -> #1 refused 417
        submit  #1 BUY 100000 AAPL LMT 250 scaleInitLevelSize=1 scalePriceIncrement=0.05 scaleProfitOffset=0.05 scaleInitPosition=1000  -> #1 refused 417
        submit  #1 BUY 100 AAPL LMT 250 scaleInitLevelSize=10 scalePriceIncrement=0.05 scaleTable=x  -> #1 refused 201
        submit  #1 BUY 100 AAPL MKT scaleInitLevelSize=10 scalePriceIncrement=0.05  -> #1 refused 387
    """,  # noqa: E501
    "a volatility order is hedged with each of its fills": """
        quote   AAPL_C260 5.00 x 5.20*2  -> .
        submit  #1 BUY 5 AAPL_C260 VOL volatility=20 volatilityType=2 deltaNeutralOrderType=MKT  -> #1 accepted Submitted
                -> #1 repriced Submitted; #1 BOT 2 @ 5.2 Submitted; #1 fee 1.5365
                -> #0 accepted Submitted; #0 SLD 94 @ 257.66 Filled; #0 fee 1.517545
        quote   AAPL_C260 5.00 x 5.10  -> #1 BOT 3 @ 5.1 Filled; #1 fee 2.30475
                -> #0 accepted Submitted; #0 SLD 142 @ 257.66 Filled; #0 fee 1.781823
        quote   AAPL_P260 6.00 x 6.20  -> .
        submit  #2 SELL 5 AAPL_P260 VOL volatility=18 volatilityType=2 deltaNeutralOrderType=LMT deltaNeutralAuxPrice=257.70  -> #2 accepted Submitted
                -> #2 repriced Submitted; #2 again Submitted
        quote   AAPL_P260 7.00 x 7.20  -> #2 SLD 5 @ 7 Filled; #2 fee 3.84125
                -> #0 accepted Submitted; #0 again Submitted
        quote   AAPL 257.66 x 257.68  -> .
        quote   AAPL 257.70 x 257.71  -> #0 SLD 271 @ 257.7 Filled; #0 fee 2.847294
        submit  #3 SELL 3 AAPL_C260 VOL volatility=10 volatilityType=2 deltaNeutralOrderType=REL deltaNeutralAuxPrice=0.01  -> #3 accepted Submitted
                -> #3 repriced Submitted; #3 SLD 3 @ 5 Filled; #3 fee 2.30475 pnl -46.6095
                -> #0 accepted Submitted; #0 BOT 129 @ 257.71 Filled; #0 fee 1.000387 pnl -6.256224
        quote   AAPL 257.60 x 257.61  -> .
    """,  # noqa: E501
    "what the hedge of a volatility order cannot be": """
        submit  #4 BUY 5 AAPL_C260 VOL volatility=20 volatilityType=2 deltaNeutralOrderType=STP  -> #4 refused 380
        submit  #4 BUY 5 AAPL_C260 VOL volatility=20 volatilityType=2 deltaNeutralOrderType=MKT deltaNeutralAuxPrice=1  -> #4 refused 379
        submit  #4 BUY 5 AAPL_C260 VOL volatility=20 volatilityType=2 deltaNeutralOrderType=REL  -> #4 refused 378
        submit  #4 BUY 5 AAPL_C260 VOL volatility=20 volatilityType=2 deltaNeutralOrderType=LMT deltaNeutralAuxPrice=1.001  -> #4 refused 377
        submit  #4 BUY 5 AAPL_C260 VOL volatility=20 volatilityType=2 deltaNeutralOrderType=MKT deltaNeutralConId=756733  -> #4 refused 10010
        submit  #4 BUY 5 AAPL LMT 250 deltaNeutralOrderType=MKT  -> #4 refused 372
        submit  #4 BUY 5 AAPL LMT 250 deltaNeutralShortSaleSlot=1  -> #4 refused 393
    """,  # noqa: E501
    "what only volatility orders have": """
        submit  #4 BUY 5 AAPL LMT 250 volatilityType=2  -> #4 refused 367
        submit  #4 BUY 5 AAPL_C260 VOL volatility=20 volatilityType=3  -> #4 refused 367
        submit  #4 BUY 5 AAPL LMT 250 referencePriceType=1  -> #4 refused 368
        submit  #4 BUY 5 AAPL_C260 VOL volatility=20 referencePriceType=3  -> #4 refused 368
        submit  #4 BUY 5 AAPL LMT 250 stockRangeLower=1  -> #4 refused 373
        submit  #4 BUY 5 AAPL_C260 VOL volatility=20 stockRangeLower=-1  -> #4 refused 375
        submit  #4 BUY 5 AAPL_C260 VOL volatility=20 stockRangeLower=2 stockRangeUpper=1  -> #4 refused 374
    """,  # noqa: E501
    "an order ends when what it follows leaves its range": """
        quote   AAPL_C260 5.00 x 5.20  -> .
        submit  #1 BUY 5 AAPL_C260 VOL volatility=10 volatilityType=2 stockRangeLower=257 stockRangeUpper=258  -> #1 accepted Submitted
                -> #1 repriced Submitted; #1 again Submitted
        quote   AAPL 257.96 x 258.00  -> .
        quote   AAPL 258.02 x 258.04  -> #1 PendingCancel; #1 Cancelled
        submit  #2 BUY 5 AAPL_C260 PEG_STK delta=50 startingPrice=5.00 stockRefPrice=258.03 stockRangeLower=257  -> #2 accepted Submitted
                -> #2 again Submitted
        quote   AAPL 256.02 x 256.04  -> #2 PendingCancel; #2 Cancelled
        submit  #3 BUY 10 AAPL PEG_BENCH startingPrice=250 peggedChangeAmount=1 referenceContractId=756733 referenceChangeAmount=2 stockRefPrice=600 stockRangeUpper=610  -> #3 accepted PreSubmitted
                -> #3 again PreSubmitted
        trade   SPY 605  -> #3 again Submitted
        trade   SPY 611  -> #3 PendingCancel; #3 Cancelled
    """,  # noqa: E501
}  # fmt: skip
