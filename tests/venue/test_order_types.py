"""What each order type and attribute does: place, trigger, partial fill, modify, cancel, expiry.

Each table is played as it stands, and once more with a restart behind each of its rows.
"""

import pytest

from lanes import many
from papertape.server.present.events import RequestRefusedEvent
from papertape.server.present.queries import Queries
from papertape.server.present.views import Views
from papertape.venue.commands import SubmitOrder
from papertape.venue.engine import Engine
from papertape.venue.invariants import check
from venue.attribute_tables import TABLES as ATTRIBUTES
from venue.made_tables import TABLES as MADE
from venue.order_tables import TABLES as MORE
from venue.scenario import Stage, rows_of, scenario, shown
from walks import walk

MARKET = "quote AAPL 257.66 x 257.68 -> .\ntrade AAPL 257.67 -> .\n"

TABLES = MORE | MADE | ATTRIBUTES | {
    "the end of the day ends a family": """
        submit  #1 BUY 10 AAPL LMT 257.50 transmit=false  -> .
        submit  #2 SELL 10 AAPL LMT 260 parentId=1  -> #1 accepted Submitted
                -> #2 accepted PreSubmitted child; #2 again PreSubmitted child
                -> #1 again Submitted
        clock   20260414 00:00:01  -> #1 Cancelled; #2 Cancelled
    """,
    "a trailing stop rises with the market": """
        submit  #1 SELL 10 AAPL TRAIL auxPrice=2  -> #1 accepted PreSubmitted trigger
                -> #1 again PreSubmitted trigger
        trade   AAPL 256.00  -> .
        trade   AAPL 259.00  -> .
        trade   AAPL 258.00  -> .
        trade   AAPL 257.01  -> .
        trade   AAPL 257.00  -> #1 elected Submitted; #1 SLD 10 @ 257.66 Filled; #1 fee 1.055058
    """,
    "a buy stop trails by percent from the stop that it names": """
        submit  #1 BUY 10 AAPL TRAIL trailingPercent=1 trailStopPrice=261  -> #1 accepted PreSubmitted trigger
                -> #1 again PreSubmitted trigger
        trade   AAPL 257.00  -> .
        trade   AAPL 259.57  -> #1 elected Submitted; #1 BOT 10 @ 257.68 Filled; #1 fee 1.00003
        trade   AAPL 259.58  -> .
    """,  # noqa: E501
    "an elected trailing stop fills in parts": """
        submit  #1 SELL 10 AAPL TRAIL auxPrice=2  -> #1 accepted PreSubmitted trigger
                -> #1 again PreSubmitted trigger
        quote   AAPL 255.60*4 x 255.70  -> .
        trade   AAPL 255.60  -> #1 elected Submitted; #1 SLD 4 @ 255.6 Submitted; #1 fee 1.021853
        quote   AAPL 255.50 x 255.60  -> #1 SLD 6 @ 255.5 Filled; #1 fee 0.032768
    """,
    "a trailing limit keeps its distance from the stop": """
        submit  #1 SELL 10 AAPL TRAIL_LIMIT auxPrice=2 lmtPriceOffset=0.5 trailStopPrice=255  -> #1 accepted PreSubmitted trigger
                -> #1 again PreSubmitted trigger
        trade   AAPL 258.00  -> .
        quote   AAPL 255.40 x 255.45  -> .
        trade   AAPL 256.00  -> #1 elected Submitted
        quote   AAPL 255.50*4 x 255.55  -> #1 SLD 4 @ 255.5 Submitted; #1 fee 1.021845
        quote   AAPL 255.60 x 255.65  -> #1 SLD 6 @ 255.6 Filled; #1 fee 0.03278
    """,  # noqa: E501
    "a trailing stop takes new terms and is cancelled": """
        submit  #1 SELL 10 AAPL TRAIL auxPrice=2  -> #1 accepted PreSubmitted trigger
                -> #1 again PreSubmitted trigger
        submit  #1 SELL 12 AAPL TRAIL auxPrice=1  -> #1 replaced PreSubmitted trigger
                -> #1 again PreSubmitted trigger
        trade   AAPL 256.68  -> .
        trade   AAPL 256.67  -> #1 elected Submitted; #1 SLD 12 @ 257.66 Filled; #1 fee 1.06607
        submit  #2 SELL 10 AAPL TRAIL auxPrice=2  -> #2 accepted PreSubmitted trigger
                -> #2 again PreSubmitted trigger
        cancel  #2  -> #2 Cancelled
    """,
    "touched orders wait for a better price": """
        submit  #1 BUY 10 AAPL MIT 257  -> #1 accepted PreSubmitted; #1 again PreSubmitted
        trade   AAPL 257.01  -> .
        quote   AAPL 256.98*4 x 257.00*4  -> .
        trade   AAPL 257.00  -> #1 elected Submitted; #1 BOT 4 @ 257 Submitted; #1 fee 1.000012
        quote   AAPL 256.98 x 257.10  -> #1 BOT 6 @ 257.1 Filled; #1 fee 1.8e-05
        submit  #2 SELL 10 AAPL MIT 257.00  -> #2 accepted PreSubmitted
                -> #2 elected Submitted; #2 SLD 10 @ 256.98 Filled; #2 fee 1.054918 pnl -2.854948
        submit  #3 SELL 10 AAPL MIT 258.00  -> #3 accepted PreSubmitted; #3 again PreSubmitted
        submit  #3 SELL 10 AAPL MIT 258.50  -> #3 replaced PreSubmitted; #3 again PreSubmitted
        trade   AAPL 258.00  -> .
        cancel  #3  -> #3 Cancelled
    """,
    "a touched limit rests at its limit": """
        submit  #1 SELL 10 AAPL LIT 258 258.20  -> #1 accepted PreSubmitted; #1 again PreSubmitted
        quote   AAPL 258.10*5 x 258.20  -> .
        trade   AAPL 258.00  -> #1 elected Submitted
        quote   AAPL 258.20*4 x 258.30  -> #1 SLD 4 @ 258.2 Submitted; #1 fee 1.022068
        submit  #1 SELL 10 AAPL LIT 258 258.10  -> #1 replaced Submitted; #1 again Submitted
        quote   AAPL 258.10 x 258.30  -> #1 SLD 6 @ 258.1 Filled; #1 fee 1.033089
        submit  #2 BUY 5 AAPL LIT 256 255.90  -> #2 accepted PreSubmitted; #2 again PreSubmitted
        cancel  #2  -> #2 Cancelled
    """,
    "market to limit: what is left rests at the price of the fill": """
        submit  #1 BUY 2000 AAPL MTL  -> #1 accepted PreSubmitted
                -> #1 BOT 1000 @ 257.68 Submitted; #1 fee 5.003; #1 again Submitted
        quote   AAPL 257.70 x 257.72  -> .
        quote   AAPL 257.60 x 257.68*400  -> #1 BOT 400 @ 257.68 Submitted; #1 fee 2.0012
        submit  #1 BUY 1800 AAPL LMT 257.68  -> #1 replaced Submitted; #1 again Submitted
        cancel  #1  -> #1 Cancelled
        submit  #2 SELL 2000 AAPL MTL IOC  -> #2 accepted Submitted
                -> #2 SLD 1000 @ 257.6 Submitted; #2 fee 10.50456 pnl -95.50756; #2 again Submitted
                -> #2 PendingCancel; #2 Cancelled
    """,
    "on close": """
        submit  #1 BUY 10 AAPL MOC  -> #1 accepted PreSubmitted; #1 again PreSubmitted
        submit  #2 SELL 10 AAPL LOC 258  -> #2 accepted PreSubmitted; #2 again PreSubmitted
        submit  #3 BUY 10 AAPL LOC 258  -> #3 accepted PreSubmitted; #3 again PreSubmitted
        submit  #4 BUY 10 AAPL MOC  -> #4 accepted PreSubmitted; #4 again PreSubmitted
        submit  #4 BUY 12 AAPL MOC  -> #4 replaced PreSubmitted; #4 again PreSubmitted
        submit  #5 BUY 12 AAPL MOC  -> #5 accepted PreSubmitted; #5 again PreSubmitted
        cancel  #5  -> #5 Cancelled
        trade   AAPL 257.90  -> .
        clock   20260413 16:00:00  -> #1 again Submitted
                -> #1 BOT 10 @ 257.9 Filled; #1 fee 1.00003; #2 again Submitted; #2 PendingCancel
                -> #2 Cancelled; #3 again Submitted; #3 BOT 10 @ 257.9 Filled; #3 fee 1.00003
                -> #4 again Submitted; #4 BOT 12 @ 257.9 Filled; #4 fee 1.000036
    """,
    "on open": """
        submit  #1 BUY 10 AAPL MKT OPG  -> #1 accepted PreSubmitted; #1 again PreSubmitted
        submit  #2 BUY 10 AAPL LMT 250 OPG  -> #2 accepted PreSubmitted; #2 again PreSubmitted
        submit  #3 BUY 10 AAPL LMT 259 OPG  -> #3 accepted PreSubmitted; #3 again PreSubmitted
        clock   20260413 23:00:00  -> .
        clock   20260414 09:29:00  -> .
        quote   AAPL 258.00 x 258.20  -> .
        clock   20260414 09:30:01  -> #1 again Submitted
                -> #1 BOT 10 @ 258.1 Filled; #1 fee 1.00003; #2 again Submitted; #2 PendingCancel
                -> #2 Cancelled; #3 again Submitted; #3 BOT 10 @ 258.1 Filled; #3 fee 1.00003
    """,
    "good after time": """
        submit  #1 BUY 10 AAPL LMT 257.70 goodAfterTime=20260413-14:01:00  -> #1 accepted PreSubmitted
                -> #1 again PreSubmitted
        submit  #2 BUY 10 AAPL MKT goodAfterTime=20260413-14:01:00  -> #2 accepted PreSubmitted
                -> #2 again PreSubmitted
        submit  #3 SELL 10 AAPL STP 257 goodAfterTime=20260413-14:01:00  -> #3 accepted PreSubmitted trigger
                -> #3 again PreSubmitted trigger
        submit  #4 BUY 10 AAPL LMT 257 goodAfterTime=20260413-14:01:00  -> #4 accepted PreSubmitted
                -> #4 again PreSubmitted
        submit  #4 BUY 10 AAPL LMT 256 goodAfterTime=20260413-14:01:00  -> #4 replaced PreSubmitted
                -> #4 again PreSubmitted
        submit  #5 BUY 10 AAPL LMT 257 goodAfterTime=20260413-14:01:00  -> #5 accepted PreSubmitted
                -> #5 again PreSubmitted
        cancel  #5  -> #5 Cancelled
        clock   20260413 10:01:00  -> #1 again Submitted
                -> #1 BOT 10 @ 257.68 Filled; #1 fee 1.00003; #2 again Submitted
                -> #2 BOT 10 @ 257.68 Filled; #2 fee 1.00003; #3 again PreSubmitted trigger
                -> #4 again Submitted
        submit  #6 BUY 10 AAPL LMT 250 goodAfterTime=20260413-14:00:00  -> #6 accepted Submitted
                -> #6 again Submitted
    """,  # noqa: E501
    "good till date and for minutes": """
        submit  #1 BUY 10 AAPL LMT 250 GTD goodTillDate=20260413-14:10:00  -> #1 accepted Submitted
                -> #1 again Submitted
        submit  #2 BUY 10 AAPL LMT 250 Minutes duration=5  -> #2 accepted Submitted
                -> #2 again Submitted
        submit  #3 BUY 10 AAPL LMT 250 GTD goodTillDate=20260415  -> #3 accepted Submitted
                -> #3 again Submitted
        clock   20260413 10:05:02  -> .
        clock   20260413 10:10:00  -> #2 Cancelled; #1 Cancelled
        clock   20260414 12:00:00  -> .
        clock   20260415 23:59:59  -> #3 Cancelled
    """,
    "cancelling a child cancels its sibling": """
        submit  #1 BUY 10 AAPL LMT 257.50 transmit=false  -> .
        submit  #2 SELL 10 AAPL LMT 260 parentId=1 transmit=false  -> .
        submit  #3 SELL 10 AAPL STP 255 parentId=1  -> #1 accepted Submitted
                -> #2 accepted PreSubmitted child; #2 again PreSubmitted child
                -> #3 accepted PreSubmitted child,trigger; #3 again PreSubmitted child,trigger
                -> #1 again Submitted
        cancel  #2  -> #2 Cancelled; #3 Cancelled
    """,
    "cancelling a parent cancels its children": """
        submit  #1 BUY 10 AAPL LMT 257.50 transmit=false  -> .
        submit  #2 SELL 10 AAPL LMT 260 parentId=1 transmit=false  -> .
        submit  #3 SELL 10 AAPL STP 255 parentId=1  -> #1 accepted Submitted
                -> #2 accepted PreSubmitted child; #2 again PreSubmitted child
                -> #3 accepted PreSubmitted child,trigger; #3 again PreSubmitted child,trigger
                -> #1 again Submitted
        cancel  #1  -> #1 Cancelled; #2 Cancelled; #3 Cancelled
    """,
    "children protect what a parent filled": """
        submit  #1 BUY 10 AAPL LMT 257.50 transmit=false  -> .
        submit  #2 SELL 10 AAPL LMT 260 parentId=1 transmit=false  -> .
        submit  #3 SELL 10 AAPL STP 255 parentId=1  -> #1 accepted Submitted
                -> #2 accepted PreSubmitted child; #2 again PreSubmitted child
                -> #3 accepted PreSubmitted child,trigger; #3 again PreSubmitted child,trigger
                -> #1 again Submitted
        quote   AAPL 257.40 x 257.50*4  -> #1 BOT 4 @ 257.5 Submitted; #1 fee 1.000012
        cancel  #1  -> #1 Cancelled
                -> #2 replaced PreSubmitted child; #2 again Submitted
                -> #3 replaced PreSubmitted child,trigger; #3 again PreSubmitted trigger
        quote   AAPL 260.00 x 260.01  -> #2 SLD 4 @ 260 Filled
                -> #2 fee 1.022216 pnl 7.977772; #3 Cancelled
    """,
    "the stop of a bracket ends its profit taker": """
        submit  #1 BUY 10 AAPL LMT 257.68 transmit=false  -> .
        submit  #2 SELL 10 AAPL LMT 260 parentId=1 transmit=false  -> .
        submit  #3 SELL 10 AAPL TRAIL auxPrice=2 parentId=1  -> #1 accepted Submitted
                -> #2 accepted PreSubmitted child; #2 again PreSubmitted child
                -> #3 accepted PreSubmitted child,trigger; #3 again PreSubmitted child,trigger
                -> #1 BOT 10 @ 257.68 Filled; #1 fee 1.00003
                -> #2 again Submitted; #3 again PreSubmitted trigger
        trade   AAPL 259  -> .
        trade   AAPL 257  -> #3 elected Submitted
                -> #3 SLD 10 @ 257.66 Filled; #3 fee 1.055058 pnl -2.255088; #2 Cancelled
        submit  #4 BUY 10 AAPL MKT transmit=false  -> .
        submit  #5 SELL 10 AAPL TRAIL auxPrice=2 parentId=4  -> #5 refused 328
    """,
    "children of a part that is too small for a share end": """
        submit  #1 BUY 100 AAPL LMT 257.50 transmit=false  -> .
        submit  #2 SELL 10 AAPL LMT 260 parentId=1 transmit=false  -> .
        submit  #3 SELL 50 AAPL LMT 261 parentId=1  -> #1 accepted Submitted
                -> #2 accepted PreSubmitted child; #2 again PreSubmitted child
                -> #3 accepted PreSubmitted child; #3 again PreSubmitted child
                -> #1 again Submitted
        quote   AAPL 257.40 x 257.50*5  -> #1 BOT 5 @ 257.5 Submitted; #1 fee 1.000015
        cancel  #1  -> #1 Cancelled; #2 Cancelled
                -> #3 replaced PreSubmitted child; #3 again Submitted
    """,
    "a cancelled child may cancel its parent": """
        submit  #1 BUY 10 AAPL LMT 257.50 transmit=false  -> .
        submit  #2 SELL 10 AAPL LMT 260 parentId=1 autoCancelParent=true  -> #1 accepted Submitted
                -> #2 accepted PreSubmitted child
                -> #2 again PreSubmitted child; #1 again Submitted
        cancel  #2  -> #2 Cancelled; #1 Cancelled
    """,
    "discretion of an order that does not wait": """
        submit  #1 BUY 10 AAPL LMT 257.66 IOC discretionaryAmt=0.02  -> #1 accepted Submitted
                -> #1 BOT 10 @ 257.68 Filled; #1 fee 1.00003
    """,
    "a child comes after its parent": """
        submit  #1 BUY 10 AAPL LMT 257.50  -> #1 accepted Submitted; #1 again Submitted
        submit  #2 SELL 10 AAPL LMT 260 parentId=1  -> #2 accepted PreSubmitted child
                -> #2 again PreSubmitted child
        quote   AAPL 257.40 x 257.50  -> #1 BOT 10 @ 257.5 Filled
                -> #1 fee 1.00003; #2 again Submitted
        submit  #3 SELL 10 AAPL STP 255 parentId=1  -> #3 accepted PreSubmitted trigger
                -> #3 again PreSubmitted trigger
        quote   AAPL 260.00 x 260.01  -> #2 SLD 10 @ 260 Filled
                -> #2 fee 1.05554 pnl 22.94443; #3 Cancelled
        cancel  #3  -> #3 refused 10148
    """,
    "a fill cancels the rest of its group": """
        submit  #1 BUY 10 AAPL LMT 257 ocaGroup=g ocaType=1  -> #1 accepted Submitted
                -> #1 again Submitted
        submit  #2 BUY 20 AAPL LMT 256 ocaGroup=g ocaType=1  -> #2 accepted Submitted
                -> #2 again Submitted
        submit  #3 BUY 20 AAPL LMT 256 ocaGroup=h ocaType=1  -> #3 accepted Submitted
                -> #3 again Submitted
        quote   AAPL 256.90 x 257.00*4  -> #1 BOT 4 @ 257 Submitted; #1 fee 1.000012; #2 Cancelled
        submit  #4 BUY 20 AAPL LMT 256 ocaGroup=g ocaType=1  -> #4 accepted Submitted
                -> #4 again Submitted
    """,
    "a fill reduces the rest of its group": """
        submit  #1 BUY 10 AAPL LMT 257 ocaGroup=g ocaType=2  -> #1 accepted Submitted
                -> #1 again Submitted
        submit  #2 BUY 20 AAPL LMT 256 ocaGroup=g ocaType=2  -> #2 accepted Submitted
                -> #2 again Submitted
        quote   AAPL 256.90 x 257.00*4  -> #1 BOT 4 @ 257 Submitted
                -> #1 fee 1.000012; #2 replaced Submitted
        quote   AAPL 256.80 x 257.00*6  -> #1 BOT 6 @ 257 Filled; #1 fee 1.8e-05; #2 Cancelled
    """,
    "a cancel ends its group": """
        submit  #1 BUY 10 AAPL LMT 257 ocaGroup=g ocaType=3  -> #1 accepted Submitted
                -> #1 again Submitted
        submit  #2 BUY 20 AAPL LMT 256 ocaGroup=g ocaType=3  -> #2 accepted Submitted
                -> #2 again Submitted
        cancel  #1  -> #1 Cancelled; #2 Cancelled
    """,
    "a filled group takes no other order": """
        submit  #1 BUY 10 AAPL LMT 257.70 ocaGroup=g ocaType=1  -> #1 accepted Submitted
                -> #1 BOT 10 @ 257.68 Filled; #1 fee 1.00003
        submit  #2 BUY 20 AAPL LMT 256 ocaGroup=g ocaType=1  -> #2 refused 201
        submit  #3 BUY 20 AAPL LMT 256 ocaGroup=h ocaType=2  -> #3 accepted Submitted
                -> #3 again Submitted
        submit  #3 BUY 20 AAPL LMT 256 ocaGroup=k ocaType=2  -> #3 refused 10326
        submit  #3 BUY 20 AAPL LMT 256 ocaGroup=h ocaType=1  -> #3 refused 10327
    """,
    "relative orders follow their side, up to a cap": """
        submit  #1 BUY 10 AAPL REL  -> #1 accepted Submitted; #1 again Submitted
        quote   AAPL 257.60 x 257.64  -> #1 BOT 10 @ 257.64 Filled; #1 fee 1.00003
        quote   AAPL 257.50 x 257.61  -> .
        submit  #2 BUY 10 AAPL REL auxPrice=0.02 lmtPrice=257.55  -> #2 accepted Submitted
                -> #2 again Submitted
        quote   AAPL 257.56 x 257.60  -> .
        quote   AAPL 257.50*4 x 257.55*4  -> #2 BOT 4 @ 257.55 Submitted; #2 fee 1.000012
        quote   AAPL - x 257.56  -> .
        submit  #2 BUY 10 AAPL REL auxPrice=0.03 lmtPrice=257.60  -> #2 replaced Submitted
                -> #2 again Submitted
        quote   AAPL 257.53 x 257.54  -> #2 BOT 6 @ 257.54 Filled; #2 fee 1.000018
        submit  #3 SELL 10 AAPL PASSV_REL auxPrice=0.05  -> #3 accepted Submitted
                -> #3 again Submitted
        cancel  #3  -> #3 Cancelled
    """,
    "a relative order without a market waits": """
        quote   AAPL - x -  -> .
        submit  #1 BUY 10 AAPL REL auxPrice=0.02  -> #1 accepted PreSubmitted; #1 again PreSubmitted
        quote   AAPL 257.56 x 257.60  -> #1 again Submitted
    """,
    "midpoint pegs": """
        submit  #1 BUY 10 AAPL MIDPRICE lmtPrice=257.70  -> #1 accepted Submitted
                -> #1 again Submitted
        quote   AAPL 257.60 x 257.66  -> #1 BOT 10 @ 257.66 Filled; #1 fee 1.00003
        quote   AAPL 257.50 x 257.63  -> .
        submit  #2 SELL 10 AAPL PEG_MID auxPrice=0.01  -> #2 accepted Submitted; #2 again Submitted
        quote   AAPL 257.57 x 257.63  -> .
        quote   AAPL 257.61 x 257.63  -> #2 SLD 10 @ 257.61 Filled; #2 fee 1.055048 pnl -2.555078
    """,
    "snaps are priced once": """
        submit  #1 BUY 10 AAPL SNAP_MKT  -> #1 accepted Submitted
                -> #1 BOT 10 @ 257.68 Filled; #1 fee 1.00003
        submit  #2 BUY 10 AAPL SNAP_MID  -> #2 accepted Submitted; #2 again Submitted
        submit  #3 BUY 10 AAPL SNAP_PRIM auxPrice=0.02  -> #3 accepted Submitted; #3 again Submitted
        quote   AAPL 257.60 x 257.64  -> #2 BOT 10 @ 257.64 Filled
                -> #2 fee 1.00003; #3 BOT 10 @ 257.64 Filled; #3 fee 1.00003
        submit  #2 BUY 12 AAPL SNAP_MID  -> #2 refused 104
    """,
    "pegged to another instrument": """
        submit  #1 BUY 10 AAPL PEG_BENCH startingPrice=250 peggedChangeAmount=1 referenceContractId=756733 referenceChangeAmount=2 stockRefPrice=600  -> #1 accepted PreSubmitted
                -> #1 again PreSubmitted
        quote   SPY 599.98 x 600.00  -> #1 again Submitted
        trade   SPY 600  -> .
        trade   SPY 604  -> .
        trade   SPY 620  -> #1 BOT 10 @ 257.68 Filled; #1 fee 1.00003
        cancel  #1  -> #1 refused 10148
    """,  # noqa: E501
    "all or none, minimum quantity": """
        submit  #1 BUY 1500 AAPL LMT 257.68 allOrNone=true  -> #1 accepted Submitted
                -> #1 again Submitted
        quote   AAPL 257.60 x 257.68*1400  -> .
        quote   AAPL 257.60 x 257.68*1500  -> #1 BOT 1500 @ 257.68 Filled; #1 fee 7.5045
        submit  #2 BUY 1500 AAPL LMT 257.68 minQty=500  -> #2 accepted Submitted; #2 again Submitted
        quote   AAPL 257.60 x 257.68*400  -> .
        quote   AAPL 257.60 x 257.68*600  -> #2 BOT 600 @ 257.68 Submitted; #2 fee 3.0018
        quote   AAPL 257.60 x 257.68*100  -> #2 BOT 100 @ 257.68 Submitted; #2 fee 0.5003
    """,
    "discretion": """
        submit  #1 BUY 10 AAPL LMT 257.60 discretionaryAmt=0.05  -> #1 accepted Submitted
                -> #1 again Submitted
        quote   AAPL 257.60 x 257.66  -> .
        quote   AAPL 257.60 x 257.65  -> #1 BOT 10 @ 257.65 Filled; #1 fee 1.00003
    """,
    "a stop that changes": """
        submit  #1 SELL 10 AAPL STP 250 triggerPrice=260 adjustedOrderType=TRAIL adjustedStopPrice=258 adjustedTrailingAmount=1  -> #1 accepted PreSubmitted trigger
                -> #1 again PreSubmitted trigger
        trade   AAPL 259.99  -> .
        trade   AAPL 260  -> #1 replaced PreSubmitted trigger
        trade   AAPL 262  -> .
        trade   AAPL 261.01  -> .
        trade   AAPL 261  -> #1 elected Submitted; #1 SLD 10 @ 257.66 Filled; #1 fee 1.055058
        submit  #2 SELL 10 AAPL STP 250 triggerPrice=260 adjustedOrderType=STP adjustedStopPrice=258  -> #2 accepted PreSubmitted trigger
                -> #2 again PreSubmitted trigger
        trade   AAPL 260  -> #2 replaced PreSubmitted trigger
    """,  # noqa: E501
    "a stop that changes into one with a limit": """
        submit  #1 SELL 10 AAPL STP 250 triggerPrice=260 adjustedOrderType=STP_LMT adjustedStopPrice=258 adjustedStopLimitPrice=257.90  -> #1 accepted PreSubmitted trigger
                -> #1 again PreSubmitted trigger
        trade   AAPL 260  -> #1 replaced PreSubmitted trigger
        trade   AAPL 258  -> #1 elected Submitted
        quote   AAPL 257.89 x 257.95  -> .
        quote   AAPL 257.90 x 257.95  -> #1 SLD 10 @ 257.9 Filled; #1 fee 1.055107
    """,  # noqa: E501
    "a stop that changes into one at a distance in percent, in both ways to say it": """
        submit  #1 SELL 10 AAPL STP 250 triggerPrice=260 adjustedOrderType=TRAIL adjustedStopPrice=258 adjustedTrailingAmount=0.5 adjustableTrailingUnit=1  -> #1 accepted PreSubmitted trigger
                -> #1 again PreSubmitted trigger
        submit  #2 SELL 10 AAPL STP 250 triggerPrice=260 adjustedOrderType=TRAIL adjustedStopPrice=258 adjustedTrailingAmount=0.5 adjustableTrailingUnit=100  -> #2 accepted PreSubmitted trigger
                -> #2 again PreSubmitted trigger
        submit  #3 SELL 10 AAPL STP 250 triggerPrice=260 adjustedOrderType=TRAIL adjustedStopPrice=258 adjustedTrailingAmount=0.5 adjustableTrailingUnit=2  -> #3 refused 364
        submit  #3 SELL 10 AAPL STP 250 triggerPrice=260 adjustedOrderType=TRAIL adjustedStopPrice=258 adjustedTrailingAmount=0.5 adjustableTrailingUnit=-1  -> #3 refused 364
        trade   AAPL 260  -> #1 replaced PreSubmitted trigger; #2 replaced PreSubmitted trigger
        trade   AAPL 262  -> .
        trade   AAPL 260.70  -> .
        trade   AAPL 260.69  -> #1 elected Submitted; #1 SLD 10 @ 257.66 Filled; #1 fee 1.055058
                -> #2 elected Submitted; #2 SLD 10 @ 257.66 Filled; #2 fee 1.055058
    """,  # noqa: E501
    "conditions of price, joined, cancelling": """
        submit  #1 BUY 10 AAPL MKT conditions=[{"type":1,"conId":756733,"isMore":true,"price":600,"exchange":"SMART"}]  -> #1 accepted PreSubmitted
                -> #1 again PreSubmitted
        submit  #2 BUY 10 AAPL LMT 250 conditions=[{"type":1,"conId":756733,"isMore":true,"price":600}] conditionsCancelOrder=true  -> #2 accepted Submitted
                -> #2 again Submitted
        submit  #3 BUY 10 AAPL LMT 250 conditions=[{"type":1,"conId":756733,"isMore":true,"price":600,"isConjunctionConnection":false},{"type":1,"conId":265598,"price":257}]  -> #3 accepted PreSubmitted
                -> #3 again PreSubmitted
        trade   SPY 599.99  -> .
        trade   AAPL 257  -> #3 again Submitted
        trade   SPY 600  -> #1 again Submitted
                -> #1 BOT 10 @ 257.68 Filled; #1 fee 1.00003; #2 PendingCancel; #2 Cancelled
    """,  # noqa: E501
    "a condition that is met already": """
        submit  #1 BUY 10 AAPL MKT conditions=[{"type":1,"conId":265598,"isMore":true,"price":200}]  -> #1 accepted PreSubmitted
                -> #1 again PreSubmitted
        clock   20260413 10:00:20  -> #1 again Submitted; #1 BOT 10 @ 257.68 Filled; #1 fee 1.00003
    """,  # noqa: E501
    "conditions of the last price, of bid and ask, of either": """
        trade   SPY 500*100 -> .
        submit  #1 BUY 10 AAPL LMT 250 conditions=[{"type":1,"conId":756733,"isMore":true,"price":600,"triggerMethod":2}]  -> #1 accepted PreSubmitted
                -> #1 again PreSubmitted
        submit  #2 BUY 10 AAPL LMT 250 conditions=[{"type":1,"conId":756733,"isMore":true,"price":600,"triggerMethod":4}]  -> #2 accepted PreSubmitted
                -> #2 again PreSubmitted
        submit  #3 BUY 10 AAPL LMT 250 conditions=[{"type":1,"conId":756733,"isMore":true,"price":600,"triggerMethod":7}]  -> #3 accepted PreSubmitted
                -> #3 again PreSubmitted
        submit  #4 BUY 10 AAPL LMT 250 conditions=[{"type":1,"conId":756733,"isMore":true,"price":610,"triggerMethod":7}]  -> #4 accepted PreSubmitted
                -> #4 again PreSubmitted
        quote   SPY 600.00 x 600.02  -> #2 again Submitted; #3 again Submitted
        trade   SPY 610*100  -> #1 again Submitted; #4 again Submitted
    """,  # noqa: E501
    "conditions of time": """
        submit  #1 BUY 10 AAPL LMT 250 conditions=[{"type":3,"isMore":true,"time":"20260413-14:01:00"}]  -> #1 accepted PreSubmitted
                -> #1 again PreSubmitted
        submit  #2 BUY 10 AAPL LMT 250 conditions=[{"type":3,"isMore":true,"time":"20260413-14:01:00"},{"type":1,"conId":265598,"price":257}]  -> #2 accepted PreSubmitted
                -> #2 again PreSubmitted
        clock   20260413 10:01:00  -> #1 again Submitted
        trade   AAPL 257  -> #2 again Submitted
    """,  # noqa: E501
    "a condition of a trade": """
        submit  #1 BUY 10 AAPL LMT 250 conditions=[{"type":5,"symbol":"SPY","secType":"STK"}]  -> #1 accepted PreSubmitted
                -> #1 again PreSubmitted
        quote   SPY 599 x 600  -> .
        submit  #2 BUY 10 SPY MKT  -> #2 accepted PreSubmitted
                -> #2 BOT 10 @ 600 Filled; #2 fee 1.00003; #1 again Submitted
    """,  # noqa: E501
    "conditions of volume, change and margin": """
        submit  #1 BUY 10 AAPL LMT 250 conditions=[{"type":6,"conId":265598,"isMore":true,"volume":500}]  -> #1 accepted PreSubmitted
                -> #1 again PreSubmitted
        submit  #2 BUY 10 AAPL LMT 250 conditions=[{"type":7,"conId":265598,"isMore":true,"changePercent":1}]  -> #1 again Submitted
                -> #2 accepted PreSubmitted; #2 again PreSubmitted
        submit  #3 BUY 10 AAPL LMT 250 conditions=[{"type":4,"isMore":false,"percent":99}]  -> #3 accepted PreSubmitted
                -> #3 again PreSubmitted
        trade   AAPL 258*600  -> .
        submit  #4 BUY 2000 AAPL LMT 257.68  -> #4 accepted Submitted
                -> #4 BOT 1000 @ 257.68 Submitted; #4 fee 5.003
        trade   AAPL 258  -> #3 again Submitted
    """,  # noqa: E501
    "conditions that cannot be": """
        submit  #1 BUY 10 AAPL STP 250 conditions=[{"type":1,"conId":265598,"isMore":true,"price":200}]  -> #1 refused 148
        submit  #1 BUY 10 AAPL LMT 250 conditions=[{"type":1,"isMore":true,"price":200}]  -> #1 refused 147
        submit  #1 BUY 10 AAPL LMT 250 conditions=[{"type":1,"conId":1,"isMore":true,"price":200}]  -> #1 refused 402
        submit  #1 BUY 10 AAPL LMT 250 conditions=[{"type":2}]  -> #1 refused 147
    """,  # noqa: E501
    "conditions that are changed and taken away": """
        submit  #1 BUY 10 AAPL LMT 250 conditions=[{"type":1,"conId":265598,"price":200}]  -> #1 accepted PreSubmitted
                -> #1 again PreSubmitted
        submit  #1 BUY 12 AAPL LMT 250 conditions=[{"type":1,"conId":265598,"price":201}]  -> #1 replaced PreSubmitted
                -> #1 again PreSubmitted
        submit  #1 BUY 12 AAPL LMT 250  -> #1 replaced Submitted
        cancel  #1  -> #1 Cancelled
    """,  # noqa: E501
}  # fmt: skip


@pytest.mark.long
@walk("name", TABLES, check=3)
def test_it_goes_as_its_table_says(name: str) -> None:
    scenario(MARKET + TABLES[name])


@pytest.mark.proof
@walk("name", TABLES)
def test_a_restart_anywhere_in_between_changes_nothing(name: str) -> None:
    rows = rows_of(MARKET + TABLES[name])
    for cut in range(3, len(rows), many(test=3, quick=2, proof=1)):
        stage = Stage()
        for number, (row, expected) in enumerate(rows):
            if number == cut:
                stage.engine = restarted(stage)
            assert shown(stage.step(row)) == expected, (cut, row)
            check(stage.engine)


def restarted(stage: Stage) -> Engine:
    """The engine of a station that was stopped and started again."""
    old, engine = stage.engine, Engine(stage.market, stage.profile)
    engine.restore(bytes(old.snapshot()), lambda *_: old.archive.rows())
    return engine


@pytest.mark.long
@walk("name", TABLES, check=11)
def test_a_client_may_send_back_what_it_is_shown_of_an_order(name: str) -> None:
    """As programs do that change one field of the order in openOrder."""
    stage = Stage()
    for row, _ in rows_of(MARKET + TABLES[name]):
        stage.step(row)
        own = [one for one in stage.queries.open_orders() if one.orderId]  # others TWS made
        for view in own:
            _send_back(stage, view.order.clientId, view.order.orderId)


def _send_back(stage: Stage, client_id: int, order_id: int) -> None:
    twin = Stage()
    twin.engine, twin.now = restarted(stage), stage.now
    twin.market = stage.market
    queries = Queries(twin.engine, Views(twin.engine.instruments, twin.engine.profile))
    before = queries.order(client_id, order_id)
    assert before is not None
    told = twin.submit(SubmitOrder(client_id, order_id, before.contract, before.order))
    refused = [one for one in told if isinstance(one, RequestRefusedEvent)]
    assert not refused, (order_id, before.order.orderType, refused, before.order)
    old = stage.engine.state.orders[before.permId]
    new = twin.engine.state.orders.get(before.permId)
    if new is not None:  # its new terms may have let it trade
        peg = old.terms.extras.peg
        assert (new.stop, new.held, new.terms.extras.peg) == (old.stop, old.held, peg)
        if peg is None:  # the next component of a scale order has another price
            in_parts = new.terms.extras.components is not None and new.filled > old.filled
            assert in_parts or new.limit == old.limit
        else:  # its price is that of the market of now, its cap the old one
            assert new.terms.limit == old.terms.limit
        if new.filled > old.filled:
            return
    after = queries.order(client_id, order_id)
    assert after is not None
    assert after.filled > before.filled or after.order == before.order
