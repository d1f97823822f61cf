package orders

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"
)

// APIError is an answer from 400 on.
type APIError struct {
	// Status is the HTTP status.
	Status int
	// Code is the stable name of the problem; empty when the answer was no problem document.
	Code string
	// Title is the kind of problem in words.
	Title string
	// Detail is what happened this time, for people.
	Detail string
	// RequestID is what to quote when you ask for help.
	RequestID string
	// Violations are everything that is wrong with the request.
	Violations []Violation
	// RetryAfter is how long the service asks to wait; 0 when it does not.
	RetryAfter time.Duration
	// Attempts is how often the request was sent.
	Attempts int
}

// ConnectionError says that the service could not be reached, or that the connection ended before
// the answer did.
type ConnectionError struct {
	Attempts int
	Err      error
}

// TimeoutError says that the service did not answer in time.
type TimeoutError struct {
	Attempts int
}

// UnreadableError says that the answer is not what the contract says, some proxy's page for instance.
type UnreadableError struct {
	Attempts    int
	ContentType string
}

// NotFinishedError says that an order was not finished when the time to wait was over.
type NotFinishedError struct {
	ID int64
	// LastSeen is the order as it was seen last; nil when it was not seen at all.
	LastSeen *OrderVersion
}

func (e *APIError) Error() string {
	name := e.Code
	if name == "" {
		name = e.Title
	}
	if e.Detail == "" {
		return fmt.Sprintf("%d %s", e.Status, name)
	}
	return fmt.Sprintf("%d %s: %s", e.Status, name, e.Detail)
}

func (e *ConnectionError) Error() string {
	return fmt.Sprintf("the connection failed, attempt %d: %v", e.Attempts, e.Err)
}

func (e *ConnectionError) Unwrap() error { return e.Err }

func (e *TimeoutError) Error() string {
	return fmt.Sprintf("no answer in time, attempt %d", e.Attempts)
}

func (e *UnreadableError) Error() string {
	return fmt.Sprintf("expected JSON, got %q", e.ContentType)
}

func (e *NotFinishedError) Error() string {
	seen := "never"
	if e.LastSeen != nil {
		seen = string(e.LastSeen.Order.Status)
	}
	return fmt.Sprintf("order %d did not finish in time, it was seen %s", e.ID, seen)
}

// IsTransient tells whether the same may succeed later.
func IsTransient(err error) bool {
	var api *APIError
	if errors.As(err, &api) {
		return slices.Contains([]int{408, 429, 503, 504}, api.Status)
	}
	var connection *ConnectionError
	var timeout *TimeoutError
	var unfinished *NotFinishedError
	return errors.As(err, &connection) || errors.As(err, &timeout) || errors.As(err, &unfinished)
}

func newAPIError(response *http.Response, body []byte, attempts int) *APIError {
	var problem Problem
	// Some proxy's page is none; then the fields stay empty.
	if json.Unmarshal(body, &problem) != nil || problem.Code == "" {
		problem = Problem{Title: http.StatusText(response.StatusCode)}
	}
	id := problem.GetRequestId()
	if id == "" {
		id = response.Header.Get("X-Request-Id")
	}
	return &APIError{
		Status:     response.StatusCode,
		Code:       problem.Code,
		Title:      problem.Title,
		Detail:     problem.GetDetail(),
		RequestID:  id,
		Violations: problem.GetErrors(),
		RetryAfter: retryAfter(response.Header.Get("Retry-After")),
		Attempts:   attempts,
	}
}

// Seconds or a date (RFC 9110, section 10.2.3).
func retryAfter(value string) time.Duration {
	if seconds, err := strconv.ParseUint(value, 10, 31); err == nil {
		return time.Duration(seconds) * time.Second
	}
	if then, err := http.ParseTime(value); err == nil {
		return max(0, time.Until(then))
	}
	return 0
}

// The error of the transport, without what net/http wraps it in.
func bare(err error) error {
	var wrapped *url.Error
	if errors.As(err, &wrapped) {
		return wrapped.Err
	}
	return err
}
