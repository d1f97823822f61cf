package orders

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"time"
)

// Options say how requests are sent. What is zero gets its default.
type Options struct {
	// Timeout is for one attempt, its answer's body included: 15 s.
	Timeout time.Duration
	// TotalTimeout is for all attempts and the pauses between them: 60 s.
	TotalTimeout time.Duration
	// MaxAttempts is 5 by default.
	MaxAttempts int
	// FirstPause comes after the first attempt, 200 ms; each later one is twice as long, less up to a
	// half at random.
	FirstPause time.Duration
	// LongestPause is 10 s by default.
	LongestPause time.Duration
	// Header is sent with every request.
	Header http.Header
	// Credentials say who asks: WithAPIKey(…), WithAccessToken(…), or none.
	Credentials Credentials
	// Transport sends each attempt: http.DefaultTransport, or one with your proxies and certificates.
	Transport http.RoundTripper
}

// Credentials say who asks. They show nothing of themselves.
type Credentials struct {
	apiKey string
	token  func(context.Context) (string, error)
}

// WithAPIKey is a key that the operator of the service has made for you.
func WithAPIKey(key string) Credentials { return Credentials{apiKey: key} }

// WithAccessToken asks for an access token, for each attempt. An error of it ends the call.
func WithAccessToken(token func(context.Context) (string, error)) Credentials {
	return Credentials{token: token}
}

// Format keeps the secret, whatever the verb.
func (c Credentials) Format(state fmt.State, _ rune) { io.WriteString(state, "Credentials(…)") }

func (c Credentials) authorize(ctx context.Context, header http.Header) error {
	if c.apiKey != "" {
		header.Set("X-API-Key", c.apiKey)
	}
	if c.token == nil {
		return nil
	}
	token, err := c.token(ctx)
	if err == nil {
		header.Set("Authorization", "Bearer "+token)
	}
	return err
}

func (o Options) withDefaults() Options {
	set := func(value *time.Duration, standard time.Duration) {
		if *value == 0 {
			*value = standard
		}
	}
	set(&o.Timeout, 15*time.Second)
	set(&o.TotalTimeout, 60*time.Second)
	set(&o.FirstPause, 200*time.Millisecond)
	set(&o.LongestPause, 10*time.Second)
	if o.MaxAttempts == 0 {
		o.MaxAttempts = 5
	}
	if o.Transport == nil {
		o.Transport = http.DefaultTransport
	}
	return o
}

// Sends requests, again where that is safe. It gives successes and 304; all else is an error.
type resilient struct {
	options Options
}

var idempotent = []string{"GET", "HEAD", "OPTIONS", "PUT", "DELETE"}

func (t *resilient) RoundTrip(request *http.Request) (*http.Response, error) {
	var body []byte
	if request.Body != nil {
		defer request.Body.Close()
		var err error
		if body, err = io.ReadAll(request.Body); err != nil {
			return nil, err
		}
	}
	// A POST is safe because the service knows its key again.
	safe := slices.Contains(idempotent, request.Method) || request.Header.Get("Idempotency-Key") != ""
	deadline := time.Now().Add(t.options.TotalTimeout)
	for attempt := 1; ; attempt++ {
		response, err := t.send(request, body, deadline, attempt)
		if err == nil || request.Context().Err() != nil {
			return response, err
		}
		var api *APIError
		if errors.As(err, &api) && request.Method == "DELETE" && attempt > 1 && api.Status == 404 {
			// An earlier attempt did it, and its answer was lost.
			return &http.Response{
				StatusCode: http.StatusNoContent, Header: http.Header{}, Body: http.NoBody, Request: request,
			}, nil
		}
		pause := t.pause(attempt, api)
		last := attempt >= t.options.MaxAttempts || time.Now().Add(pause).After(deadline)
		if last || !safe || !IsTransient(err) {
			return nil, err
		}
		if err := sleep(request.Context(), pause); err != nil {
			return nil, err
		}
	}
}

func (t *resilient) send(
	request *http.Request, body []byte, deadline time.Time, attempt int,
) (*http.Response, error) {
	until := time.Now().Add(t.options.Timeout)
	if deadline.Before(until) {
		until = deadline
	}
	ctx, cancel := context.WithDeadline(request.Context(), until)
	defer cancel()
	sent := request.Clone(ctx)
	for name, values := range t.options.Header {
		if sent.Header.Get(name) == "" {
			sent.Header[name] = values
		}
	}
	if err := t.options.Credentials.authorize(ctx, sent.Header); err != nil {
		return nil, err
	}
	if body != nil {
		sent.Body = io.NopCloser(bytes.NewReader(body))
	}
	response, err := t.options.Transport.RoundTrip(sent)
	var answer []byte
	if err == nil {
		// Read here, so that a body that is cut or late is tried again like the rest.
		answer, err = io.ReadAll(response.Body)
		response.Body.Close()
	}
	switch {
	case err != nil && request.Context().Err() != nil:
		return nil, request.Context().Err()
	case err != nil && ctx.Err() != nil:
		return nil, &TimeoutError{Attempts: attempt}
	case err != nil:
		return nil, &ConnectionError{Attempts: attempt, Err: err}
	case response.StatusCode >= 400:
		return nil, newAPIError(response, answer, attempt)
	}
	kind := response.Header.Get("Content-Type")
	if len(answer) > 0 && !strings.Contains(kind, "json") {
		return nil, &UnreadableError{Attempts: attempt, ContentType: kind}
	}
	response.Body = io.NopCloser(bytes.NewReader(answer))
	response.Request = request
	return response, nil
}

func (t *resilient) pause(attempt int, api *APIError) time.Duration {
	grown := min(t.options.FirstPause<<min(attempt-1, 20), t.options.LongestPause)
	grown -= time.Duration(rand.Float64() / 2 * float64(grown))
	if api != nil {
		return max(api.RetryAfter, grown)
	}
	return grown
}

// Ends early, with the context's error, when that is done.
func sleep(ctx context.Context, pause time.Duration) error {
	timer := time.NewTimer(pause)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
