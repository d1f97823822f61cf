package main

import (
	"fmt"
	"time"

	orders "example.com/order-processing-sdk/v2"
)

// withItems orders TEA-100 twice and another article, for 99 and some cents.
func withItems(customer int64, sku, cents, city string) orders.CreateOrderRequest {
	order := request(customer, orders.Amount("99."+cents))
	order.Items = []orders.OrderItemRequest{
		{Sku: "TEA-100", Quantity: 2, UnitPrice: "40"},
		{Sku: sku, Quantity: 1, UnitPrice: orders.Amount("19." + cents)},
	}
	order.ShippingAddress = &orders.Address{
		Name: "Ada Example", Street: "Example Street 1", PostalCode: "12345", City: city, Country: "DE",
	}
	return order
}

// until reads the order until it is as wanted.
func until(client *orders.Client, id int64, wanted func(orders.Order) bool) orders.OrderVersion {
	for begun := time.Now(); time.Since(begun) < time.Minute; time.Sleep(100 * time.Millisecond) {
		if seen := must(client.GetOrder(ctx, id)); wanted(seen.Order) {
			return *seen
		}
	}
	panic(fmt.Sprintf("order %d does not get there", id))
}

func asks(order orders.Order) bool { return order.Decision != nil }

func finish(client *orders.Client, id int64, status orders.OrderStatus) orders.Order {
	finished := must(client.WaitUntilFinished(ctx, id, time.Minute)).Order
	equal(finished.Status, status)
	return finished
}

func statuses(order orders.Order) []orders.ItemStatus {
	found := []orders.ItemStatus{}
	for _, item := range order.Items {
		found = append(found, item.Status)
	}
	return found
}

var itemChecks = map[string]check{
	"items": func(client *orders.Client, customer int64) {
		created := must(client.CreateOrder(ctx, withItems(customer, "CUP-1", "95", "Exampleville"))).Order
		equal(statuses(created), []orders.ItemStatus{orders.ITEMSTATUS_PENDING, orders.ITEMSTATUS_PENDING})
		equal([]any{created.Items[0].Sku, created.Items[0].Quantity}, []any{"TEA-100", int32(2)})
		sameAmount(created.Items[1].UnitPrice, "19.95")
		done := finish(client, created.Id, orders.ORDERSTATUS_COMPLETED)
		equal(statuses(done), []orders.ItemStatus{orders.ITEMSTATUS_SHIPPED, orders.ITEMSTATUS_SHIPPED})
		equal(done.Payment.Status, orders.PAYMENTSTATUS_CAPTURED)
		sameAmount(done.Payment.CapturedAmount, "99.95")
		equal(done.Shipment.Status, orders.SHIPMENTSTATUS_DISPATCHED)
	},
	"contradiction": func(client *orders.Client, customer int64) {
		order := withItems(customer, "CUP-1", "95", "Exampleville")
		order.TotalAmount = "100"
		err := refused(client.CreateOrder(ctx, order))
		said := []any{err.Status, err.Code, len(err.Violations), err.Violations[0].Pointer}
		equal(said, []any{400, "invalid_request", 1, "/total_amount"})
	},
	"decision": func(client *orders.Client, customer int64) {
		id := must(client.CreateOrder(ctx, withItems(customer, "SOLD-OUT-1", "95", "Exampleville"))).Order.Id
		asking := until(client, id, asks)
		equal(asking.Order.Decision.UnavailableItems, []int32{1})
		equal(asking.Order.Decision.Options[0], orders.DECISIONANSWER_ACCEPT_AVAILABLE)
		equal(asking.Order.Decision.Deadline.After(time.Now()), true)
		decided := must(client.DecideOrder(ctx, id, orders.DECISIONANSWER_ACCEPT_AVAILABLE, asking.ETag))
		equal([]any{decided.Replayed, decided.Order.Decision == nil}, []any{true, true})
		done := finish(client, id, orders.ORDERSTATUS_COMPLETED)
		equal(statuses(done), []orders.ItemStatus{orders.ITEMSTATUS_SHIPPED, orders.ITEMSTATUS_CANCELLED})
		sameAmount(done.Payment.CapturedAmount, "80.00")
	},
	"decision_replayed": func(client *orders.Client, customer int64) {
		id := must(client.CreateOrder(ctx, withItems(customer, "SOLD-OUT-1", "95", "Exampleville"))).Order.Id
		until(client, id, asks)
		key := fmt.Sprintf("decision-%d", customer)
		first := must(client.DecideOrderWithKey(ctx, id, orders.DECISIONANSWER_CANCEL, "", key))
		second := must(client.DecideOrderWithKey(ctx, id, orders.DECISIONANSWER_CANCEL, "", key))
		equal([]bool{first.Replayed, second.Replayed}, []bool{false, true})
		accept := orders.DECISIONANSWER_ACCEPT_AVAILABLE
		err := refused(client.DecideOrderWithKey(ctx, id, accept, "", key))
		equal([]any{err.Status, err.Code}, []any{422, "idempotency_key_reused"})
		done := finish(client, id, orders.ORDERSTATUS_CANCELLED)
		equal(*done.CancellationReason, orders.CANCELLATIONREASON_DECISION_CANCEL)
	},
	"nothing_asked": func(client *orders.Client, customer int64) {
		err := refused(client.DecideOrder(ctx, create(client, customer), orders.DECISIONANSWER_CANCEL, ""))
		equal([]any{err.Status, err.Code}, []any{409, "nothing_asked"})
	},
	"cancellation": func(client *orders.Client, customer int64) {
		id := must(client.CreateOrder(ctx, withItems(customer, "CUP-1", "95", "Stuck"))).Order.Id
		until(client, id, func(order orders.Order) bool { return order.Shipment != nil })
		asked := must(client.CancelOrder(ctx, id, ""))
		equal(asked.Outcome, orders.CANCELLATIONOUTCOME_REQUESTED)
		equal([]any{asked.Order.Id, len(asked.ETag) > 2}, []any{id, true})
		done := finish(client, id, orders.ORDERSTATUS_CANCELLED)
		equal(*done.CancellationReason, orders.CANCELLATIONREASON_CUSTOMER_REQUEST)
		equal(done.Payment.Status, orders.PAYMENTSTATUS_VOIDED)
	},
	"cancellation_at_once": func(client *orders.Client, customer int64) {
		cancelled := must(client.CancelOrder(ctx, create(client, customer), ""))
		equal(cancelled.Outcome, orders.CANCELLATIONOUTCOME_CANCELLED)
		equal(cancelled.Order.Status, orders.ORDERSTATUS_CANCELLED)
	},
	"cancellation_too_late": func(client *orders.Client, customer int64) {
		id := must(client.CreateOrder(ctx, withItems(customer, "CUP-1", "95", "Exampleville"))).Order.Id
		finish(client, id, orders.ORDERSTATUS_COMPLETED)
		err := refused(client.CancelOrder(ctx, id, ""))
		equal([]any{err.Status, err.Code, err.Attempts}, []any{409, "order_ended", 1})
	},
	"retry": func(client *orders.Client, customer int64) {
		id := must(client.CreateOrder(ctx, withItems(customer, "CUP-1", "93", "Exampleville"))).Order.Id
		stuck := until(client, id, func(order orders.Order) bool { return order.Attention != nil })
		said := []any{stuck.Order.Attention.Step, stuck.Order.Attention.Code}
		equal(said, []any{orders.ORDERSTEP_CAPTURE, "over_capture"})
		equal(must(client.RetryOrder(ctx, id, "")).Order.Id, id)
		finish(client, id, orders.ORDERSTATUS_COMPLETED)
		err := refused(client.RetryOrder(ctx, id, ""))
		equal([]any{err.Status, err.Code}, []any{409, "nothing_to_retry"})
	},
	"retry_forbidden": func(client *orders.Client, _ int64) {
		equal(refused(client.RetryOrder(ctx, 1, "")).Status, 403)
	},
}
