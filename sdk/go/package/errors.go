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

// APIError is a response with status 400 or above.
type APIError struct {
	// Status is the HTTP status.
	Status int
	// Code is the stable name of the problem; empty when the response was not a problem document.
	Code string
	// Title is the kind of problem.
	Title string
	// Detail is a description of this occurrence.
	Detail string
	// RequestID identifies the request; quote it when you ask for support.
	RequestID string
	// Violations are all violations of the contract in the request.
	Violations []Violation
	// RetryAfter is how long the service asks to wait; 0 if it does not ask.
	RetryAfter time.Duration
	// Attempts is how often the request was sent.
	Attempts int
}

// ConnectionError means that the service could not be reached, or that the connection ended before
// the response did.
type ConnectionError struct {
	Attempts int
	Err      error
}

// TimeoutError means that the service did not respond in time.
type TimeoutError struct {
	Attempts int
}

// UnreadableError means that the response does not match the contract, for example a proxy's error page.
type UnreadableError struct {
	Attempts    int
	ContentType string
	// Err is nil if the content type is the wrong one.
	Err error
}

// NotFinishedError means that an order did not finish before the time-out.
type NotFinishedError struct {
	ID int64
	// LastSeen is the order as last read; nil if it could not be read.
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
	return fmt.Sprintf("no response in time, attempt %d", e.Attempts)
}

func (e *UnreadableError) Error() string {
	if e.Err != nil {
		return fmt.Sprintf("the response does not match the contract: %v", e.Err)
	}
	return fmt.Sprintf("unexpected content type %q", e.ContentType)
}

func (e *UnreadableError) Unwrap() error { return e.Err }

func (e *NotFinishedError) Error() string {
	seen := "unknown"
	if e.LastSeen != nil {
		seen = string(e.LastSeen.Order.Status)
	}
	return fmt.Sprintf("order %d did not finish in time, last status: %s", e.ID, seen)
}

// IsTransient reports whether the same call may succeed later.
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
	// Not a problem document, for example a proxy's error page: the fields stay empty.
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

// retryAfter parses seconds or a date (RFC 9110, section 10.2.3).
func retryAfter(value string) time.Duration {
	if seconds, err := strconv.ParseUint(value, 10, 31); err == nil {
		return time.Duration(seconds) * time.Second
	}
	if then, err := http.ParseTime(value); err == nil {
		return max(0, time.Until(then))
	}
	return 0
}

// bare returns the transport's error without the wrapper of net/http.
func bare(err error) error {
	var wrapped *url.Error
	if errors.As(err, &wrapped) {
		return wrapped.Err
	}
	return err
}
