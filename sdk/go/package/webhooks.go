package orders

import (
	"crypto/ed25519"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// WebhookVerifier verifies webhooks, which are signed as Standard Webhooks 1.0.0 describes.
type WebhookVerifier struct {
	// Secrets are whsec_…, or the public key whpk_…: both the old and the new one while you replace one.
	Secrets []string
	// Tolerance is how much a time stamp may differ from the clock. Default: 5 minutes.
	Tolerance time.Duration
	// Now is the clock. Default: time.Now.
	Now func() time.Time
}

// WebhookErrorKind is what is wrong with a request.
type WebhookErrorKind string

// WebhookInvalidSecret is your mistake, not the sender's. WebhookInvalidHeader: one is missing or malformed.
const (
	WebhookInvalidHeader    WebhookErrorKind = "invalid_header"
	WebhookInvalidSignature WebhookErrorKind = "invalid_signature"
	WebhookTimestampTooOld  WebhookErrorKind = "timestamp_too_old"
	WebhookTimestampTooNew  WebhookErrorKind = "timestamp_too_new"
	WebhookInvalidPayload   WebhookErrorKind = "invalid_payload"
	WebhookInvalidSecret    WebhookErrorKind = "invalid_secret"
)

// WebhookError means that a request is not, or not provably, a recent webhook of the service.
type WebhookError struct {
	Kind WebhookErrorKind
	Err  error
}

func (e *WebhookError) Error() string {
	if e.Err == nil {
		return string(e.Kind)
	}
	return fmt.Sprintf("%s: %v", e.Kind, e.Err)
}

func (e *WebhookError) Unwrap() error { return e.Err }

// shortest is the least number of bytes of a secret, as the standard says.
const shortest = 24

// Verify returns what was sent, if one of the secrets has signed it; otherwise the error is a *WebhookError.
// The body is that of the request, unchanged.
func (v WebhookVerifier) Verify(body []byte, header http.Header) (*WebhookPayload, error) {
	keys, err := v.keys()
	if err != nil {
		return nil, err
	}
	id, timestamp, signatures := first(header, "webhook-id"), first(header, "webhook-timestamp"), first(header, "webhook-signature")
	seconds, err := strconv.ParseUint(timestamp, 10, 40)
	if id == "" || signatures == "" || err != nil {
		return nil, &WebhookError{Kind: WebhookInvalidHeader, Err: err}
	}
	signed := append([]byte(id+"."+timestamp+"."), body...)
	if !isSigned(signed, signatures, keys) {
		return nil, &WebhookError{Kind: WebhookInvalidSignature}
	}
	now, tolerance := v.Now, v.Tolerance
	if now == nil {
		now = time.Now
	}
	if tolerance == 0 {
		tolerance = 5 * time.Minute
	}
	age := now().Sub(time.Unix(int64(seconds), 0))
	if age > tolerance {
		return nil, &WebhookError{Kind: WebhookTimestampTooOld}
	}
	if age < -tolerance {
		return nil, &WebhookError{Kind: WebhookTimestampTooNew}
	}
	var payload WebhookPayload
	if err := json.Unmarshal(body, &payload); err != nil || payload.Type == "" || payload.Timestamp.IsZero() {
		return nil, &WebhookError{Kind: WebhookInvalidPayload, Err: err}
	}
	return &payload, nil
}

// signingKey reports whether it has made a signature of this version.
type signingKey func(version string, signed, signature []byte) bool

func (v WebhookVerifier) keys() ([]signingKey, error) {
	var keys []signingKey
	for _, secret := range v.Secrets {
		kind, encoded, _ := strings.Cut(secret, "_")
		key, err := base64.StdEncoding.DecodeString(encoded)
		switch {
		case err == nil && kind == "whsec" && len(key) >= shortest:
			keys = append(keys, func(version string, signed, signature []byte) bool {
				made := hmac.New(sha256.New, key)
				made.Write(signed)
				return version == "v1" && hmac.Equal(made.Sum(nil), signature)
			})
		case err == nil && kind == "whpk" && len(key) == ed25519.PublicKeySize:
			keys = append(keys, func(version string, signed, signature []byte) bool {
				return version == "v1a" && ed25519.Verify(key, signed, signature)
			})
		default:
			// Without the secret itself: messages are logged.
			return nil, &WebhookError{Kind: WebhookInvalidSecret}
		}
	}
	if keys == nil {
		return nil, &WebhookError{Kind: WebhookInvalidSecret}
	}
	return keys, nil
}

func isSigned(signed []byte, signatures string, keys []signingKey) bool {
	return slices.ContainsFunc(strings.Split(signatures, " "), func(each string) bool {
		version, encoded, _ := strings.Cut(each, ",")
		signature, err := base64.StdEncoding.DecodeString(encoded)
		return err == nil && slices.ContainsFunc(keys, func(made signingKey) bool {
			return made(version, signed, signature)
		})
	})
}

// first returns a header of any spelling: maps that were not made by net/http may have another one.
func first(header http.Header, name string) string {
	for each, values := range header {
		if strings.EqualFold(each, name) && len(values) > 0 {
			return values[0]
		}
	}
	return ""
}
