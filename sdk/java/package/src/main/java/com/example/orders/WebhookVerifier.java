package com.example.orders;

import com.example.orders.WebhookException.Kind;
import com.example.orders.model.WebhookPayload;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.MessageDigest;
import java.security.PublicKey;
import java.security.Signature;
import java.security.spec.X509EncodedKeySpec;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/** Verifies webhooks, which are signed as Standard Webhooks 1.0.0 describes. It is thread-safe. */
public final class WebhookVerifier {
    /** The least number of bytes of a secret, as the standard says. */
    private static final int SHORTEST = 24;
    /** What precedes the 32 bytes of an Ed25519 key in its X.509 form (RFC 8410). */
    private static final byte[] KEY_PREFIX = HexFormat.of().parseHex("302a300506032b6570032100");

    private interface Key {
        boolean signed(String version, byte[] content, byte[] signature) throws GeneralSecurityException;
    }

    private final List<Key> keys;
    private final Duration tolerance;
    private final Clock clock;

    /**
     * Accepts time stamps that differ from the clock by up to 5 minutes.
     *
     * @param secrets {@code whsec_…}, or the public key {@code whpk_…}; both the old and the new one while you replace
     *     one
     * @throws WebhookException {@code INVALID_SECRET} if one is neither
     */
    public WebhookVerifier(List<String> secrets) throws WebhookException {
        this(secrets, Duration.ofMinutes(5), Clock.systemUTC());
    }

    public WebhookVerifier(List<String> secrets, Duration tolerance, Clock clock) throws WebhookException {
        List<Key> found = new ArrayList<>();
        for (String secret : secrets) {
            found.add(key(secret));
        }
        if (found.isEmpty()) {
            throw new WebhookException(Kind.INVALID_SECRET, null);
        }
        keys = List.copyOf(found);
        this.tolerance = tolerance;
        this.clock = clock;
    }

    /**
     * Returns what was sent, if one of the secrets has signed it.
     *
     * @param body the body of the request, unchanged
     * @param headers the headers of the request; case does not matter
     */
    public WebhookPayload verify(byte[] body, Map<String, String> headers) throws WebhookException {
        Map<String, String> values = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);
        values.putAll(headers);
        String id = values.getOrDefault("webhook-id", "");
        String timestamp = values.getOrDefault("webhook-timestamp", "");
        String signatures = values.getOrDefault("webhook-signature", "");
        if (id.isEmpty() || signatures.isEmpty() || !timestamp.matches("[0-9]{1,12}")) {
            throw new WebhookException(Kind.INVALID_HEADER, null);
        }
        byte[] start = (id + "." + timestamp + ".").getBytes(StandardCharsets.UTF_8);
        byte[] content = Arrays.copyOf(start, start.length + body.length);
        System.arraycopy(body, 0, content, start.length, body.length);
        if (!isSigned(content, signatures)) {
            throw new WebhookException(Kind.INVALID_SIGNATURE, null);
        }
        Duration age = Duration.between(Instant.ofEpochSecond(Long.parseLong(timestamp)), clock.instant());
        if (age.compareTo(tolerance) > 0) {
            throw new WebhookException(Kind.TIMESTAMP_TOO_OLD, null);
        }
        if (age.negated().compareTo(tolerance) > 0) {
            throw new WebhookException(Kind.TIMESTAMP_TOO_NEW, null);
        }
        try {
            WebhookPayload payload = Transport.MAPPER.readValue(body, WebhookPayload.class);
            if (payload != null && payload.getType() != null && payload.getTimestamp() != null) {
                return payload;
            }
        } catch (IOException e) {
            throw new WebhookException(Kind.INVALID_PAYLOAD, e);
        }
        throw new WebhookException(Kind.INVALID_PAYLOAD, null);
    }

    private boolean isSigned(byte[] content, String signatures) {
        for (String each : signatures.split(" ")) {
            int comma = each.indexOf(',');
            for (Key key : keys) {
                try {
                    byte[] signature = Base64.getDecoder().decode(each.substring(comma + 1));
                    if (comma > 0 && key.signed(each.substring(0, comma), content, signature)) {
                        return true;
                    }
                } catch (GeneralSecurityException | IllegalArgumentException e) {
                    // Malformed: the next one may be valid.
                }
            }
        }
        return false;
    }

    private static Key key(String secret) throws WebhookException {
        try {
            byte[] bytes = Base64.getDecoder().decode(secret.substring(secret.indexOf('_') + 1));
            if (secret.startsWith("whsec_") && bytes.length >= SHORTEST) {
                SecretKeySpec key = new SecretKeySpec(bytes, "HmacSHA256");
                return (version, content, signature) -> {
                    Mac mac = Mac.getInstance("HmacSHA256");
                    mac.init(key);
                    // In constant time.
                    return version.equals("v1") && MessageDigest.isEqual(mac.doFinal(content), signature);
                };
            }
            if (secret.startsWith("whpk_") && bytes.length == 32) {
                byte[] encoded = Arrays.copyOf(KEY_PREFIX, KEY_PREFIX.length + bytes.length);
                System.arraycopy(bytes, 0, encoded, KEY_PREFIX.length, bytes.length);
                PublicKey key = KeyFactory.getInstance("Ed25519").generatePublic(new X509EncodedKeySpec(encoded));
                return (version, content, signature) -> {
                    Signature check = Signature.getInstance("Ed25519");
                    check.initVerify(key);
                    check.update(content);
                    return version.equals("v1a") && check.verify(signature);
                };
            }
        } catch (GeneralSecurityException | IllegalArgumentException e) {
            // Without its message, which may contain a part of the secret.
        }
        throw new WebhookException(Kind.INVALID_SECRET, null);
    }
}
