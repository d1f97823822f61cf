// Runs the scenarios of sdk/conformance/scenarios.json, by name, against the published module.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"os"
	"reflect"
	"strings"
	"sync"
	"time"

	orders "example.com/order-processing-sdk/v2"
)

type scenario struct {
	Name       string
	URL        string
	CustomerID int64 `json:"customer_id"`
	Client     struct {
		TimeoutMS      int64  `json:"timeout_ms"`
		TotalTimeoutMS int64  `json:"total_timeout_ms"`
		MaxAttempts    int    `json:"max_attempts"`
		APIKey         string `json:"api_key"`
		AccessToken    string `json:"access_token"`
	}
	Snippet bool
}

type check func(client *orders.Client, customer int64)

const missing = 4_000_000_000_000

var ctx = context.Background()

// equal panics if the values differ.
func equal(actual, expected any) {
	if !reflect.DeepEqual(actual, expected) {
		panic(fmt.Sprintf("expected %#v, got %#v", expected, actual))
	}
}

func must[T any](value T, err error) T {
	if err != nil {
		panic(err)
	}
	return value
}

func failure[E error](_ any, err error) E {
	var found E
	if !errors.As(err, &found) {
		panic(fmt.Sprintf("expected %T, got %v", found, err))
	}
	return found
}

func refused(value any, err error) *orders.APIError { return failure[*orders.APIError](value, err) }

func request(customer int64, amount orders.Amount) orders.CreateOrderRequest {
	return orders.CreateOrderRequest{CustomerId: customer, TotalAmount: amount}
}

func create(client *orders.Client, customer int64) int64 {
	return must(client.CreateOrder(ctx, request(customer, "99.95"))).Order.Id
}

func status(status orders.OrderStatus) orders.UpdateOrderRequest {
	return orders.UpdateOrderRequest{Status: &status}
}

func total(amount orders.Amount) orders.UpdateOrderRequest {
	return orders.UpdateOrderRequest{TotalAmount: &amount}
}

func sameAmount(actual orders.Amount, expected string) {
	value, good := new(big.Rat).SetString(actual.String())
	equal(good, true)
	equal(value.FloatString(2), expected)
	wanted, _ := new(big.Rat).SetString(expected)
	equal(value.Cmp(wanted), 0)
}

func listed(client *orders.Client, filter orders.Filter) []int64 {
	ids := []int64{}
	for order, err := range client.Orders(ctx, filter) {
		ids = append(ids, must(order, err).Id)
	}
	return ids
}

func replayed(client *orders.Client, customer int64) {
	equal(must(client.CreateOrder(ctx, request(customer, "1"))).Replayed, true)
}

func createAndGet(client *orders.Client, customer int64) {
	must(client.GetOrder(ctx, create(client, customer)))
}

func wait(client *orders.Client, customer int64) {
	finished := must(client.WaitUntilFinished(ctx, create(client, customer), time.Minute))
	equal(finished.Order.Status, orders.ORDERSTATUS_COMPLETED)
}

func inPages(client *orders.Client, customer int64) {
	made := []int64{}
	for range 5 {
		made = append([]int64{create(client, customer)}, made...)
	}
	equal(listed(client, orders.Filter{CustomerID: customer, PageSize: 2}), made)
}

func inVain(timeout, limit time.Duration) check {
	return func(client *orders.Client, customer int64) {
		id := create(client, customer)
		begun := time.Now()
		err := failure[*orders.NotFinishedError](client.WaitUntilFinished(ctx, id, timeout))
		equal(err.LastSeen.Order.Status, orders.ORDERSTATUS_PENDING)
		equal(time.Since(begun) < limit, true)
	}
}

var checks = map[string]check{
	"create_and_read": func(client *orders.Client, customer int64) {
		created := must(client.CreateOrder(ctx, request(customer, "99.95")))
		equal(created.Order.CustomerId, customer)
		equal(created.Order.Status, orders.ORDERSTATUS_PENDING)
		sameAmount(created.Order.TotalAmount, "99.95")
		equal([]any{created.Replayed, created.ETag}, []any{false, `"1"`})
		equal(time.Since(created.Order.CreatedAt).Abs() < time.Minute, true)
		equal(*must(client.GetOrder(ctx, created.Order.Id)), created.OrderVersion)
	},
	"exact_amounts": func(client *orders.Client, customer int64) {
		for _, text := range []string{"0.00", "0.01", "0.10", "0.29", "19.99", "1234567.89", "99999999.99"} {
			created := must(client.CreateOrder(ctx, request(customer, orders.Amount(text))))
			sameAmount(created.Order.TotalAmount, text)
		}
	},
	"not_found": func(client *orders.Client, _ int64) {
		err := refused(client.GetOrder(ctx, missing))
		equal([]any{err.Status, err.Code, err.Title}, []any{404, "order_not_found", "Not Found"})
		equal([]any{err.Attempts, len(err.Violations), err.RetryAfter}, []any{1, 0, time.Duration(0)})
		equal(strings.Contains(err.Detail, "4000000000000"), true)
		equal(len(err.RequestID) > 8, true)
	},
	"every_violation": func(client *orders.Client, _ int64) {
		err := refused(client.CreateOrder(ctx, request(0, "0.001")))
		equal([]any{err.Status, err.Code}, []any{400, "invalid_request"})
		pointers := []string{}
		for _, violation := range err.Violations {
			pointers = append(pointers, violation.Pointer)
		}
		equal(pointers, []string{"/customer_id", "/total_amount"})
		equal(err.Violations[0].Detail, "0 is less than the minimum of 1")
	},
	"conflict": func(client *orders.Client, customer int64) {
		id := create(client, customer)
		changed := must(client.UpdateOrder(ctx, id, status(orders.ORDERSTATUS_CANCELLED), ""))
		equal(changed.Order.Status, orders.ORDERSTATUS_CANCELLED)
		err := refused(client.UpdateOrder(ctx, id, status(orders.ORDERSTATUS_COMPLETED), ""))
		equal([]any{err.Status, err.Code}, []any{409, "transition_not_allowed"})
	},
	"stale_version": func(client *orders.Client, customer int64) {
		first := must(client.CreateOrder(ctx, request(customer, "1")))
		id := first.Order.Id
		second := must(client.UpdateOrder(ctx, id, total("2.5"), first.ETag))
		sameAmount(second.Order.TotalAmount, "2.50")
		err := refused(client.UpdateOrder(ctx, id, total("3"), first.ETag))
		equal([]any{err.Status, err.Code}, []any{412, "version_mismatch"})
		third := must(client.UpdateOrder(ctx, id, status(orders.ORDERSTATUS_PROCESSING), second.ETag))
		equal(must(client.GetOrderIfChanged(ctx, id, third.ETag)) == nil, true)
	},
	"own_key": func(client *orders.Client, customer int64) {
		key := fmt.Sprintf("own-%d", customer)
		first := must(client.CreateOrderWithKey(ctx, request(customer, "7"), key))
		second := must(client.CreateOrderWithKey(ctx, request(customer, "7"), key))
		equal([]bool{first.Replayed, second.Replayed}, []bool{false, true})
		equal(second.Order, first.Order)
	},
	"key_reused": func(client *orders.Client, customer int64) {
		key := fmt.Sprintf("own-%d", customer)
		must(client.CreateOrderWithKey(ctx, request(customer, "7"), key))
		err := refused(client.CreateOrderWithKey(ctx, request(customer, "8"), key))
		equal([]any{err.Status, err.Code}, []any{422, "idempotency_key_reused"})
	},
	"not_a_problem": func(client *orders.Client, _ int64) {
		err := refused(client.GetOrder(ctx, 1))
		equal([]any{err.Status, err.Code, err.Attempts}, []any{502, "", 1})
	},
	"unreadable": func(client *orders.Client, _ int64) {
		equal(failure[*orders.UnreadableError](client.GetOrder(ctx, 1)).Attempts, 1)
	},
	"retry_503":          func(client *orders.Client, customer int64) { create(client, customer) },
	"retry_429":          createAndGet,
	"retry_without_hint": createAndGet,
	"unkeyed_post": func(client *orders.Client, customer int64) {
		call := client.API.OrdersAPI.CreateOrder(ctx).CreateOrderRequest(request(customer, "1"))
		_, _, failed := call.Execute()
		err := refused(nil, failed)
		equal([]any{err.Status, err.Attempts}, []any{503, 1})
	},
	"dropped_before": func(client *orders.Client, customer int64) { create(client, customer) },
	"dropped_after":  replayed,
	"cut_answer":     replayed,
	"slow_answer":    replayed,
	"slow_body":      replayed,
	"attempts_end": func(client *orders.Client, _ int64) {
		err := refused(client.GetOrder(ctx, 1))
		said := []any{err.Status, err.Code, err.RetryAfter, err.Attempts, err.RequestID}
		equal(said, []any{503, "injected", time.Second, 3, "request-of-the-proxy"})
	},
	"hint_too_late": func(client *orders.Client, _ int64) {
		begun := time.Now()
		err := refused(client.GetOrder(ctx, 1))
		equal([]any{err.Status, err.RetryAfter, err.Attempts}, []any{503, time.Minute, 1})
		equal(time.Since(begun) < 3*time.Second, true)
	},
	"total_timeout": func(client *orders.Client, _ int64) {
		begun := time.Now()
		err := failure[*orders.TimeoutError](client.GetOrder(ctx, 1))
		taken := time.Since(begun).Milliseconds()
		equal([]any{err.Attempts, taken >= 3900, taken < 7000}, []any{2, true, true})
	},
	"access_token": func(client *orders.Client, customer int64) {
		create(client, customer)
	},
	"wrong_key": func(client *orders.Client, _ int64) {
		err := failure[*orders.APIError](client.GetOrder(ctx, 1))
		equal([]any{err.Status, err.Code, err.Attempts}, []any{401, "unauthorized", 1})
	},
	"another_customer": func(client *orders.Client, customer int64) {
		err := failure[*orders.APIError](client.CreateOrder(ctx, request(customer+1, "1")))
		equal([]any{err.Status, err.Code}, []any{403, "customer_not_allowed"})
	},
	"nobody_there": func(client *orders.Client, _ int64) {
		equal(failure[*orders.ConnectionError](client.GetOrder(ctx, 1)).Attempts, 2)
	},
	"update_retried": func(client *orders.Client, customer int64) {
		id := create(client, customer)
		changed := must(client.UpdateOrder(ctx, id, status(orders.ORDERSTATUS_CANCELLED), ""))
		equal(changed.Order.Status, orders.ORDERSTATUS_CANCELLED)
	},
	"update_ambiguous": func(client *orders.Client, customer int64) {
		made := must(client.CreateOrder(ctx, request(customer, "1")))
		change := status(orders.ORDERSTATUS_CANCELLED)
		err := refused(client.UpdateOrder(ctx, made.Order.Id, change, made.ETag))
		equal([]any{err.Status, err.Attempts}, []any{412, 2})
	},
	"delete_retried": func(client *orders.Client, customer int64) {
		must(0, client.DeleteOrder(ctx, create(client, customer), ""))
	},
	"delete_missing": func(client *orders.Client, _ int64) {
		equal(refused(nil, client.DeleteOrder(ctx, missing, "")).Status, 404)
	},
	"pages":   inPages,
	"gateway": inPages,
	"filtered": func(client *orders.Client, customer int64) {
		pending, cancelled, completed := create(client, customer), create(client, customer), create(client, customer)
		must(client.UpdateOrder(ctx, cancelled, status(orders.ORDERSTATUS_CANCELLED), ""))
		must(client.UpdateOrder(ctx, completed, status(orders.ORDERSTATUS_COMPLETED), ""))
		both := []orders.OrderStatus{orders.ORDERSTATUS_PENDING, orders.ORDERSTATUS_CANCELLED}
		equal(listed(client, orders.Filter{CustomerID: customer, Status: both}), []int64{cancelled, pending})
		one := []orders.OrderStatus{orders.ORDERSTATUS_COMPLETED}
		equal(listed(client, orders.Filter{CustomerID: customer, Status: one}), []int64{completed})
	},
	"history": func(client *orders.Client, customer int64) {
		id := create(client, customer)
		must(client.UpdateOrder(ctx, id, total("12.34"), ""))
		told := []any{}
		for event, err := range client.Events(ctx, id, 1) {
			must(event, err)
			told = append(told, event.Sequence, event.Type, event.Actor, event.Data.TotalAmount.String())
		}
		equal(told, []any{
			int64(1), orders.ORDEREVENTTYPE_CREATED, orders.ORDEREVENTACTOR_CLIENT, "99.95",
			int64(2), orders.ORDEREVENTTYPE_UPDATED, orders.ORDEREVENTACTOR_CLIENT, "12.34",
		})
	},
	"wait":         wait,
	"wait_through": wait,
	"wait_in_vain": inVain(1500*time.Millisecond, 5*time.Second),
	"wait_slow":    inVain(2500*time.Millisecond, 6*time.Second),
	"new_enum_values": func(client *orders.Client, customer int64) {
		made := must(client.CreateOrder(ctx, request(customer, "99.95"))).Order
		equal([]any{string(made.Status), fmt.Sprint(made.Status)}, []any{"on_hold", "on_hold"})
		equal([]bool{made.Status.IsValid(), orders.ORDERSTATUS_PENDING.IsValid()}, []bool{false, true})
		filter := orders.Filter{CustomerID: customer, Status: []orders.OrderStatus{made.Status}}
		equal(listed(client, filter), []int64{made.Id})
		changed := must(client.UpdateOrder(ctx, made.Id, status(made.Status), ""))
		equal(changed.Order.Status, made.Status)
		types := []orders.OrderEventType{}
		for event, err := range client.Events(ctx, made.Id, 0) {
			types = append(types, must(event, err).Type)
		}
		equal([]any{types[0], types[0].IsValid()}, []any{orders.OrderEventType("imported"), false})
	},
	"new_field": func(client *orders.Client, customer int64) {
		equal(must(client.GetOrder(ctx, create(client, customer))).Order.CustomerId, customer)
	},
}

func run(scenario scenario) (said string) {
	defer func() {
		if reason := recover(); reason != nil {
			text := strings.Join(strings.Fields(fmt.Sprint(reason)), " ")
			said = fmt.Sprintf("failed %s: %s", scenario.Name, text)
		}
	}()
	or := func(value, standard int64) time.Duration {
		if value == 0 {
			value = standard
		}
		return time.Duration(value) * time.Millisecond
	}
	credentials := orders.WithAPIKey(scenario.Client.APIKey)
	if token := scenario.Client.AccessToken; token != "" {
		credentials = orders.WithAccessToken(func(context.Context) (string, error) { return token, nil })
	}
	client := orders.NewClient(scenario.URL, orders.Options{
		Credentials:  credentials,
		Timeout:      or(scenario.Client.TimeoutMS, 10_000),
		TotalTimeout: or(scenario.Client.TotalTimeoutMS, 30_000),
		MaxAttempts:  scenario.Client.MaxAttempts,
		FirstPause:   50 * time.Millisecond,
	})
	check, known := checks[scenario.Name]
	if !known {
		check, known = itemChecks[scenario.Name]
	}
	if !known {
		check, known = eventChecks[scenario.Name]
	}
	if !known {
		check, known = administrationChecks(scenario.URL)[scenario.Name]
	}
	equal(known, true)
	check(client, scenario.CustomerID)
	return "ok " + scenario.Name
}

func main() {
	var scenarios []scenario
	if err := json.Unmarshal(must(os.ReadFile(os.Args[1])), &scenarios); err != nil {
		panic(err)
	}
	// Concurrently: they spend most of their time waiting.
	var group sync.WaitGroup
	for _, scenario := range scenarios {
		if scenario.Snippet {
			continue
		}
		group.Add(1)
		go func() {
			defer group.Done()
			fmt.Println(run(scenario))
		}()
	}
	group.Wait()
}
