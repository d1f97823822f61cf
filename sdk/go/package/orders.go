// Package orders is a client of the Order Processing API.
package orders

import (
	"context"
	"crypto/rand"
	"fmt"
	"iter"
	mathrand "math/rand/v2"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// Client is a client of the Order Processing API. It is safe for concurrent use by multiple goroutines.
// Every call returns early when its context is done.
type Client struct {
	// API provides every operation of the contract, with the same time-outs, retries and errors.
	API       *APIClient
	transport *resilient
	baseURL   string
}

const userAgent = "order-processing-sdk-go/" + Version

// OrderVersion is an order and the ETag of its version.
type OrderVersion struct {
	Order Order
	ETag  string
}

// CreatedOrder is an order created by this call, or by an earlier one with the same key (Replayed).
type CreatedOrder struct {
	OrderVersion
	Replayed bool
}

// DecidedOrder is an order with the answer of this call, or of an earlier one with the same key (Replayed).
type DecidedOrder struct {
	OrderVersion
	Replayed bool
}

// OrderCancellation is an order that is cancelled, or becomes so once everything is undone (requested).
type OrderCancellation struct {
	OrderVersion
	Outcome CancellationOutcome
}

// Filter selects the orders to list.
type Filter struct {
	// Status selects orders with any of these statuses; empty means all.
	Status []OrderStatus
	// CustomerID selects the orders of one customer; 0 means all.
	CustomerID int64
	// PaymentStatus selects orders whose payment has any of these statuses; empty means all.
	PaymentStatus []PaymentStatus
	// ShipmentStatus selects orders whose shipment has any of these statuses; empty means all.
	ShipmentStatus []ShipmentStatus
	// NeedsAttention selects orders with Attention, or without; nil means all.
	NeedsAttention *bool
	// CreatedFrom selects orders that were accepted at this time or later; zero means all.
	CreatedFrom time.Time
	// CreatedBefore selects orders that were accepted before this time; zero means all.
	CreatedBefore time.Time
	// MinAmount selects orders with this total or a greater one; empty means all.
	MinAmount Amount
	// MaxAmount selects orders with this total or a smaller one; empty means all.
	MaxAmount Amount
	// PageSize is the number of orders per request, 1 to 1000; 0 means the service's default.
	PageSize int32
}

// NewClient returns a client for the service at a base URL.
func NewClient(baseURL string, options Options) *Client {
	transport := &resilient{options.withDefaults()}
	baseURL = strings.TrimRight(baseURL, "/")
	configuration := NewConfiguration()
	configuration.Servers = ServerConfigurations{{URL: baseURL}}
	configuration.UserAgent = userAgent
	configuration.HTTPClient = &http.Client{
		Transport: transport,
		// No redirects: credentials must not be sent elsewhere.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	return &Client{NewAPIClient(configuration), transport, baseURL}
}

// CreateOrder creates one order, even if the request has to be sent several times.
func (c *Client) CreateOrder(ctx context.Context, order CreateOrderRequest) (*CreatedOrder, error) {
	return c.CreateOrderWithKey(ctx, order, newKey())
}

// CreateOrderWithKey creates an order with your own key, to be able to repeat the call after a crash.
func (c *Client) CreateOrderWithKey(
	ctx context.Context, order CreateOrderRequest, idempotencyKey string,
) (*CreatedOrder, error) {
	request := c.API.OrdersAPI.CreateOrder(ctx).CreateOrderRequest(order).IdempotencyKey(idempotencyKey)
	created, response, err := request.Execute()
	if err != nil {
		return nil, bare(err)
	}
	return &CreatedOrder{*versioned(created, response), isReplay(response)}, nil
}

// GetOrder reads an order.
func (c *Client) GetOrder(ctx context.Context, id int64) (*OrderVersion, error) {
	order, response, err := c.API.OrdersAPI.GetOrder(ctx, id).Execute()
	if err != nil {
		return nil, bare(err)
	}
	return versioned(order, response), nil
}

// GetOrderIfChanged reads an order; it returns nil when the order is still at the version of etag.
func (c *Client) GetOrderIfChanged(ctx context.Context, id int64, etag string) (*OrderVersion, error) {
	order, response, err := c.API.OrdersAPI.GetOrder(ctx, id).IfNoneMatch(etag).Execute()
	if response != nil && response.StatusCode == http.StatusNotModified {
		return nil, nil
	}
	if err != nil {
		return nil, bare(err)
	}
	return versioned(order, response), nil
}

// UpdateOrder updates the fields set in change; with an ETag in ifMatch, only if the order is at that
// version.
func (c *Client) UpdateOrder(
	ctx context.Context, id int64, change UpdateOrderRequest, ifMatch string,
) (*OrderVersion, error) {
	request := c.API.OrdersAPI.UpdateOrder(ctx, id).UpdateOrderRequest(change)
	if ifMatch != "" {
		request = request.IfMatch(ifMatch)
	}
	order, response, err := request.Execute()
	if err != nil {
		return nil, bare(err)
	}
	return versioned(order, response), nil
}

// DeleteOrder deletes the order; with an ETag in ifMatch, only if it is at that version.
func (c *Client) DeleteOrder(ctx context.Context, id int64, ifMatch string) error {
	request := c.API.OrdersAPI.DeleteOrder(ctx, id)
	if ifMatch != "" {
		request = request.IfMatch(ifMatch)
	}
	_, err := request.Execute()
	return bare(err)
}

// DecideOrder answers the question in Decision of an order, even if the request has to be sent several
// times; with an ETag in ifMatch, only if the order is at that version.
func (c *Client) DecideOrder(
	ctx context.Context, id int64, answer DecisionAnswer, ifMatch string,
) (*DecidedOrder, error) {
	return c.DecideOrderWithKey(ctx, id, answer, ifMatch, newKey())
}

// DecideOrderWithKey answers with your own key, to be able to repeat the call after a crash.
func (c *Client) DecideOrderWithKey(
	ctx context.Context, id int64, answer DecisionAnswer, ifMatch, idempotencyKey string,
) (*DecidedOrder, error) {
	request := c.API.OrdersAPI.DecideOrder(ctx, id).
		DecideOrderRequest(DecideOrderRequest{Answer: answer}).IdempotencyKey(idempotencyKey)
	if ifMatch != "" {
		request = request.IfMatch(ifMatch)
	}
	order, response, err := request.Execute()
	if err != nil {
		return nil, bare(err)
	}
	return &DecidedOrder{*versioned(order, response), isReplay(response)}, nil
}

// CancelOrder cancels the order, until it is dispatched; with an ETag in ifMatch, only if it is at that
// version. Repeating it changes nothing.
func (c *Client) CancelOrder(ctx context.Context, id int64, ifMatch string) (*OrderCancellation, error) {
	request := c.API.OrdersAPI.CancelOrder(ctx, id)
	if ifMatch != "" {
		request = request.IfMatch(ifMatch)
	}
	cancellation, response, err := request.Execute()
	if err != nil {
		return nil, bare(err)
	}
	return &OrderCancellation{*versioned(&cancellation.Order, response), cancellation.Outcome}, nil
}

// RetryOrder retries the step in Attention of the order now; with an ETag in ifMatch, only if the order is
// at that version. It needs the scope orders:admin.
func (c *Client) RetryOrder(ctx context.Context, id int64, ifMatch string) (*OrderVersion, error) {
	request := c.API.OrdersAPI.RetryOrder(ctx, id)
	if ifMatch != "" {
		request = request.IfMatch(ifMatch)
	}
	order, response, err := request.Execute()
	if err != nil {
		return nil, bare(err)
	}
	return versioned(order, response), nil
}

// Orders iterates over all matching orders, newest first. Pages are fetched on demand. The iteration
// ends with the first error.
func (c *Client) Orders(ctx context.Context, filter Filter) iter.Seq2[Order, error] {
	return allPages(func(query url.Values) ([]Order, *http.Response, error) {
		request := c.API.OrdersAPI.ListOrders(ctx)
		if len(filter.Status) > 0 {
			request = request.Status(filter.Status)
		}
		if filter.CustomerID != 0 {
			request = request.CustomerId(filter.CustomerID)
		}
		if len(filter.PaymentStatus) > 0 {
			request = request.PaymentStatus(filter.PaymentStatus)
		}
		if len(filter.ShipmentStatus) > 0 {
			request = request.ShipmentStatus(filter.ShipmentStatus)
		}
		if filter.NeedsAttention != nil {
			request = request.NeedsAttention(*filter.NeedsAttention)
		}
		if !filter.CreatedFrom.IsZero() {
			request = request.CreatedFrom(filter.CreatedFrom)
		}
		if !filter.CreatedBefore.IsZero() {
			request = request.CreatedBefore(filter.CreatedBefore)
		}
		if filter.MinAmount != "" {
			request = request.MinAmount(filter.MinAmount)
		}
		if filter.MaxAmount != "" {
			request = request.MaxAmount(filter.MaxAmount)
		}
		if filter.PageSize != 0 {
			request = request.Limit(filter.PageSize)
		}
		if cursor := query.Get("cursor"); cursor != "" {
			request = request.Cursor(cursor)
		}
		return request.Execute()
	})
}

// Events iterates over the order's events, oldest first. Pages are fetched on demand. The iteration ends
// with the first error. A pageSize of 0 means the service's default.
func (c *Client) Events(ctx context.Context, id int64, pageSize int32) iter.Seq2[OrderEvent, error] {
	return allPages(func(query url.Values) ([]OrderEvent, *http.Response, error) {
		request := c.API.OrdersAPI.ListOrderEvents(ctx, id)
		if pageSize != 0 {
			request = request.Limit(pageSize)
		}
		if query.Has("after") {
			after, err := strconv.ParseInt(query.Get("after"), 10, 64)
			if err != nil {
				return nil, nil, err
			}
			request = request.After(after)
		}
		return request.Execute()
	})
}

// WaitUntilFinished waits until the order is completed or cancelled, and returns it. It continues
// through outages of the service, and returns a NotFinishedError after the time-out.
func (c *Client) WaitUntilFinished(
	ctx context.Context, id int64, timeout time.Duration,
) (*OrderVersion, error) {
	waiting, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	var seen *OrderVersion
	for pause := 100 * time.Millisecond; ; pause = min(pause*3/2, 5*time.Second) {
		now, err := c.lookAgain(waiting, id, seen)
		switch {
		case err == nil && now != nil:
			seen = now
		case err != nil && ctx.Err() != nil:
			return nil, ctx.Err()
		case err != nil && waiting.Err() == nil && !IsTransient(err):
			return nil, err
		}
		if seen != nil && (seen.Order.Status == ORDERSTATUS_COMPLETED ||
			seen.Order.Status == ORDERSTATUS_CANCELLED) {
			return seen, nil
		}
		pauseNow := pause - time.Duration(mathrand.Float64()/2*float64(pause))
		if sleep(waiting, pauseNow) != nil {
			if ctx.Err() != nil {
				return nil, ctx.Err()
			}
			return nil, &NotFinishedError{ID: id, LastSeen: seen}
		}
	}
}

func (c *Client) lookAgain(ctx context.Context, id int64, seen *OrderVersion) (*OrderVersion, error) {
	if seen == nil {
		return c.GetOrder(ctx, id)
	}
	return c.GetOrderIfChanged(ctx, id, seen.ETag)
}

func allPages[T any](fetch func(url.Values) ([]T, *http.Response, error)) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		query := url.Values{}
		for query != nil {
			items, response, err := fetch(query)
			if err != nil {
				var none T
				yield(none, bare(err))
				return
			}
			for _, item := range items {
				if !yield(item, nil) {
					return
				}
			}
			query = LinkedPage(response, "next")
		}
	}
}

var pageLink = regexp.MustCompile(`<([^>]*)>\s*;[^,<]*\brel="?(\w+)"?`)

// LinkedPage returns the query of the page with this relation (RFC 8288), "next" or "prev"; nil if there is
// none. The path is ignored: a gateway may have changed it.
func LinkedPage(response *http.Response, relation string) url.Values {
	for _, link := range pageLink.FindAllStringSubmatch(response.Header.Get("Link"), -1) {
		if link[2] != relation {
			continue
		}
		target, err := url.Parse(link[1])
		if err != nil {
			return nil
		}
		return target.Query()
	}
	return nil
}

func versioned(order *Order, response *http.Response) *OrderVersion {
	return &OrderVersion{Order: *order, ETag: response.Header.Get("ETag")}
}

func isReplay(response *http.Response) bool {
	return response.Header.Get("Idempotent-Replayed") == "true"
}

// newKey returns a random UUID (RFC 9562, section 5.4).
func newKey() string {
	var id [16]byte
	// It never returns an error; without a source of randomness it crashes the program.
	_, _ = rand.Read(id[:])
	id[6] = id[6]&0x0f | 0x40
	id[8] = id[8]&0x3f | 0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", id[0:4], id[4:6], id[6:8], id[8:10], id[10:])
}
