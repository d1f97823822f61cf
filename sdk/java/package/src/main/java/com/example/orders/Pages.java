package com.example.orders;

import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.function.Function;

/** The items of all pages. Pages are fetched on demand. */
final class Pages<T> implements Iterator<T> {
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
            place = page.linkedPage("next").map(query -> query.get(parameter)).orElse(null);
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
}
