package com.example.orders;

import java.net.http.HttpHeaders;

/** A success, or a 304 without a value: what the contract promises, and the headers beside it. */
public record Answer<T>(int status, HttpHeaders headers, T value) {
    /** A header; empty when there is none. */
    public String header(String name) {
        return headers.firstValue(name).orElse("");
    }
}
