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

// Options configure a client. Zero values get their defaults.
type Options struct {
	// Timeout limits one attempt, including the response body. Default: 15 s.
	Timeout time.Duration
	// TotalTimeout limits all attempts and the pauses between them. Default: 60 s.
	TotalTimeout time.Duration
	// MaxAttempts limits the number of attempts. Default: 5.
	MaxAttempts int
	// FirstPause is the pause after the first attempt. It doubles each time, and is shortened at random by
	// up to half. Default: 200 ms.
	FirstPause time.Duration
	// LongestPause limits the pauses. Default: 10 s.
	LongestPause time.Duration
	// Header is sent with every request.
	Header http.Header
	// Credentials authenticate the client: WithAPIKey(…), WithAccessToken(…), or none.
	Credentials Credentials
	// Transport sends each attempt; set your own for proxies and certificates. Default:
	// http.DefaultTransport.
	Transport http.RoundTripper
}

// Credentials authenticate the client. Formatting does not reveal them.
type Credentials struct {
	apiKey string
	token  func(context.Context) (string, error)
}

// WithAPIKey returns credentials with an API key, issued by the operator of the service.
func WithAPIKey(key string) Credentials { return Credentials{apiKey: key} }

// WithAccessToken returns credentials that call token for each attempt. Its error fails the call.
func WithAccessToken(token func(context.Context) (string, error)) Credentials {
	return Credentials{token: token}
}

// Format hides the secret for every verb.
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

// resilient sends requests, and retries them where that is safe. It returns successes and 304;
// everything else is an error.
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
	// A POST with a key is safe to retry: the service recognizes the key.
	safe := slices.Contains(idempotent, request.Method) || request.Header.Get("Idempotency-Key") != ""
	deadline := time.Now().Add(t.options.TotalTimeout)
	for attempt := 1; ; attempt++ {
		response, err := t.send(request, body, deadline, attempt)
		if err == nil || request.Context().Err() != nil {
			return response, err
		}
		var api *APIError
		if errors.As(err, &api) && request.Method == "DELETE" && attempt > 1 && api.Status == 404 {
			// An earlier attempt deleted it, and the response was lost.
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
		// Read the body here, so that a truncated or late one is retried as well.
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

// sleep returns early, with the context's error, when the context is done.
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
