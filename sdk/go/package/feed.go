package orders

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// FollowOptions select the events to follow. Zero values select all, from the oldest on.
type FollowOptions struct {
	// After selects the events after this position; 0 means where Start says.
	After int64
	// Start is where to begin without a position; by default with the oldest event.
	Start FeedStart
	// Types selects events of any of these types; empty means all.
	Types []OrderEventType
	// OrderID selects the events of one order; 0 means all.
	OrderID int64
	// CustomerID selects the events of one customer's orders; 0 means all.
	CustomerID int64
	// Silence is how long the stream may send nothing before it is opened again. Default: 45 s.
	Silence time.Duration
}

// EventsResetError means that the events after the last position are no longer, or not yet, available. Read
// the orders again, then follow the events after Position.
type EventsResetError struct {
	Position int64
}

func (e *EventsResetError) Error() string {
	return fmt.Sprintf("the events up to position %d are not available", e.Position)
}

// largest is the greatest size of an event, so that a faulty stream does not fill the memory.
const largest = 1 << 20

// Follow iterates over the events of all orders, oldest first, and waits for new ones without end. Each
// event comes once, in order. It connects again after any interruption. The iteration ends with the first
// error: EventsResetError when events are missing, and that of any other call when the service refuses.
func (c *Client) Follow(ctx context.Context, options FollowOptions) iter.Seq2[Event, error] {
	return func(yield func(Event, error) bool) {
		last := options.After
		silence := options.Silence
		if silence == 0 {
			silence = 45 * time.Second
		}
		for attempt := 1; ; attempt++ {
			stopped := false
			err := c.transport.stream(ctx, c.baseURL+"/events?"+options.query(), last, silence, attempt, func(message message) error {
				attempt = 0
				event, err := message.event()
				if err != nil {
					return err
				}
				if message.id <= last {
					return nil
				}
				last = message.id
				if event != nil && !yield(*event, nil) {
					stopped = true
					return errStopped
				}
				return nil
			})
			switch {
			case stopped:
				return
			case err != nil && (ctx.Err() != nil || !IsTransient(err)):
				yield(Event{}, err)
				return
			}
			var api *APIError
			errors.As(err, &api)
			if err := sleep(ctx, c.transport.pause(max(attempt, 1), api)); err != nil {
				yield(Event{}, err)
				return
			}
		}
	}
}

var errStopped = errors.New("stopped")

func (o FollowOptions) query() string {
	query := url.Values{}
	for _, each := range o.Types {
		query.Add("type", string(each))
	}
	if o.Start != "" {
		query.Set("start", string(o.Start))
	}
	if o.OrderID != 0 {
		query.Set("order_id", strconv.FormatInt(o.OrderID, 10))
	}
	if o.CustomerID != 0 {
		query.Set("customer_id", strconv.FormatInt(o.CustomerID, 10))
	}
	return query.Encode()
}

// message is a server-sent event; its id is 0 if it has none.
type message struct {
	id   int64
	name string
	data []byte
}

// event returns nil for a heartbeat, and for what a later contract adds. It sets the id to the position.
func (m *message) event() (*Event, error) {
	reset := m.name == "reset"
	if !reset && (len(m.data) == 0 || m.name != "" && m.name != "message") {
		return nil, nil
	}
	var event Event
	err := json.Unmarshal(m.data, &event)
	if err == nil && !reset && event.Position < 1 {
		err = errors.New("an event without position")
	}
	if err != nil {
		return nil, &UnreadableError{Attempts: 1, ContentType: "text/event-stream", Err: err}
	}
	if reset {
		return nil, &EventsResetError{Position: event.Position}
	}
	m.id = event.Position
	return &event, nil
}

// stream passes the messages of a stream to handle, until one is an error; one attempt.
func (t *resilient) stream(
	caller context.Context, address string, after int64, silence time.Duration, attempt int, handle func(message) error,
) error {
	ctx, cancel := context.WithCancel(caller)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return err
	}
	for name, values := range t.options.Header {
		request.Header[name] = values
	}
	if request.Header.Get("User-Agent") == "" {
		request.Header.Set("User-Agent", userAgent)
	}
	request.Header.Set("Accept", "text/event-stream")
	if after > 0 {
		request.Header.Set("Last-Event-ID", strconv.FormatInt(after, 10))
	}
	if err := t.options.Credentials.authorize(ctx, request.Header); err != nil {
		return err
	}
	silent := time.AfterFunc(silence, cancel)
	defer silent.Stop()
	failed := func(err error) error {
		switch {
		case caller.Err() != nil:
			return caller.Err()
		case ctx.Err() != nil:
			return &TimeoutError{Attempts: attempt}
		case errors.Is(err, bufio.ErrTooLong):
			return &UnreadableError{Attempts: attempt, ContentType: "text/event-stream", Err: err}
		}
		return &ConnectionError{Attempts: attempt, Err: err}
	}
	response, err := t.options.Transport.RoundTrip(request)
	if err != nil {
		return failed(err)
	}
	defer response.Body.Close()
	if response.StatusCode >= 400 {
		body, err := io.ReadAll(response.Body)
		if err != nil {
			return failed(err)
		}
		return newAPIError(response, body, attempt)
	}
	if kind := response.Header.Get("Content-Type"); !strings.HasPrefix(kind, "text/event-stream") {
		return &UnreadableError{Attempts: attempt, ContentType: kind}
	}
	lines := bufio.NewScanner(&watched{response.Body, silent, silence})
	lines.Buffer(nil, largest)
	lines.Split(splitLines())
	var next message
	for lines.Scan() {
		field, value, _ := bytes.Cut(lines.Bytes(), []byte(":"))
		value = bytes.TrimPrefix(value, []byte(" "))
		switch string(field) {
		case "event":
			next.name = string(value)
		case "data":
			if next.data != nil {
				next.data = append(next.data, '\n')
			}
			next.data = append(next.data, value...)
		case "id":
			if id, err := strconv.ParseInt(string(value), 10, 64); err == nil {
				next.id = id
			}
		}
		if len(next.data) > largest {
			return failed(bufio.ErrTooLong)
		}
		if len(lines.Bytes()) == 0 {
			if err := handle(next); err != nil {
				return err
			}
			next = message{}
		}
	}
	if err := lines.Err(); err != nil {
		return failed(err)
	}
	return nil
}

// watched limits how long a read may take. Between reads the caller may be slow.
type watched struct {
	io.Reader
	timer *time.Timer
	limit time.Duration
}

func (w *watched) Read(buffer []byte) (int, error) {
	w.timer.Reset(w.limit)
	defer w.timer.Stop()
	return w.Reader.Read(buffer)
}

// splitLines splits at CRLF, LF or CR (HTML standard, section 9.2.5). It drops an incomplete line at the end.
func splitLines() bufio.SplitFunc {
	afterReturn := false
	return func(data []byte, atEOF bool) (int, []byte, error) {
		start := 0
		if afterReturn && len(data) > 0 {
			afterReturn = false
			if data[0] == '\n' {
				start = 1
			}
		}
		if end := bytes.IndexAny(data[start:], "\r\n"); end >= 0 {
			end += start
			afterReturn = data[end] == '\r'
			return end + 1, data[start:end], nil
		}
		if atEOF {
			return len(data), nil, nil
		}
		return start, nil, nil
	}
}
