package io.github.resilientkafka.actuate;

import io.github.resilientkafka.delivery.FailedEventRetryService;
import io.github.resilientkafka.store.RetryStats;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A retry service whose database answers, fails or hangs as the test wants.
 */
final class StubRetryService implements FailedEventRetryService {

    final AtomicInteger asked = new AtomicInteger();

    final List<String> done = new ArrayList<>();

    volatile RetryStats stats = new RetryStats(0, true, 0, 0, 0, null);

    volatile RuntimeException failure;

    volatile CountDownLatch hang;

    boolean present = true;

    static StubRetryService pending(long pending, Instant oldest) {
        StubRetryService service = new StubRetryService();
        service.stats = new RetryStats(pending, true, 7, 2, 1, oldest);
        return service;
    }

    @Override
    public RetryStats getRetryStats() {
        this.asked.incrementAndGet();
        CountDownLatch latch = this.hang;
        if (latch != null) {
            try {
                latch.await();
            } catch (InterruptedException ex) {
                throw new IllegalStateException(ex);
            }
        }
        if (this.failure != null) {
            throw this.failure;
        }
        return this.stats;
    }

    @Override
    public void drainNow() {}

    @Override
    public boolean retry(long id) {
        this.done.add("retry " + id);
        return this.present;
    }

    @Override
    public boolean discard(long id) {
        this.done.add("discard " + id);
        return this.present;
    }
}
