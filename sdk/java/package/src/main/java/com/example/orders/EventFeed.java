package com.example.orders;

import com.example.orders.model.Event;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Iterator;
import java.util.NoSuchElementException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * The events of all orders, oldest first; waits for new ones without end. Each event comes once, in order. Connects
 * again after any interruption.
 *
 * <p>{@link #hasNext} blocks until there is an event, and is false only after {@link #close}, which any thread may
 * call, and after an exception: {@link EventsResetException} when events are missing, and that of any other call when
 * the service refuses.
 */
public final class EventFeed implements Iterator<Event>, Iterable<Event>, AutoCloseable {
    /** The greatest size of an event, so that a faulty stream does not fill the memory. */
    private static final int LARGEST = 1 << 20;

    private final Transport transport;
    private final FollowOptions options;
    private final CountDownLatch closed = new CountDownLatch(1);
    private volatile Pieces pieces;
    private Long last;
    private int attempt;
    private Event event;

    private final ByteArrayOutputStream line = new ByteArrayOutputStream();
    private boolean afterReturn;
    private Long id;
    private String name;
    private final ByteArrayOutputStream data = new ByteArrayOutputStream();

    EventFeed(Transport transport, FollowOptions options) {
        this.transport = transport;
        this.options = options;
        last = options.after();
    }

    /** Returns itself: the events can be iterated over once. */
    @Override
    public Iterator<Event> iterator() {
        return this;
    }

    @Override
    public boolean hasNext() {
        while (event == null && !isClosed()) {
            try {
                advance();
            } catch (OrdersException e) {
                disconnect();
                if (isClosed()) {
                    break;
                }
                if (!e.isTransient()) {
                    close();
                    throw e;
                }
                pause(transport.pause(Math.max(attempt, 1), e));
            } catch (RuntimeException e) {
                // For example by the provider of access tokens.
                close();
                throw e;
            }
        }
        return event != null;
    }

    @Override
    public Event next() {
        if (!hasNext()) {
            throw new NoSuchElementException();
        }
        Event found = event;
        event = null;
        return found;
    }

    @Override
    public void close() {
        closed.countDown();
        disconnect();
    }

    private boolean isClosed() {
        return closed.getCount() == 0;
    }

    private void disconnect() {
        Pieces open = pieces;
        pieces = null;
        if (open != null) {
            open.close();
        }
    }

    private void pause(Duration pause) {
        try {
            closed.await(pause.toNanos(), TimeUnit.NANOSECONDS);
        } catch (InterruptedException e) {
            close();
            throw Transport.interrupted(attempt, e);
        }
    }

    /** Reads until there is an event, or the connection ends. */
    private void advance() {
        Pieces open = connect();
        while (event == null) {
            Integer next = open.read();
            if (next == null) {
                disconnect();
                pause(transport.pause(Math.max(attempt, 1), null));
                return;
            }
            take(next);
        }
    }

    private Pieces connect() {
        Pieces open = pieces;
        if (open == null) {
            attempt++;
            line.reset();
            afterReturn = false;
            startMessage();
            open = new Pieces(options.silence(), attempt);
            pieces = open;
            if (isClosed()) {
                open.close();
            }
            Request request = new Request("GET", "/events");
            request.query("start", options.start());
            request.query("type", options.types());
            request.query("order_id", options.orderId());
            request.query("customer_id", options.customerId());
            request.header("Accept", "text/event-stream");
            request.header("Last-Event-ID", last);
            transport.stream(request, open);
        }
        return open;
    }

    /** Splits at CRLF, LF or CR (HTML standard, section 9.2.5). */
    private void take(int next) {
        boolean isRest = afterReturn && next == '\n';
        afterReturn = next == '\r';
        if (isRest) {
            return;
        }
        if (next != '\r' && next != '\n') {
            line.write(next);
            checkSize(line);
            return;
        }
        if (line.size() == 0) {
            attempt = 0;
            handle();
            startMessage();
        } else {
            takeField(line.toString(StandardCharsets.UTF_8));
            line.reset();
        }
    }

    private void startMessage() {
        id = null;
        name = "";
        data.reset();
    }

    private void takeField(String text) {
        int colon = text.indexOf(':');
        String value = colon < 0 ? "" : text.substring(colon + 1);
        value = value.startsWith(" ") ? value.substring(1) : value;
        switch (colon < 0 ? text : text.substring(0, colon)) {
            case "event" -> name = value;
            case "data" -> {
                data.writeBytes((value + "\n").getBytes(StandardCharsets.UTF_8));
                checkSize(data);
            }
            case "id" -> id = value.matches("[0-9]{1,18}") ? Long.valueOf(value) : id;
            default -> {
                // A comment, or what a later contract adds.
            }
        }
    }

    private void handle() {
        boolean isReset = name.equals("reset");
        Event found = null;
        if (isReset || (data.size() > 0 && (name.isEmpty() || name.equals("message")))) {
            try {
                found = Transport.MAPPER.readValue(data.toByteArray(), Event.class);
            } catch (IOException e) {
                throw new UnreadableException(1, e);
            }
            if (found == null || found.getPosition() == null) {
                throw new UnreadableException(1, new IOException("an event without position"));
            }
            if (isReset) {
                throw new EventsResetException(found.getPosition());
            }
            id = found.getPosition();
        }
        if (id != null && (last == null || id > last)) {
            last = id;
            event = found;
        }
    }

    private static void checkSize(ByteArrayOutputStream bytes) {
        if (bytes.size() > LARGEST) {
            throw new UnreadableException(1, new IOException("an event is too large"));
        }
    }
}
