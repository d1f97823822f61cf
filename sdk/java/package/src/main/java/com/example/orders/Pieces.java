package com.example.orders;

import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.Flow;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/** The body of a stream, byte by byte. At most one piece is buffered. Only {@code close} is for other threads. */
final class Pieces implements Flow.Subscriber<List<ByteBuffer>> {
    private record End(Throwable cause) {}

    private final Duration silence;
    private final int attempt;
    /** A {@code ByteBuffer} or the {@code End}. */
    private final BlockingQueue<Object> received = new LinkedBlockingQueue<>();
    private Flow.Subscription subscription;
    private boolean isClosed;
    private ByteBuffer current = ByteBuffer.allocate(0);

    Pieces(Duration silence, int attempt) {
        this.silence = silence;
        this.attempt = attempt;
    }

    Duration silence() {
        return silence;
    }

    int attempt() {
        return attempt;
    }

    /** The next byte; null at the end. */
    Integer read() {
        try {
            while (!current.hasRemaining()) {
                if (received.isEmpty()) {
                    request();
                }
                Object next = received.poll(silence.toNanos(), TimeUnit.NANOSECONDS);
                if (next == null) {
                    throw new TimedOutException(silence, attempt, null);
                }
                if (next instanceof End end) {
                    if (end.cause != null) {
                        throw new ConnectionException(attempt, end.cause);
                    }
                    return null;
                }
                current = (ByteBuffer) next;
            }
        } catch (InterruptedException e) {
            throw Transport.interrupted(attempt, e);
        }
        return current.get() & 0xff;
    }

    private synchronized void request() {
        if (!isClosed) {
            subscription.request(1);
        }
    }

    synchronized void close() {
        isClosed = true;
        if (subscription != null) {
            subscription.cancel();
        }
        received.add(new End(null));
    }

    @Override
    public synchronized void onSubscribe(Flow.Subscription given) {
        subscription = given;
        if (isClosed) {
            given.cancel();
        }
    }

    @Override
    public void onNext(List<ByteBuffer> buffers) {
        received.addAll(buffers);
    }

    @Override
    public void onError(Throwable cause) {
        received.add(new End(cause));
    }

    @Override
    public void onComplete() {
        received.add(new End(null));
    }
}
