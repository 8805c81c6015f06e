"""Tables of order types and attributes, as ``test_order_types`` plays them."""

TABLES = {
    "orders with protection": """
        quote   ESM6 5000.25*3 x 5000.50*3  -> .
        submit  #1 BUY 5 ESM6 MKT_PRT  -> #1 accepted Submitted; #1 BOT 3 @ 5000.5 Submitted
                -> #1 fee 6.45
        quote   ESM6 5006.00 x 5006.25  -> .
        quote   ESM6 5005.00 x 5005.25*1  -> #1 BOT 1 @ 5005.25 Submitted; #1 fee 2.15
        submit  #1 BUY 6 ESM6 MKT_PRT  -> #1 replaced Submitted; #1 again Submitted
        cancel  #1  -> #1 Cancelled
        submit  #2 SELL 1 ESM6 STP_PRT 4990  -> #2 accepted PreSubmitted trigger
                -> #2 again PreSubmitted trigger
        quote   ESM6 4989.00*1 x 4990  -> .
        trade   ESM6 4990.00  -> #2 elected Submitted; #2 SLD 1 @ 4989 Filled
                -> #2 fee 2.15 pnl -638.675
        submit  #3 SELL 1 ESM6 STP_PRT 4980  -> #3 accepted PreSubmitted trigger
                -> #3 again PreSubmitted trigger
        submit  #3 SELL 2 ESM6 STP_PRT 4985  -> #3 replaced PreSubmitted trigger
                -> #3 again PreSubmitted trigger
        cancel  #3  -> #3 Cancelled
    """,
    "at the top of the BOX": """
        quote   AAPL_C260 5.00*3 x 5.10*3  -> .
        submit  #1 BUY 5 AAPL_C260 BOX_TOP  -> #1 refused 387
        submit  #1 BUY 5 AAPL_C260 BOX_TOP exchange=BOX  -> #1 accepted PreSubmitted
                -> #1 BOT 3 @ 5.1 Submitted; #1 fee 2.30475; #1 again Submitted
        quote   AAPL_C260 5.10 x 5.20  -> .
        submit  #1 BUY 6 AAPL_C260 BOX_TOP exchange=BOX  -> #1 replaced Submitted
                -> #1 again Submitted
        quote   AAPL_C260 5.00 x 5.10*1  -> #1 BOT 1 @ 5.1 Submitted; #1 fee 0.76825
        cancel  #1  -> #1 Cancelled
    """,
    "an option that follows its stock": """
        quote   AAPL_C260 5.00 x 5.20  -> .
        submit  #1 BUY 5 AAPL_C260 PEG_STK delta=50 startingPrice=5.00 stockRefPrice=257.67  -> #1 accepted Submitted
                -> #1 again Submitted
        quote   AAPL 257.86 x 257.88  -> .
        quote   AAPL_C260 5.00 x 5.10  -> #1 BOT 5 @ 5.1 Filled; #1 fee 3.84125
        quote   AAPL 257.90 x 257.92  -> .
        submit  #2 SELL 5 AAPL_P260 PEG_STK delta=50  -> #2 accepted PreSubmitted
                -> #2 again PreSubmitted
        quote   AAPL_P260 5.00*2 x 5.10  -> #2 again Submitted
        submit  #3 SELL 5 AAPL_P260 PEG_STK delta=50  -> #3 accepted Submitted; #3 again Submitted
        quote   AAPL 257.98 x 258.00  -> .
        quote   AAPL_P260 5.02 x 5.10  -> #3 SLD 5 @ 5.02 Filled; #3 fee 3.84125
        cancel  #2  -> #2 Cancelled
        submit  #4 SELL 5 AAPL_P260 PEG_STK delta=101  -> #4 refused 335
        submit  #4 SELL 5 AAPL_P260 PEG_STK  -> #4 refused 335
        submit  #4 SELL 5 AAPL PEG_STK delta=50  -> #4 refused 387
    """,  # noqa: E501
    "an option at a volatility": """
        quote   AAPL_C260 5.00 x 5.20  -> .
        submit  #1 BUY 5 AAPL_C260 VOL volatility=12 volatilityType=2 continuousUpdate=true referencePriceType=1  -> #1 accepted Submitted
                -> #1 repriced Submitted; #1 again Submitted
        quote   AAPL 260.66 x 260.68  -> #1 repriced Submitted
        quote   AAPL_C260 5.00*3 x 6.00*3  -> .
        submit  #1 BUY 5 AAPL_C260 VOL volatility=15 volatilityType=2 continuousUpdate=true referencePriceType=2  -> #1 replaced Submitted
                -> #1 repriced Submitted; #1 again Submitted
        submit  #2 BUY 5 AAPL_C260 VOL volatility=1.2 volatilityType=1  -> #2 accepted Submitted
                -> #2 repriced Submitted; #2 BOT 3 @ 6 Submitted; #2 fee 2.30475
        quote   AAPL 270.66 x 270.68  -> #1 repriced Submitted
        quote   AAPL_C260 5.00*3 x 6.00*4  -> #1 BOT 4 @ 6 Submitted; #1 fee 3.073
        cancel  #2  -> #2 Cancelled
        submit  #3 BUY 5 AAPL_C260 VOL  -> #3 refused 371
        submit  #3 BUY 5 AAPL LMT 250 volatility=20  -> #3 refused 371
        submit  #3 BUY 5 AAPL LMT 250 continuousUpdate=true  -> #3 refused 372
    """,  # noqa: E501
    "an order competes with the best price": """
        submit  #1 BUY 5 AAPL PEG_BEST competeAgainstBestOffset=0.01 minCompeteSize=10  -> #1 accepted Submitted
                -> #1 again Submitted
        quote   AAPL 257.66 x 257.67*3  -> #1 BOT 3 @ 257.67 Submitted; #1 fee 1.000009
        quote   AAPL 257.66*5 x 257.67  -> .
        submit  #2 BUY 5 AAPL PEG_BEST competeAgainstBestOffset=inf midOffsetAtWhole=0.01  -> #2 accepted Submitted
                -> #2 again Submitted
        quote   AAPL 257.60 x 257.61  -> #1 BOT 2 @ 257.61 Filled; #1 fee 6e-06
                -> #2 BOT 5 @ 257.61 Filled; #2 fee 1.000015
        cancel  #2  -> #2 refused 10148
        submit  #3 BUY 5 AAPL PEG_MID midOffsetAtWhole=0.01 midOffsetAtHalf=0 minTradeQty=3  -> #3 accepted Submitted
                -> #3 again Submitted
        quote   AAPL 257.60 x 257.61*2  -> .
        quote   AAPL 257.57 x 257.60*3  -> #3 BOT 3 @ 257.6 Submitted; #3 fee 1.000009
        submit  #4 BUY 5 AAPL LMT 250 minTradeQty=3  -> #4 refused 10302
        submit  #4 BUY 5 AAPL LMT 250 midOffsetAtHalf=0.01  -> #4 refused 10306
        submit  #4 BUY 5 AAPL PEG_BEST midOffsetAtHalf=0.01  -> #4 refused 10306
        submit  #4 BUY 5 AAPL PEG_BEST minCompeteSize=-1  -> #4 refused 10304
        submit  #4 BUY 5 AAPL PEG_BEST competeAgainstBestOffset=-0.01  -> #4 refused 10305
        submit  #4 BUY 5 AAPL PEG_BEST competeAgainstBestOffset=0  -> #4 refused 10305
        submit  #4 BUY 5 AAPL PEG_BEST competeAgainstBestOffset=0.005  -> #4 refused 10305
        submit  #4 BUY 5 AAPL PEG_BEST competeAgainstBestOffset=inf midOffsetAtWhole=-0.01  -> #4 refused 10307
        submit  #4 BUY 5 AAPL PEG_MID midOffsetAtHalf=-0.01  -> #4 refused 10307
        submit  #4 BUY 5 AAPL PEG_MID minTradeQty=-1  -> #4 refused 10303
        submit  #4 BUY 5 AAPL PEG_MID minTradeQty=6  -> #4 refused 10303
        submit  #4 BUY 5 AAPL PEG_BEST minTradeQty=5 competeAgainstBestOffset=0.29  -> #4 accepted Submitted
                -> #4 again Submitted
        submit  #5 BUY 5 AAPL LMT 250 displaySize=-1  -> #5 refused 321
    """,  # noqa: E501
    "an order stays from a middle between two increments": """
        quote   AAPL 257.60 x 257.63  -> .
        submit  #1 BUY 5 AAPL PEG_MID midOffsetAtHalf=0.02  -> #1 accepted Submitted
                -> #1 again Submitted
        quote   AAPL 257.50 x 257.60  -> .
        quote   AAPL 257.60 x 257.63  -> .
        quote   AAPL 257.50 x 257.59  -> #1 BOT 5 @ 257.59 Filled; #1 fee 1.000015
    """,
    "an order that only adds": """
        submit  #1 BUY 5 AAPL LMT 257.68 postOnly=true  -> #1 accepted Submitted; #1 PendingCancel
                -> #1 Cancelled
        submit  #2 BUY 5 AAPL LMT 257.67 postOnly=true  -> #2 accepted Submitted
                -> #2 again Submitted
        submit  #2 BUY 5 AAPL LMT 257.66 postOnly=true  -> #2 replaced Submitted
                -> #2 again Submitted
        quote   AAPL 257.60 x 257.61  -> #2 BOT 5 @ 257.61 Filled; #2 fee 1.000015
        submit  #3 BUY 5 AAPL MKT postOnly=true  -> #3 refused 10340
        submit  #3 SELL 5 AAPL STP_LMT 250 249 postOnly=true  -> #3 refused 10340
        submit  #3 BUY 5 AAPL LMT 257 OPG postOnly=true  -> #3 refused 10340
        submit  #3 BUY 5 AAPL LMT 257.50 postOnly=true  -> #3 accepted Submitted; #3 again Submitted
        submit  #3 BUY 5 AAPL LMT 257.61 postOnly=true  -> #3 replaced Submitted; #3 PendingCancel
                -> #3 Cancelled
        submit  #4 BUY 5 AAPL LMT 257.61 postOnly=true goodAfterTime=20260413-14:02:00  -> #4 accepted PreSubmitted
                -> #4 again PreSubmitted
        clock   20260413 10:02:01  -> #4 again Submitted; #4 PendingCancel; #4 Cancelled
    """,  # noqa: E501
    "relative up to its cap": """
        submit  #1 BUY 5 AAPL REL 257.90 auxPrice=0.02 discretionaryUpToLimitPrice=true  -> #1 accepted Submitted
                -> #1 BOT 5 @ 257.68 Filled; #1 fee 1.000015
        submit  #2 BUY 5 AAPL REL 257.67 auxPrice=0.01 discretionaryUpToLimitPrice=true  -> #2 accepted Submitted
                -> #2 again Submitted
        quote   AAPL 257.66 x 257.68  -> .
        quote   AAPL 257.60 x 257.67  -> #2 BOT 5 @ 257.67 Filled; #2 fee 1.000015
        submit  #3 BUY 5 AAPL REL auxPrice=0.01 discretionaryUpToLimitPrice=true  -> #3 refused 325
    """,  # noqa: E501
    "stops that want two ticks in a row": """
        submit  #1 SELL 5 AAPL STP 257 triggerMethod=3  -> #1 accepted PreSubmitted trigger
                -> #1 again PreSubmitted trigger
        trade   AAPL 256.99  -> .
        trade   AAPL 257.01  -> .
        trade   AAPL 256.99  -> .
        quote   AAPL 256 x 256.50  -> .
        trade   AAPL 257.00  -> #1 elected Submitted; #1 SLD 5 @ 256 Filled; #1 fee 1.027358
        submit  #2 BUY 5 AAPL STP 258 triggerMethod=1  -> #2 accepted PreSubmitted trigger
                -> #2 again PreSubmitted trigger
        quote   AAPL 258.00 x 258.02  -> .
        quote   AAPL 257.00 x 258.02  -> .
        quote   AAPL 258.00 x 258.02  -> .
        trade   AAPL 200  -> .
        submit  #2 BUY 5 AAPL STP 259 triggerMethod=1  -> #2 replaced PreSubmitted trigger
                -> #2 again PreSubmitted trigger
        quote   AAPL 259.00 x 259.02  -> .
        quote   AAPL 259.01 x 259.02  -> #2 elected Submitted; #2 BOT 5 @ 259.02 Filled
                -> #2 fee 1.000015 pnl -17.12737
        submit  #3 SELL 5 AAPL TRAIL auxPrice=1 triggerMethod=3  -> #3 accepted PreSubmitted trigger
                -> #3 again PreSubmitted trigger
        trade   AAPL 260  -> .
        trade   AAPL 262  -> .
        trade   AAPL 261  -> .
        trade   AAPL 261.5  -> .
        trade   AAPL 261  -> .
        trade   AAPL 260.9  -> #3 elected Submitted; #3 SLD 5 @ 259.01 Filled; #3 fee 1.027668
        submit  #4 SELL 5 AAPL STP 300 triggerMethod=3  -> #4 accepted PreSubmitted trigger
                -> #4 again PreSubmitted trigger
        cancel  #4  -> #4 Cancelled
    """,
    "an adaptive order waits by its priority": """
        submit  #1 BUY 10 AAPL MKT algoStrategy=Adaptive algoParams=[{"tag":"adaptivePriority","value":"Urgent"}]  -> #1 accepted PreSubmitted
                -> #1 BOT 10 @ 257.68 Filled; #1 fee 1.00003
        submit  #2 BUY 10 AAPL LMT 257.70 algoStrategy=Adaptive algoParams=[{"tag":"adaptivePriority","value":"Normal"}]  -> #2 accepted Submitted
                -> #2 again Submitted
        quote   AAPL 257.66 x 257.69*6  -> .
        clock   20260413 10:00:07  -> .
        clock   20260413 10:00:09  -> #2 BOT 6 @ 257.69 Submitted; #2 fee 1.000018
        quote   AAPL 257.66 x 257.69*6  -> #2 BOT 4 @ 257.69 Filled; #2 fee 1.2e-05
        submit  #3 SELL 10 AAPL MKT algoStrategy=Adaptive algoParams=[{"tag":"adaptivePriority","value":"Patient"}]  -> #3 accepted Submitted
        submit  #3 SELL 12 AAPL MKT algoStrategy=Adaptive algoParams=[{"tag":"adaptivePriority","value":"Patient"}]  -> #3 replaced Submitted
        submit  #3 SELL 12 AAPL MKT algoStrategy=Adaptive algoParams=[{"tag":"adaptivePriority","value":"Urgent"}]  -> #3 refused 440
        submit  #3 SELL 12 AAPL MKT  -> #3 refused 440
        cancel  #3  -> #3 Cancelled
        submit  #4 BUY 10 AAPL LMT 257.68 parentId=5 algoStrategy=Adaptive algoParams=[{"tag":"adaptivePriority","value":"Urgent"}]  -> #4 refused 10006
        submit  #5 BUY 10 AAPL LMT 250 transmit=false  -> .
        submit  #6 SELL 10 AAPL LMT 257.60 parentId=5 algoStrategy=Adaptive algoParams=[{"tag":"adaptivePriority","value":"Normal"}]  -> #5 accepted Submitted
                -> #6 accepted PreSubmitted child; #6 again PreSubmitted child; #5 again Submitted
        quote   AAPL 257.66 x 257.69  -> .
        submit  #5 BUY 10 AAPL LMT 258  -> #5 replaced Submitted; #5 BOT 10 @ 257.69 Filled
                -> #5 fee 1.00003; #6 again Submitted
        clock   20260413 10:00:40  -> #6 SLD 10 @ 257.66 Filled; #6 fee 1.055058 pnl -2.321755
    """,  # noqa: E501
    "a volume weighted order in equal parts": """
        submit  #1 BUY 10 AAPL MKT algoStrategy=Twap algoParams=[{"tag":"startTime","value":"10:01:00"},{"tag":"endTime","value":"10:03:00"},{"tag":"strategyType","value":"Marketable"}]  -> #1 accepted PreSubmitted
        clock   20260413 10:00:59  -> .
        clock   20260413 10:01:00  -> #1 BOT 5 @ 257.68 Submitted; #1 fee 1.000015
        quote   AAPL 257.66 x 257.69  -> .
        quote   AAPL - x -  -> .
        clock   20260413 10:02:00  -> .
        quote   AAPL 257.66 x 257.70*3  -> #1 BOT 3 @ 257.7 Submitted; #1 fee 9e-06
        quote   AAPL 257.66 x 257.71  -> #1 BOT 2 @ 257.71 Filled; #1 fee 6e-06
        submit  #2 BUY 10 AAPL LMT 257 algoStrategy=Vwap algoParams=[{"tag":"endTime","value":"10:03:00"}]  -> #2 accepted Submitted
                -> #2 again Submitted
        clock   20260413 10:04:00  -> #2 PendingCancel; #2 Cancelled
        submit  #3 BUY 10 AAPL LMT 257.71 algoStrategy=Vwap algoParams=[{"tag":"maxPctVol","value":"0.2"},{"tag":"endTime","value":"10:05:00"},{"tag":"allowPastEndTime","value":"1"}]  -> #3 accepted Submitted
                -> #3 again Submitted
        trade   AAPL 257.70*20  -> .
        quote   AAPL 257.66 x 257.70  -> #3 BOT 4 @ 257.7 Submitted; #3 fee 1.000012
        cancel  #3  -> #3 Cancelled
    """,  # noqa: E501
    "an order follows the volume": """
        submit  #1 BUY 100 AAPL LMT 257.70 algoStrategy=PctVol algoParams=[{"tag":"pctVol","value":"0.1"},{"tag":"noTakeLiq","value":"0"}]  -> #1 accepted Submitted
                -> #1 again Submitted
        trade   AAPL 257.67*95  -> .
        quote   AAPL 257.66 x 257.69  -> #1 BOT 9 @ 257.69 Submitted; #1 fee 1.000027
        trade   AAPL 257.67*300  -> .
        quote   AAPL 257.67 x 257.70  -> #1 BOT 30 @ 257.7 Submitted; #1 fee 9e-05
        submit  #1 BUY 60 AAPL LMT 257.60 algoStrategy=PctVol algoParams=[{"tag":"pctVol","value":"0.1"},{"tag":"noTakeLiq","value":"0"}]  -> #1 replaced Submitted
                -> #1 again Submitted
        submit  #1 BUY 60 AAPL LMT 257.60 algoStrategy=PctVol algoParams=[{"tag":"pctVol","value":"0.2"}]  -> #1 refused 440
        cancel  #1  -> #1 Cancelled
        submit  #2 BUY 100 AAPL MKT algoStrategy=PctVol algoParams=[{"tag":"pctVol","value":"0.5"},{"tag":"noTakeLiq","value":"1"}]  -> #2 accepted Submitted
                -> #2 again Submitted
        trade   AAPL 257.67*100  -> .
        quote   AAPL 257.68 x 257.70  -> .
        quote   AAPL 257.60 x 257.68  -> #2 BOT 50 @ 257.68 Submitted; #2 fee 1.00015
        cancel  #2  -> #2 Cancelled
        submit  #3 BUY 100 AAPL MKT algoStrategy=PctVolSz algoParams=[{"tag":"startPctVol","value":"0.1"},{"tag":"endPctVol","value":"0.5"}]  -> #3 accepted PreSubmitted
        trade   AAPL 257.67*100  -> .
        quote   AAPL 257.68 x 257.70  -> #3 BOT 10 @ 257.7 Submitted; #3 fee 1.00003
        quote   AAPL 257.60 x 257.68  -> #3 BOT 4 @ 257.68 Submitted; #3 fee 1.2e-05
        cancel  #3  -> #3 Cancelled
        submit  #4 BUY 100 AAPL MKT algoStrategy=PctVolTm algoParams=[{"tag":"startPctVol","value":"0.5"},{"tag":"endPctVol","value":"0.1"},{"tag":"endTime","value":"10:30:00"}]  -> #4 accepted PreSubmitted
        trade   AAPL 257.67*100  -> .
        quote   AAPL 257.68 x 257.70  -> #4 BOT 49 @ 257.7 Submitted; #4 fee 1.000147
        clock   20260413 10:29:59  -> .
        trade   AAPL 257.67*300  -> #4 PendingCancel; #4 Cancelled
        quote   AAPL 257.68 x 257.71  -> .
        clock   20260413 10:31:59  -> .
        submit  #5 SELL 100 AAPL MKT algoStrategy=PctVolPx algoParams=[{"tag":"pctVol","value":"0.1"},{"tag":"deltaPctVol","value":"0.2"},{"tag":"minPctVol4Px","value":"0.05"},{"tag":"maxPctVol4Px","value":"0.3"}]  -> #5 accepted Submitted
        trade   AAPL 257.67*100  -> .
        quote   AAPL 260.30 x 260.32  -> #5 SLD 30 @ 260.3 Submitted; #5 fee 1.166805 pnl 76.27455
        quote   AAPL 250.30 x 260.32  -> .
        cancel  #5  -> #5 Cancelled
    """,  # noqa: E501
    "an order in parts of a size": """
        submit  #1 BUY 10 AAPL MKT algoStrategy=DarkIce algoParams=[{"tag":"displaySize","value":"4"}]  -> #1 accepted PreSubmitted
                -> #1 BOT 4 @ 257.68 Submitted; #1 fee 1.000012
        clock   20260413 10:00:11  -> .
        clock   20260413 10:00:20  -> #1 BOT 4 @ 257.68 Submitted; #1 fee 1.2e-05
        clock   20260413 10:00:35  -> #1 BOT 2 @ 257.68 Filled; #1 fee 6e-06
        submit  #2 SELL 10 AAPL MKT algoStrategy=AD algoParams=[{"tag":"componentSize","value":"3"},{"tag":"timeBetweenOrders","value":"60"},{"tag":"waitForFill","value":"1"},{"tag":"randomizeTime20","value":"1"}]  -> #2 accepted Submitted
                -> #2 SLD 3 @ 257.66 Submitted; #2 fee 1.016517 pnl -1.376526
        quote   AAPL - x -  -> .
        clock   20260413 10:02:00  -> .
        quote   AAPL 257.66 x 257.69  -> #2 SLD 3 @ 257.66 Submitted
                -> #2 fee 0.016517 pnl -0.376526
        cancel  #2  -> #2 Cancelled
    """,  # noqa: E501
    "an order that aims at a price": """
        submit  #1 BUY 100 AAPL MKT algoStrategy=ArrivalPx algoParams=[{"tag":"maxPctVol","value":"0.5"},{"tag":"riskAversion","value":"Aggressive"},{"tag":"forceCompletion","value":"1"}]  -> #1 accepted PreSubmitted
        trade   AAPL 257.67*200  -> .
        clock   20260413 10:01:00  -> .
        clock   20260413 10:03:00  -> #1 BOT 40 @ 257.68 Submitted; #1 fee 1.00012
                -> #1 BOT 20 @ 257.68 Submitted; #1 fee 6e-05
        clock   20260413 10:05:10  -> #1 BOT 20 @ 257.68 Submitted; #1 fee 6e-05
                -> #1 BOT 20 @ 257.68 Filled; #1 fee 6e-05
        submit  #2 SELL 100 AAPL MKT algoStrategy=ClosePx algoParams=[{"tag":"maxPctVol","value":"0.1"},{"tag":"riskAversion","value":"Neutral"},{"tag":"forceCompletion","value":"0"}]  -> #2 accepted Submitted
        clock   20260413 15:49:00  -> .
        submit  #2 SELL 90 AAPL MKT algoStrategy=ClosePx algoParams=[{"tag":"maxPctVol","value":"0.1"},{"tag":"riskAversion","value":"Neutral"},{"tag":"forceCompletion","value":"0"}]  -> #2 replaced Submitted
        cancel  #2  -> #2 Cancelled
    """,  # noqa: E501
    "algorithms that nobody knows": """
        submit  #1 BUY 10 AAPL MKT algoStrategy=MinImpact  -> #1 refused 439
        submit  #1 BUY 10 AAPL MKT algoStrategy=Adaptive  -> #1 refused 441
        submit  #1 BUY 10 AAPL MKT algoStrategy=Adaptive algoParams=[{"tag":"adaptivePriority","value":"urgent"}]  -> #1 refused 441
        submit  #1 BUY 10 AAPL MKT algoStrategy=Twap algoParams=[{"tag":"speed","value":"1"}]  -> #1 refused 443
        submit  #1 BUY 10 AAPL MKT algoStrategy=Vwap algoParams=[{"tag":"maxPctVol","value":"0.6"}]  -> #1 refused 441
        submit  #1 BUY 10 AAPL MKT algoStrategy=Vwap algoParams=[{"tag":"maxPctVol","value":"nan"}]  -> #1 refused 441
        submit  #1 BUY 10 AAPL MKT algoStrategy=Vwap algoParams=[{"tag":"startTime","value":"late"}]  -> #1 refused 441
        submit  #1 BUY 10 AAPL MKT algoStrategy=Vwap algoParams=[{"tag":"startTime","value":"12:00:00"},{"tag":"endTime","value":"11:00:00"}]  -> #1 refused 441
        submit  #1 BUY 10 AAPL STP 250 algoStrategy=Vwap  -> #1 refused 442
        submit  #1 BUY 10 AAPL MKT IOC algoStrategy=Vwap  -> #1 refused 442
        submit  #1 BUY 10 AAPL MKT algoParams=[{"tag":"startTime","value":"12:00:00"}]  -> #1 refused 441
        submit  #1 BUY 10 AAPL MKT algoStrategy=DarkIce algoParams=[{"tag":"displaySize","value":"0.5"}]  -> #1 refused 441
    """,  # noqa: E501
    "an algorithm whose time is over": """
        submit  #1 BUY 10 AAPL LMT 257.70 algoStrategy=Vwap algoParams=[{"tag":"startTime","value":"09:35:00"},{"tag":"endTime","value":"09:45:00"}]  -> #1 warned 2111
                -> #1 warned 2111; #1 accepted Submitted; #1 again Submitted
        clock   20260413 12:00:00  -> .
        submit  #1 BUY 8 AAPL LMT 257.71 algoStrategy=Vwap algoParams=[{"tag":"startTime","value":"09:35:00"},{"tag":"endTime","value":"09:45:00"}]  -> #1 replaced Submitted
                -> #1 again Submitted
        cancel  #1  -> #1 Cancelled
        submit  #2 BUY 10 AAPL LMT 257.70 GTC algoStrategy=Vwap algoParams=[{"tag":"startTime","value":"09:35:00"},{"tag":"endTime","value":"09:45:00"}]  -> #2 warned 2111
                -> #2 warned 2111; #2 accepted PreSubmitted; #2 again Submitted
        clock   20260414 09:34:00  -> .
        quote   AAPL 257.66 x 257.70  -> .
        clock   20260414 09:37:30  -> #2 BOT 1 @ 257.7 Submitted; #2 fee 1.000003
                -> #2 BOT 1 @ 257.7 Submitted; #2 fee 3e-06; #2 BOT 1 @ 257.7 Submitted
                -> #2 fee 3e-06
        clock   20260414 09:46:00  -> #2 BOT 1 @ 257.7 Submitted; #2 fee 3e-06
                -> #2 BOT 1 @ 257.7 Submitted; #2 fee 3e-06; #2 BOT 1 @ 257.7 Submitted
                -> #2 fee 3e-06; #2 BOT 1 @ 257.7 Submitted; #2 fee 3e-06
                -> #2 BOT 1 @ 257.7 Submitted; #2 fee 3e-06; #2 BOT 1 @ 257.7 Submitted
                -> #2 fee 3e-06; #2 BOT 1 @ 257.7 Filled; #2 fee 3e-06
    """,  # noqa: E501
    "a scale order works in components": """
        submit  #1 BUY 100 AAPL LMT 257.60 scaleInitLevelSize=40 scaleSubsLevelSize=25 scalePriceIncrement=0.10  -> #1 accepted Submitted
                -> #1 again Submitted
        quote   AAPL 257.50 x 257.60*30  -> #1 BOT 30 @ 257.6 Submitted; #1 fee 1.00009
        quote   AAPL 257.50 x 257.59  -> #1 BOT 10 @ 257.59 Submitted; #1 fee 3e-05
        quote   AAPL 257.49 x 257.50*30  -> #1 BOT 25 @ 257.5 Submitted; #1 fee 7.5e-05
        quote   AAPL 257.49 x 257.50*30  -> .
        quote   AAPL 257.30 x 257.40*10  -> #1 BOT 10 @ 257.4 Submitted; #1 fee 3e-05
        submit  #1 BUY 120 AAPL LMT 257.60 scaleInitLevelSize=40 scaleSubsLevelSize=25 scalePriceIncrement=0.10  -> #1 replaced Submitted
                -> #1 again Submitted
        quote   AAPL 257.30 x 257.40*40  -> #1 BOT 15 @ 257.4 Submitted; #1 fee 1.000045
        quote   AAPL 257.30 x 257.31*40  -> .
        quote   AAPL 257.20 x 257.30*40  -> #1 BOT 25 @ 257.3 Submitted; #1 fee 7.5e-05
        quote   AAPL 257.20 x 257.22*40  -> .
        quote   AAPL 257.10 x 257.20*40  -> #1 BOT 5 @ 257.2 Filled; #1 fee 1.5e-05
        submit  #2 SELL 10 AAPL LMT 257.60 scaleSubsLevelSize=5 scalePriceIncrement=0.10  -> #2 refused 419
        submit  #2 SELL 10 AAPL LMT 257.60 scaleInitLevelSize=11 scalePriceIncrement=0.10  -> #2 refused 417
        submit  #2 SELL 10 AAPL LMT 257.60 scaleInitLevelSize=5 scalePriceIncrement=0.001  -> #2 refused 408
        submit  #2 SELL 10 AAPL LMT 257.60 scaleInitLevelSize=5  -> #2 refused 408
        submit  #2 SELL 10 AAPL MKT scaleInitLevelSize=5 scalePriceIncrement=0.10  -> #2 refused 387
        submit  #2 SELL 10 AAPL LMT 257.60 scaleInitLevelSize=5 scaleSubsLevelSize=-1 scalePriceIncrement=0.10  -> #2 refused 410
        submit  #2 SELL 10 AAPL LMT 257.60 scaleInitLevelSize=5 scalePriceIncrement=0.10 scaleTable=x  -> #2 refused 201
        submit  #2 SELL 10 AAPL LMT 257.60 scaleInitLevelSize=5 scalePriceIncrement=0.10  -> #2 accepted Submitted
                -> #2 again Submitted
        cancel  #2  -> #2 Cancelled
    """,  # noqa: E501
    "hedges follow what their parent traded": """
        quote   MSFT 400.00 x 400.02  -> .
        submit  #1 BUY 100 AAPL LMT 257.68 transmit=false  -> .
        submit  #2 SELL 0 MSFT MKT parentId=1 hedgeType=P hedgeParam=0.5 transmit=false  -> .
        submit  #3 SELL 0 MSFT LMT 399 parentId=1 hedgeType=B hedgeParam=1.2 hedgeMaxSize=50  -> #1 accepted Submitted
                -> #2 accepted PreSubmitted child; #2 again PreSubmitted child
                -> #3 accepted PreSubmitted child; #3 again PreSubmitted child
                -> #1 BOT 100 @ 257.68 Filled; #1 fee 1.0003; #2 replaced PreSubmitted child
                -> #2 again Submitted; #2 SLD 50 @ 400 Filled; #2 fee 1.4219
                -> #3 replaced PreSubmitted child; #3 again Submitted; #3 SLD 50 @ 400 Filled
                -> #3 fee 1.4219
        submit  #4 SELL 0 MSFT MKT parentId=1 hedgeType=P hedgeParam=2  -> #4 accepted Submitted
                -> #4 SLD 200 @ 400 Filled; #4 fee 2.6876
        submit  #5 SELL 0 MSFT MKT parentId=1 hedgeType=X  -> #5 refused 10007
        submit  #5 SELL 0 MSFT MKT parentId=1 hedgeType=P  -> #5 refused 10009
        submit  #5 SELL 0 MSFT MKT parentId=1 hedgeType=B hedgeParam=x  -> #5 refused 10008
        submit  #5 SELL 0 MSFT MKT hedgeType=P hedgeParam=1  -> #5 refused 10007
        submit  #5 SELL 0 MSFT MKT parentId=1 hedgeType=D  -> #5 refused 10010
        submit  #6 BUY 100 AAPL LMT 257 transmit=false  -> .
        submit  #7 SELL 0 MSFT MKT parentId=6 hedgeType=P hedgeParam=0.5  -> #6 accepted Submitted
                -> #7 accepted PreSubmitted child; #7 again PreSubmitted child; #6 again Submitted
        submit  #7 SELL 0 MSFT LMT 401 parentId=6 hedgeType=P hedgeParam=0.5  -> #7 refused 105
        submit  #7 SELL 0 MSFT MKT parentId=6 hedgeType=P hedgeParam=1  -> #7 replaced PreSubmitted child
                -> #7 again PreSubmitted child
        cancel  #7  -> #7 Cancelled
        submit  #8 SELL 0 MSFT MKT parentId=6 hedgeType=P hedgeParam=0.5  -> #8 accepted PreSubmitted child
                -> #8 again PreSubmitted child
        quote   AAPL 256.98 x 257.00*40  -> #6 BOT 40 @ 257 Submitted; #6 fee 1.00012
        quote   AAPL 256.99 x 257.01  -> .
        cancel  #6  -> #6 Cancelled; #8 replaced PreSubmitted child; #8 again Submitted
                -> #8 SLD 20 @ 400 Filled; #8 fee 1.16876
    """,  # noqa: E501
    "the delta of an option is hedged": """
        quote   AAPL_C260 5.00 x 5.10  -> .
        submit  #1 BUY 2 AAPL_C260 LMT 5.10 transmit=false  -> .
        submit  #2 SELL 0 AAPL MKT parentId=1 hedgeType=D  -> #1 accepted Submitted
                -> #2 accepted PreSubmitted child; #2 again PreSubmitted child
                -> #1 BOT 2 @ 5.1 Filled; #1 fee 1.5365; #2 replaced PreSubmitted child
                -> #2 again Submitted; #2 SLD 93 @ 257.66 Filled; #2 fee 1.512039
        quote   MSFT 400.00 x 400.02  -> .
        submit  #3 BUY 10 AAPL LMT 250 transmit=false  -> .
        submit  #4 SELL 0 MSFT MKT parentId=3 hedgeType=B  -> #3 accepted Submitted
                -> #4 accepted PreSubmitted child; #4 again PreSubmitted child; #3 again Submitted
        submit  #4 SELL 0 MSFT MKT parentId=3 hedgeType=B  -> #4 replaced PreSubmitted child
                -> #4 again PreSubmitted child
        cancel  #3  -> #3 Cancelled; #4 Cancelled
    """,
    "an order is deactivated and activated": """
        submit  #1 BUY 10 AAPL LMT 257.68 deactivate=true  -> #1 accepted PreSubmitted
                -> #1 again PreSubmitted
        quote   AAPL 257.60 x 257.61  -> .
        submit  #1 BUY 12 AAPL LMT 257.50 deactivate=true  -> #1 replaced PreSubmitted
                -> #1 again PreSubmitted
        submit  #1 BUY 12 AAPL LMT 257.50  -> #1 replaced Submitted
        quote   AAPL 257.49 x 257.50*5  -> #1 BOT 5 @ 257.5 Submitted; #1 fee 1.000015
        submit  #1 BUY 12 AAPL LMT 257.50 deactivate=true  -> #1 replaced PreSubmitted
                -> #1 again PreSubmitted
        quote   AAPL 257.40 x 257.42  -> .
        submit  #1 BUY 12 AAPL LMT 257.41  -> #1 replaced Submitted
        submit  #1 BUY 12 AAPL LMT 257.41 deactivate=true  -> #1 replaced PreSubmitted
                -> #1 again PreSubmitted
        cancel  #1  -> #1 Cancelled
        submit  #2 SELL 10 AAPL STP 257 deactivate=true  -> #2 accepted PreSubmitted trigger
                -> #2 again PreSubmitted trigger
        trade   AAPL 256  -> .
        submit  #2 SELL 10 AAPL STP 256.5  -> #2 replaced PreSubmitted trigger
                -> #2 elected Submitted; #2 SLD 10 @ 257.4 Filled; #2 fee 1.055004 pnl -2.027517
    """,
    "an order is active for a time": """
        submit  #1 BUY 10 AAPL LMT 257.68 GTC activeStartTime=20260413-14:01:00 activeStopTime=20260413-14:02:00  -> #1 accepted PreSubmitted
                -> #1 again PreSubmitted
        clock   20260413 10:01:00  -> #1 again Submitted; #1 BOT 10 @ 257.68 Filled
                -> #1 fee 1.00003
        submit  #2 BUY 10 AAPL LMT 250 GTC activeStartTime=20260413-14:01:30 activeStopTime=20260413-14:02:00  -> #2 accepted PreSubmitted
                -> #2 again PreSubmitted
        clock   20260413 10:01:31  -> #2 again Submitted
        submit  #2 BUY 10 AAPL LMT 251 GTC activeStartTime=20260413-14:01:30 activeStopTime=20260413-14:02:00  -> #2 replaced Submitted
                -> #2 again Submitted
        clock   20260413 10:02:01  -> #2 Cancelled
        submit  #3 BUY 10 AAPL LMT 250 GTC activeStopTime=20260413-14:00:00  -> #3 refused 391
        submit  #3 BUY 10 AAPL LMT 250 GTC activeStartTime=noon  -> #3 refused 391
    """,  # noqa: E501
    "an amount of money buys currency": """
        submit  #1 BUY 0 EUR LMT 1.08 cashQty=10000 secType=CASH exchange=IDEALPRO  -> #1 accepted Submitted
                -> #1 again Submitted
        submit  #2 BUY 0 EUR MKT cashQty=10000 secType=CASH exchange=IDEALPRO  -> #2 refused 434
        quote   EUR 1.08000*5000000 x 1.08010*5000000  -> .
        submit  #2 BUY 0 EUR MKT cashQty=10000 secType=CASH exchange=IDEALPRO  -> #2 accepted PreSubmitted
                -> #2 BOT 9258 @ 1.0801 Filled; #2 fee 2
        submit  #3 SELL 0 EUR MKT cashQty=5000 secType=CASH exchange=IDEALPRO  -> #3 accepted Submitted
                -> #3 SLD 4629 @ 1.08 Filled; #3 fee 2 pnl -3.4629
        submit  #1 BUY 0 EUR LMT 1.07 cashQty=12000 secType=CASH exchange=IDEALPRO  -> #1 replaced Submitted
                -> #1 again Submitted
        cancel  #1  -> #1 Cancelled
        submit  #4 BUY 0 AAPL MKT cashQty=500  -> #4 refused 10244
        submit  #4 BUY 0 EUR MKT cashQty=0.5 secType=CASH exchange=IDEALPRO  -> #4 refused 434
    """,  # noqa: E501
    "an order in the dark pool": """
        submit  #1 BUY 10 AAPL LMT 257.67 notHeld=true exchange=IBKRATS  -> #1 accepted Submitted
                -> #1 again Submitted
        quote   AAPL 257.66 x 257.67*4  -> #1 BOT 4 @ 257.67 Submitted; #1 fee 1.000012
        submit  #1 BUY 12 AAPL LMT 257.66 notHeld=true exchange=IBKRATS  -> #1 replaced Submitted
                -> #1 again Submitted
        cancel  #1  -> #1 Cancelled
        submit  #2 BUY 10 AAPL LMT 257.67 notHeld=true  -> #2 refused 10297
    """,
}  # fmt: skip
