package main

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	orders "example.com/order-processing-sdk/v2"
)

// nowhere is an address where nothing listens.
const nowhere = "http://127.0.0.1:1/"

// eventually waits until the call returns true.
func eventually(call func() bool) {
	for begun := time.Now(); time.Since(begun) < time.Minute; time.Sleep(100 * time.Millisecond) {
		if call() {
			return
		}
	}
	panic("it does not happen")
}

func needsAttention(order orders.Order) bool { return order.Attention != nil }

// administrationChecks are the scenarios of operators; the URL is for clients with other credentials.
func administrationChecks(url string) map[string]check {
	return map[string]check{
		"every_filter": everyFilter,
		"processing":   processing,
		"api_key":      func(client *orders.Client, customer int64) { apiKey(client, customer, url) },
	}
}

func everyFilter(client *orders.Client, customer int64) {
	plain := create(client, customer)
	stuck := must(client.CreateOrder(ctx, withItems(customer, "CUP-1", "93", "Exampleville"))).Order
	until(client, stuck.Id, needsAttention)
	yes, no := true, false
	for _, filter := range []orders.Filter{
		{PaymentStatus: []orders.PaymentStatus{orders.PAYMENTSTATUS_AUTHORIZED}},
		{ShipmentStatus: []orders.ShipmentStatus{orders.SHIPMENTSTATUS_DISPATCHED}},
		{NeedsAttention: &yes},
		{CreatedFrom: stuck.CreatedAt},
		{MaxAmount: "99.93"},
		{
			PaymentStatus:  []orders.PaymentStatus{orders.PAYMENTSTATUS_AUTHORIZED},
			ShipmentStatus: []orders.ShipmentStatus{orders.SHIPMENTSTATUS_DISPATCHED},
			NeedsAttention: &yes,
			CreatedFrom:    stuck.CreatedAt,
			MinAmount:      "99.93",
			MaxAmount:      "99.93",
		},
	} {
		filter.CustomerID = customer
		equal(listed(client, filter), []int64{stuck.Id})
	}
	for _, filter := range []orders.Filter{
		{NeedsAttention: &no}, {CreatedBefore: stuck.CreatedAt}, {MinAmount: "99.94"},
	} {
		filter.CustomerID = customer
		equal(listed(client, filter), []int64{plain})
	}

	page := func(cursor string) (int64, *http.Response) {
		request := client.API.OrdersAPI.ListOrders(ctx).CustomerId(customer).Limit(1)
		if cursor != "" {
			request = request.Cursor(cursor)
		}
		found, response, err := request.Execute()
		equal(len(must(found, err)), 1)
		return found[0].Id, response
	}
	_, first := page("")
	equal(orders.LinkedPage(first, "prev") == nil, true)
	older, second := page(orders.LinkedPage(first, "next").Get("cursor"))
	newer, _ := page(orders.LinkedPage(second, "prev").Get("cursor"))
	equal([]int64{older, newer}, []int64{plain, stuck.Id})
}

func processing(client *orders.Client, customer int64) {
	administration, endpoints := client.API.AdministrationAPI, client.API.WebhookEndpointsAPI
	caller, _, err := administration.GetCaller(ctx).Execute()
	equal(strings.HasPrefix(must(caller, err).Name, "key:"), true)
	equal(caller.Scopes, []orders.Scope{orders.SCOPE_ORDERS_ADMIN})
	equal(caller.CustomerId == nil, true)
	request := orders.CreateWebhookRequest{Url: nowhere, CustomerId: &customer}
	endpoint, _, err := endpoints.CreateWebhook(ctx).CreateWebhookRequest(request).Execute()
	must(endpoint, err)
	id := must(client.CreateOrder(ctx, withItems(customer, "CUP-1", "93", "Exampleville"))).Order.Id
	var deliveries []orders.WebhookDelivery
	eventually(func() bool {
		found, _, err := client.API.OrdersAPI.ListOrderDeliveries(ctx, id).Execute()
		deliveries = must(found, err)
		return len(deliveries) > 0
	})
	oldest := deliveries[len(deliveries)-1]
	equal([]int64{oldest.WebhookId, oldest.OrderId}, []int64{endpoint.Id, id})
	equal(oldest.EventType, orders.ORDEREVENTTYPE_CREATED)
	must(endpoints.DeleteWebhook(ctx, endpoint.Id).Execute())
	until(client, id, needsAttention)
	report, _, err := administration.GetAttentionReport(ctx).Execute()
	stuck := slices.IndexFunc(must(report, err).Orders, func(each orders.StuckOrder) bool { return each.OrderId == id })
	equal(report.Orders[stuck].Attention.Code, "over_capture")
	seen, _, err := client.API.OrdersAPI.GetOrderProcessing(ctx, id).Execute()
	equal(must(seen, err).TemporalAvailable, true)
	equal(seen.Workflow.Id, fmt.Sprintf("order-%d", id))
	equal(seen.Workflow.Status, orders.ORDERWORKFLOWSTATUS_RUNNING)
	statistics, _, err := administration.GetStatistics(ctx).Execute()
	partners := []string{}
	for _, each := range must(statistics, err).Partners {
		partners = append(partners, each.Partner)
	}
	slices.Sort(partners)
	equal(partners, []string{"inventory", "payment", "shipping"})
}

func apiKey(client *orders.Client, customer int64, url string) {
	connect := func(key string) *orders.Client {
		return orders.NewClient(url, orders.Options{Credentials: orders.WithAPIKey(key)})
	}
	administration := client.API.AdministrationAPI
	request := orders.CreateApiKeyRequest{
		Name:       "shop",
		Scopes:     []orders.Scope{orders.SCOPE_ORDERS_READ, orders.SCOPE_ORDERS_WRITE},
		CustomerId: &customer,
	}
	created, _, err := administration.CreateApiKey(ctx).CreateApiKeyRequest(request).Execute()
	key := must(created, err).Info
	shop := connect(created.Key)
	id := create(shop, customer)
	caller, _, err := shop.API.AdministrationAPI.GetCaller(ctx).Execute()
	equal(must(caller, err).Name, fmt.Sprintf("key:%d", key.Id))
	equal(caller.Scopes, request.Scopes)
	equal(*caller.CustomerId, customer)
	_, _, err = shop.API.AdministrationAPI.ListApiKeys(ctx).Execute()
	equal(refused(nil, err).Status, 403)

	rotation := administration.RotateApiKey(ctx, key.Id).RotateApiKeyRequest(orders.RotateApiKeyRequest{})
	replacement, _, err := rotation.Execute()
	equal(must(replacement, err).Info.ClientId, key.ClientId)
	renewed := connect(replacement.Key)
	equal(must(renewed.GetOrder(ctx, id)).Order.Id, id)

	revoked, _, err := administration.RevokeApiKey(ctx, key.Id).Execute()
	equal(must(revoked, err).RevokedAt != nil, true)
	var refusal error
	eventually(func() bool {
		_, refusal = shop.GetOrder(ctx, id)
		return refusal != nil
	})
	said := refused(nil, refusal)
	equal([]any{said.Status, said.Code}, []any{401, "unauthorized"})
	equal(must(renewed.GetOrder(ctx, id)).Order.Id, id)
	keys, _, err := administration.ListApiKeys(ctx).Execute()
	valid := map[int64]bool{}
	for _, each := range must(keys, err) {
		valid[each.Id] = each.RevokedAt == nil
	}
	equal([]bool{valid[key.Id], valid[replacement.Info.Id]}, []bool{false, true})
}
