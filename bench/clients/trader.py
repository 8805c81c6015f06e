"""Places, modifies and cancels orders, and books every event that comes back.

trader.py MODULE PORT CLIENT_ID RATE LINES SYMBOLS is told a line at a time: ``on`` and ``off``
(its own quote lines), ``run SECONDS`` (answers with milliseconds from each request to its
acknowledgement), ``check`` (answers with what came live, and what reqExecutions,
reqCompletedOrders and reqAllOpenOrders say).

RATE is requests a second. When the next order begins does not depend on the last answer, so a
station that is busy for a while is met by as many requests as one that is idle."""

import heapq
import importlib
import json
import logging
import random
import sys
import threading
import time
from collections import Counter

MODULE, PORT, CLIENT_ID, RATE, LINES = sys.argv[1], *map(int, sys.argv[2:6])
SYMBOLS = sys.argv[6].split(",")
REQUESTS = 2  # of one order on average: half of them rest (place, modify, cancel), half fill
PAUSE_S = (0.05, 0.15)  # between the requests of one order
PATIENCE_S = 10.0
logging.disable(logging.CRITICAL)
client = importlib.import_module(f"{MODULE}.client")
wrapper = importlib.import_module(f"{MODULE}.wrapper")
Contract = importlib.import_module(f"{MODULE}.contract").Contract
Order = importlib.import_module(f"{MODULE}.order").Order
OrderCancel = importlib.import_module(f"{MODULE}.order_cancel").OrderCancel
ExecutionFilter = importlib.import_module(f"{MODULE}.execution").ExecutionFilter


class App(wrapper.EWrapper, client.EClient):
    """Books what comes; runs on the reader's side."""

    def __init__(self):
        wrapper.EWrapper.__init__(self)
        client.EClient.__init__(self, self)
        self.next_id = 0
        self.ready = threading.Event()
        self.ended = threading.Event()
        self.waited = {}  # (kind, order id) -> when it was asked for
        self.acks = []  # (kind, milliseconds)
        self.bids = {}
        self.limits = {}
        self.status = {}
        self.fills = {}
        self.charged = set()
        self.refused = set()
        self.counts = {}
        self.errors = []
        self.listing = None  # what an answer to a request collects, while one is under way
        self.perm = {}
        self.told = {}  # order id -> how many openOrder, orderStatus

    def ask(self, kind, order_id):
        self.waited[kind, order_id] = time.perf_counter()

    def came(self, kind, order_id):
        since = self.waited.pop((kind, order_id), None)
        if since is not None:
            self.acks.append((kind, (time.perf_counter() - since) * 1e3))

    def count(self, what):
        self.counts[what] = self.counts.get(what, 0) + 1

    def nextValidId(self, orderId):
        self.next_id = orderId
        self.ready.set()

    def tickPrice(self, reqId, tickType, price, attrib):
        self.count("tickPrice")
        if tickType == 1 and price > 0:
            self.bids[SYMBOLS[(reqId - 1) % LINES % len(SYMBOLS)]] = price

    def openOrder(self, orderId, contract, order, orderState):
        if self.listing is not None:
            self.listing[order.permId] = orderState.status
            return
        self.count("openOrder")
        self.told.setdefault(orderId, [0, 0])[0] += 1
        self.perm[orderId] = order.permId
        self.came("place", orderId)
        if self.limits.get(orderId) == order.lmtPrice:
            self.came("modify", orderId)

    def orderStatus(self, orderId, status, *args):
        if self.listing is not None:
            return
        self.count("orderStatus")
        self.told.setdefault(orderId, [0, 0])[1] += 1
        self.status[orderId] = status
        self.came("place", orderId)
        if status == "Filled":
            self.came("fill", orderId)
        if status == "Cancelled":
            self.came("cancel", orderId)

    def execDetails(self, reqId, contract, execution):
        if self.listing is not None:
            self.listing[execution.execId] = execution.orderId
            return
        self.count("execDetails")
        self.fills[execution.execId] = execution.orderId

    def commissionAndFeesReport(self, report):
        if self.listing is None:
            self.count("commissionReport")
            self.charged.add(report.execId)

    def completedOrder(self, contract, order, orderState):
        self.listing[order.permId] = orderState.status

    def openOrderEnd(self):
        self.ended.set()

    def execDetailsEnd(self, reqId):
        self.ended.set()

    def completedOrdersEnd(self):
        self.ended.set()

    def error(self, reqId, errorTime, errorCode, errorString, *rest):
        if errorCode == 202:
            self.count("202")
            self.refused.add(reqId)
        elif reqId >= 0:
            self.errors.append([reqId, errorCode, errorString])

    def fetch(self, request):
        """What the server lists. Raises ``TimeoutError``."""
        self.ended.clear()
        self.listing = {}
        request()
        if not self.ended.wait(60):
            raise TimeoutError
        time.sleep(0.5)  # commission reports may follow the end
        found, self.listing = self.listing, None
        return found


def stock(symbol):
    made = Contract()
    made.symbol, made.secType, made.exchange, made.currency = symbol, "STK", "SMART", "USD"
    return made


def order(kind, side, limit=None):
    made = Order()
    made.orderType, made.action, made.totalQuantity, made.tif = kind, side, 1, "DAY"
    if limit is not None:
        made.lmtPrice = limit
    return made


class Trader:
    """Begins orders by chance and carries each through."""

    def __init__(self, app):
        self.app = app
        self.ids = 0
        self.resting = set()
        self.filling = set()
        self.requests = 0
        self.sides = {}

    def begin(self, symbol):
        """A new order; gives what is to follow, if anything."""
        number, self.app.next_id = self.app.next_id, self.app.next_id + 1
        if random.random() < 0.5:
            bid = self.app.bids[symbol]
            self.resting.add(number)
            self.send("place", number, symbol, order("LMT", "BUY", round(bid * 0.9, 2)))
            return self.modify, number, symbol, round(bid * 0.89, 2)
        self.filling.add(number)
        side = self.sides[symbol] = "SELL" if self.sides.get(symbol) == "BUY" else "BUY"
        self.app.ask("fill", number)
        self.send("place", number, symbol, order("MKT", side))
        return None

    def send(self, kind, number, symbol, made):
        self.requests += 1
        self.app.ask(kind, number)
        self.app.placeOrder(number, stock(symbol), made)

    def modify(self, number, symbol, limit):
        self.app.limits[number] = limit
        self.send("modify", number, symbol, order("LMT", "BUY", limit))
        return self.cancel, number

    def cancel(self, number):
        self.requests += 1
        self.app.ask("cancel", number)
        self.app.cancelOrder(number, OrderCancel())
        return

    def run(self, seconds):
        end = time.perf_counter() + seconds
        orders_a_second = RATE / REQUESTS
        agenda = [(time.perf_counter(), 0, None)]
        turn = 0
        while agenda:
            at, _, work = heapq.heappop(agenda)
            time.sleep(max(0.0, at - time.perf_counter()))
            turn += 1
            if work is None:
                if time.perf_counter() < end:
                    heapq.heappush(agenda, (at + random.expovariate(orders_a_second), turn, None))
                    then = self.begin(random.choice(SYMBOLS))
                else:
                    then = None
            else:
                then = work[0](*work[1:])
            if then is not None:
                heapq.heappush(
                    agenda, (time.perf_counter() + random.uniform(*PAUSE_S), -turn, then)
                )
        self.settle()
        acks, self.app.acks = self.app.acks, []
        return {"acks": acks, "quotes": self.app.counts.get("tickPrice", 0)}

    def settle(self):
        """Wait for what is still to come; what has not come by then is lost."""
        late = time.perf_counter() + PATIENCE_S
        while self.app.waited and time.perf_counter() < late:
            time.sleep(0.01)

    def lines(self, on):
        if on:
            for i in range(LINES):
                self.ids += 1
                wanted = stock(SYMBOLS[i % len(SYMBOLS)])
                self.app.reqMktData(self.ids, wanted, "", False, False, [])
            until = time.perf_counter() + PATIENCE_S
            while len(self.app.bids) < len(SYMBOLS) and time.perf_counter() < until:
                time.sleep(0.01)
        else:
            for number in range(self.ids - LINES + 1, self.ids + 1):
                self.app.cancelMktData(number)
        return {}

    def events(self, orders):
        """How many orders were told how many openOrder and orderStatus."""
        told = (tuple(self.app.told.get(number, (0, 0))) for number in orders)
        return [[*pair, count] for pair, count in Counter(told).items()]

    def check(self):
        """What came, what should have come, what the server's lists say."""
        self.settle()
        time.sleep(1)
        app = self.app
        listed = app.fetch(lambda: app.reqExecutions(1, ExecutionFilter()))
        completed = app.fetch(lambda: app.reqCompletedOrders(False))
        working = app.fetch(app.reqAllOpenOrders)
        ended = {number: app.status.get(number) for number in self.resting | self.filling}
        filled = set(app.fills.values())
        return {
            "requests": self.requests,
            "orders": len(ended),
            "counts": app.counts,
            "resting": self.events(self.resting),
            "filling": self.events(self.filling),
            "errors": app.errors[:20],
            "error_count": len(app.errors),
            "unanswered": [[kind, number] for kind, number in app.waited][:20],
            "unanswered_count": len(app.waited),
            "not_cancelled": len([n for n in self.resting if ended[n] != "Cancelled"]),
            "no_202": len(self.resting - app.refused),
            "not_filled": len([n for n in self.filling if ended[n] != "Filled"]),
            "no_execution": len(self.filling - filled),
            "no_commission": len(set(app.fills) - app.charged),
            "executions": app.fills,
            "executions_listed": listed,
            "completed": completed,
            "working": working,
            "status": {app.perm.get(number, 0): status for number, status in ended.items()},
        }


def main():
    app = App()
    app.connect("127.0.0.1", PORT, CLIENT_ID)
    threading.Thread(target=app.run, daemon=True).start()
    if not app.ready.wait(10):
        raise SystemExit("no nextValidId")
    trader = Trader(app)
    for line in sys.stdin:
        word, *rest = line.split()
        if word == "run":
            answer = trader.run(float(rest[0]))
        elif word == "check":
            answer = trader.check()
        else:
            answer = trader.lines(word == "on")
        print(json.dumps(answer), flush=True)
    app.disconnect()


main()
