package com.example.orders;

import java.net.http.HttpHeaders;

/** A successful response with the value that the contract defines, or a 304 without one, and the headers. */
public record Answer<T>(int status, HttpHeaders headers, T value) {
    /** Returns a header; empty if it is absent. */
    public String header(String name) {
        return headers.firstValue(name).orElse("");
    }
}
