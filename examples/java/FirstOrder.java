import com.ib.client.Contract;
import com.ib.client.Decimal;
import com.ib.client.DefaultEWrapper;
import com.ib.client.EClientSocket;
import com.ib.client.EJavaSignal;
import com.ib.client.EReader;
import com.ib.client.Order;
import com.ib.client.TickAttrib;
import java.io.IOException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/**
 * A quote and a market order with IB's own TwsApi.jar (10.33 or newer) against a Papertape station.
 *
 * <pre>javac -cp TwsApi.jar FirstOrder.java && java -cp TwsApi.jar:. FirstOrder 7497</pre>
 */
public class FirstOrder extends DefaultEWrapper {
    private static final int BID = 1;
    private static final int PATIENCE_S = 20;

    private final CompletableFuture<Integer> orderId = new CompletableFuture<>();
    private final CompletableFuture<Double> bid = new CompletableFuture<>();
    private final CompletableFuture<Double> filled = new CompletableFuture<>();

    @Override
    public void nextValidId(int id) {
        orderId.complete(id);
    }

    @Override
    public void tickPrice(int request, int kind, double price, TickAttrib attributes) {
        if (kind == BID) {
            bid.complete(price);
        }
    }

    @Override
    public void orderStatus(int id, String status, Decimal done, Decimal left, double average,
            long permId, int parentId, double last, int clientId, String held, double cap) {
        if (status.equals("Filled")) {
            filled.complete(average);
        }
    }

    public static void main(String[] arguments) throws Exception {
        int port = arguments.length > 0 ? Integer.parseInt(arguments[0]) : 7497;
        FirstOrder program = new FirstOrder();
        EJavaSignal signal = new EJavaSignal();
        EClientSocket tws = new EClientSocket(program, signal);
        tws.eConnect("127.0.0.1", port, 24);
        EReader reader = new EReader(tws, signal);
        reader.start();
        Thread pump = new Thread(() -> pump(tws, reader, signal), "messages");
        pump.setDaemon(true);
        pump.start();
        try {
            int id = program.orderId.get(PATIENCE_S, TimeUnit.SECONDS);
            Contract spy = new Contract();
            spy.symbol("SPY");
            spy.secType("STK");
            spy.exchange("SMART");
            spy.currency("USD");
            tws.reqMktData(1, spy, "", false, false, null);
            System.out.println("SPY bid " + program.bid.get(PATIENCE_S, TimeUnit.SECONDS));
            tws.cancelMktData(1);

            Order order = new Order();
            order.action("BUY");
            order.orderType("MKT");
            order.totalQuantity(Decimal.get(100));
            tws.placeOrder(id, spy, order);
            System.out.println(
                    "bought 100 SPY at " + program.filled.get(PATIENCE_S, TimeUnit.SECONDS));
        } finally {
            tws.eDisconnect();
        }
    }

    private static void pump(EClientSocket tws, EReader reader, EJavaSignal signal) {
        while (tws.isConnected()) {
            signal.waitForSignal();
            try {
                reader.processMsgs();
            } catch (IOException error) {
                System.err.println(error);
                return;
            }
        }
    }
}
