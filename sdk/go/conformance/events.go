package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"slices"
	"time"

	orders "example.com/order-processing-sdk/v2"
)

type webhook struct {
	What    string
	Secrets []string
	Now     int64
	Headers map[string]string
	Body    string
	Gives   string
}

func (w webhook) header() http.Header {
	header := http.Header{}
	for name, value := range w.Headers {
		header[name] = []string{value}
	}
	return header
}

func (w webhook) verifier() orders.WebhookVerifier {
	return orders.WebhookVerifier{Secrets: w.Secrets, Now: func() time.Time { return time.Unix(w.Now, 0) }}
}

func webhooks(name string) []webhook {
	var all map[string][]webhook
	must(0, json.Unmarshal(must(os.ReadFile("webhooks.json")), &all))
	return all[name]
}

func given(webhook webhook) string {
	payload, err := webhook.verifier().Verify([]byte(webhook.Body), webhook.header())
	if err != nil {
		return string(failure[*orders.WebhookError](nil, err).Kind)
	}
	event := payload.Data
	if event == nil {
		return payload.Type
	}
	equal([]any{event.Data.TotalAmount.String(), *event.Data.Reason}, []any{"1234567.89", "Größe geändert ✓"})
	return fmt.Sprintf("%s %d %s", payload.Type, event.Position, event.Type)
}

func allWebhooks(name string) check {
	return func(*orders.Client, int64) {
		for _, webhook := range webhooks(name) {
			equal([]string{webhook.What, given(webhook)}, []string{webhook.What, webhook.Gives})
		}
	}
}

func take(client *orders.Client, options orders.FollowOptions, count int) []orders.Event {
	found := []orders.Event{}
	for event, err := range client.Follow(ctx, options) {
		found = append(found, must(event, err))
		if len(found) == count {
			break
		}
	}
	return found
}

func followFails[E error](client *orders.Client, options orders.FollowOptions) E {
	for event, err := range client.Follow(ctx, options) {
		return failure[E](event, err)
	}
	panic("the iteration has ended")
}

var eventChecks = map[string]check{
	"follow_feed": func(client *orders.Client, customer int64) {
		made := []int64{create(client, customer), create(client, customer)}
		must(client.UpdateOrder(ctx, made[0], total("12.34"), ""))
		seen := []orders.Event{}
		for event, err := range client.Follow(ctx, orders.FollowOptions{}) {
			seen = append(seen, must(event, err))
			if len(seen) == 3 {
				made = append(made, create(client, customer))
			}
			if len(seen) == 4 {
				break
			}
		}
		told, positions := []any{}, []int64{}
		for _, event := range seen {
			told = append(told, event.Type, event.OrderId, event.Sequence)
			positions = append(positions, event.Position)
			equal([]any{event.CustomerId, event.Actor}, []any{customer, orders.ORDEREVENTACTOR_CLIENT})
		}
		equal(told, []any{
			orders.ORDEREVENTTYPE_CREATED, made[0], int64(1), orders.ORDEREVENTTYPE_CREATED, made[1], int64(1),
			orders.ORDEREVENTTYPE_UPDATED, made[0], int64(2), orders.ORDEREVENTTYPE_CREATED, made[2], int64(1),
		})
		equal(slices.Compact(slices.Sorted(slices.Values(positions))), positions)
		amounts := []string{seen[1].Data.TotalAmount.String(), seen[2].Data.TotalAmount.String()}
		equal(amounts, []string{"99.95", "12.34"})
	},
	"follow_latest": func(client *orders.Client, customer int64) {
		create(client, customer)
		take(client, orders.FollowOptions{}, 1)
		made := make(chan int64, 1)
		time.AfterFunc(time.Second, func() { made <- create(client, customer) })
		event := take(client, orders.FollowOptions{Start: orders.FEEDSTART_LATEST}, 1)[0]
		equal(event.OrderId, <-made)
	},
	"follow_filtered": func(client *orders.Client, customer int64) {
		id := create(client, customer)
		must(client.UpdateOrder(ctx, create(client, customer), total("3"), ""))
		must(client.UpdateOrder(ctx, id, total("4"), ""))
		updated := []orders.OrderEventType{orders.ORDEREVENTTYPE_UPDATED}
		options := orders.FollowOptions{Types: updated, OrderID: id, CustomerID: customer}
		event := take(client, options, 1)[0]
		equal([]int64{event.OrderId, event.Sequence}, []int64{id, 2})
		must(client.UpdateOrder(ctx, id, total("5"), ""))
		options.After = event.Position
		event = take(client, options, 1)[0]
		equal([]int64{event.OrderId, event.Sequence}, []int64{id, 3})
	},
	"follow_later": func(client *orders.Client, customer int64) {
		id, other := create(client, customer), create(client, customer)
		must(client.UpdateOrder(ctx, id, total("3"), ""))
		told := []any{}
		for _, event := range take(client, orders.FollowOptions{}, 3) {
			told = append(told, string(event.Type), event.OrderId)
		}
		equal(told, []any{"imported", id, "imported", other, "updated", id})
	},
	"follow_silent": func(client *orders.Client, customer int64) {
		id := create(client, customer)
		equal(take(client, orders.FollowOptions{Silence: 1500 * time.Millisecond}, 1)[0].OrderId, id)
	},
	"follow_reset": func(client *orders.Client, customer int64) {
		reset := followFails[*orders.EventsResetError](client, orders.FollowOptions{After: missing})
		id := create(client, customer)
		event := take(client, orders.FollowOptions{After: reset.Position}, 1)[0]
		equal([]any{event.OrderId, event.Position > reset.Position}, []any{id, true})
	},
	"follow_refused": func(client *orders.Client, customer int64) {
		err := followFails[*orders.APIError](client, orders.FollowOptions{CustomerID: customer + 1})
		equal([]any{err.Status, err.Code, err.Attempts}, []any{403, "customer_not_allowed", 1})
		err = followFails[*orders.APIError](client, orders.FollowOptions{})
		equal([]any{err.Status, err.Code, err.Attempts}, []any{410, "injected", 1})
		_, _, failed := client.API.EventsAPI.ListEvents(ctx).After(missing).Execute()
		err = refused(nil, failed)
		equal([]any{err.Status, err.Code}, []any{410, "position_unknown"})
	},
	"webhook_verified": allWebhooks("webhook_verified"),
	"webhook_rejected": allWebhooks("webhook_rejected"),
	"webhook_repeated": func(*orders.Client, int64) {
		deliveries := webhooks("webhook_repeated")
		verifier := deliveries[0].verifier()
		handled := map[string]bool{}
		positions := []int64{}
		handle := func(payload *orders.WebhookPayload) error {
			if payload.Data == nil {
				return errors.New("no event")
			}
			positions = append(positions, payload.Data.Position)
			return nil
		}
		receive := func(body []byte, header http.Header) error {
			payload, err := verifier.Verify(body, header)
			if err != nil {
				return err // a *WebhookError: respond with 400
			}
			id := header.Get("webhook-id") // the same for each repetition
			if handled[id] {
				return nil
			}
			if err := handle(payload); err != nil {
				return err
			}
			handled[id] = true
			return nil
		}
		for _, delivery := range deliveries {
			header := http.Header{}
			for name, value := range delivery.Headers {
				header.Set(name, value)
			}
			must(0, receive([]byte(delivery.Body), header))
		}
		equal(positions, []int64{4711, 4713, 4712})
	},
}
