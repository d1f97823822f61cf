package com.example.orders;

import java.net.URI;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The items of all pages. Pages are fetched on demand. */
final class Pages<T> implements Iterator<T> {
    private static final Pattern NEXT = Pattern.compile("<([^>]*)>\\s*;[^,<]*\\brel=\"?next\"?");

    /** The query parameter that holds the position of the next page. */
    private final String parameter;
    /** Fetches the page at a position, null for the first page. */
    private final Function<String, Answer<List<T>>> fetch;
    private Iterator<T> items;
    private String place;

    Pages(String parameter, Function<String, Answer<List<T>>> fetch) {
        this.parameter = parameter;
        this.fetch = fetch;
    }

    @Override
    public boolean hasNext() {
        while (items == null || (!items.hasNext() && place != null)) {
            Answer<List<T>> page = fetch.apply(place);
            items = page.value().iterator();
            place = next(page.header("Link"));
        }
        return items.hasNext();
    }

    @Override
    public T next() {
        if (!hasNext()) {
            throw new NoSuchElementException();
        }
        return items.next();
    }

    /** The position of the next page (RFC 8288). The link's path is ignored: a gateway may have changed it. */
    private String next(String link) {
        Matcher found = NEXT.matcher(link);
        String query = found.find() ? URI.create(found.group(1)).getRawQuery() : null;
        if (query == null) {
            return null;
        }
        for (String pair : query.split("&")) {
            if (pair.startsWith(parameter + "=")) {
                return URLDecoder.decode(pair.substring(parameter.length() + 1), StandardCharsets.UTF_8);
            }
        }
        return null;
    }
}
