package com.example.orders;

import java.net.URLDecoder;
import java.net.http.HttpHeaders;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** A successful response with the value that the contract defines, or a 304 without one, and the headers. */
public record Answer<T>(int status, HttpHeaders headers, T value) {
    private static final Pattern LINK = Pattern.compile("<([^>]*)>\\s*;[^,<]*\\brel=\"?(\\w+)\"?");
    private static final Pattern PARAMETER = Pattern.compile("[?&]([^=&]+)=([^&#]*)");

    /** Returns a header; empty if it is absent. */
    public String header(String name) {
        return headers.firstValue(name).orElse("");
    }

    /**
     * Returns the query of the page with this relation (RFC 8288), {@code next} or {@code prev}; empty if there is none.
     * The link's path is ignored: a gateway may have changed it.
     */
    public Optional<Map<String, String>> linkedPage(String relation) {
        return LINK.matcher(header("Link"))
                .results()
                .filter(link -> link.group(2).equals(relation))
                .findFirst()
                .map(link -> PARAMETER.matcher(link.group(1))
                        .results()
                        .collect(Collectors.toMap(
                                one -> decoded(one.group(1)), one -> decoded(one.group(2)), (first, other) -> first)));
    }

    private static String decoded(String text) {
        return URLDecoder.decode(text, StandardCharsets.UTF_8);
    }
}
