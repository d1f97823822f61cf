package com.example.orders;

import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.OffsetDateTime;
import java.time.format.DateTimeFormatter;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.StringJoiner;

/** A request of the generated code. Null values are omitted. */
public final class Request {
    final String method;
    final Map<String, String> headers = new LinkedHashMap<>();
    Object body;
    private String path;
    private final StringJoiner query = new StringJoiner("&", "?", "").setEmptyValue("");

    public Request(String method, String path) {
        this.method = method;
        this.path = path;
    }

    public void path(String name, Object value) {
        path = path.replace("{" + name + "}", encoded(value));
    }

    public void query(String name, Object value) {
        Collection<?> values = value instanceof Collection<?> many ? many : value == null ? List.of() : List.of(value);
        values.forEach(each -> query.add(encoded(name) + "=" + encoded(each)));
    }

    public void header(String name, Object value) {
        if (value != null) {
            headers.put(name, value.toString());
        }
    }

    public void body(Object value) {
        body = value;
    }

    String target() {
        return path + query;
    }

    private static String encoded(Object value) {
        return URLEncoder.encode(text(value), StandardCharsets.UTF_8).replace("+", "%20");
    }

    private static String text(Object value) {
        if (value instanceof OffsetDateTime time) {
            // Unlike toString, with seconds that are 0: RFC 3339 requires them.
            return DateTimeFormatter.ISO_OFFSET_DATE_TIME.format(time);
        }
        return String.valueOf(value);
    }
}
