// A quote and a market order with github.com/scmhub/ibapi against a Papertape station:
//
//	go mod init first_order && go get github.com/scmhub/ibapi@latest
//	go run first_order.go 7497
package main

import (
	"fmt"
	"os"
	"strconv"
	"time"

	"github.com/scmhub/ibapi"
)

const (
	bid      = 1
	patience = 20 * time.Second
)

// program hears what the station says; everything else is the library's own.
type program struct {
	ibapi.Wrapper
	ids    chan int64
	bids   chan float64
	filled chan float64
}

func (p *program) NextValidID(id int64) { offer(p.ids, id) }

func (p *program) TickPrice(_ ibapi.TickerID, kind ibapi.TickType, price float64, _ ibapi.TickAttrib) {
	if kind == bid {
		offer(p.bids, price)
	}
}

func (p *program) OrderStatus(_ ibapi.OrderID, status string, _ ibapi.Decimal, _ ibapi.Decimal,
	average float64, _ int64, _ int64, _ float64, _ int64, _ string, _ float64) {
	if status == "Filled" {
		offer(p.filled, average)
	}
}

// offer passes on the first value; later ones are dropped instead of blocking the reader.
func offer[T any](to chan T, value T) {
	select {
	case to <- value:
	default:
	}
}

func await[T any](what string, from chan T) T {
	select {
	case value := <-from:
		return value
	case <-time.After(patience):
		fmt.Fprintln(os.Stderr, "no", what, "within", patience)
		os.Exit(1)
		panic("unreachable")
	}
}

func main() {
	port := 7497
	if len(os.Args) > 1 {
		given, err := strconv.Atoi(os.Args[1])
		if err != nil {
			fmt.Fprintln(os.Stderr, "usage: first_order [PORT]")
			os.Exit(2)
		}
		port = given
	}
	p := &program{
		ids: make(chan int64, 1), bids: make(chan float64, 1), filled: make(chan float64, 1),
	}
	client := ibapi.NewEClient(p)
	if err := client.Connect("127.0.0.1", port, 22); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	defer client.Disconnect()
	id := await("order id", p.ids)

	spy := &ibapi.Contract{Symbol: "SPY", SecType: "STK", Exchange: "SMART", Currency: "USD"}
	client.ReqMktData(1, spy, "", false, false, nil)
	fmt.Println("SPY bid", await("bid", p.bids))
	client.CancelMktData(1)

	client.PlaceOrder(id, spy, ibapi.MarketOrder("BUY", ibapi.StringToDecimal("100")))
	fmt.Println("bought 100 SPY at", await("fill", p.filled))
}
