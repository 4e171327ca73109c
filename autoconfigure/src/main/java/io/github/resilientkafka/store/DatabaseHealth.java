package io.github.resilientkafka.store;

import io.github.resilientkafka.lifecycle.CarefulLog;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Whether the database takes events, as a {@link WriterThread} sees it.
 */
final class DatabaseHealth {

    private static final Logger logger = LoggerFactory.getLogger(DatabaseHealth.class);

    private static final long ASK_NANOS = TimeUnit.SECONDS.toNanos(1);

    private final EventStore store;

    private final Number waiting;

    private long askedNanos = System.nanoTime() - ASK_NANOS;

    private volatile @Nullable Throwable error;

    /**
     * Creates what knows of no error yet.
     * @param waiting how many events wait for the database
     */
    DatabaseHealth(EventStore store, Number waiting) {
        this.store = store;
        this.waiting = waiting;
    }

    void askNowAndThen() {
        long now = System.nanoTime();
        if (now - this.askedNanos < ASK_NANOS) {
            return;
        }
        this.askedNanos = now;
        try {
            this.store.ping();
            available();
        } catch (RuntimeException | Error ex) {
            unavailable(ex);
        }
    }

    void available() {
        if (this.error != null) {
            this.error = null;
            logger.info("The database takes events again");
        }
    }

    /**
     * Notes an error, and tells of it if it is the first one. Never throws.
     */
    void unavailable(Throwable ex) {
        boolean first = this.error == null;
        this.error = ex;
        if (first) {
            CarefulLog.warn(logger, "The database does not take events; {} wait for it: {}", this.waiting, ex);
        }
    }

    @Nullable
    Throwable error() {
        return this.error;
    }
}
