package io.github.resilientkafka.store;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.awaitility.Awaitility;
import org.h2.jdbcx.JdbcConnectionPool;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class GroupCommitWriterTests {

    private final JdbcConnectionPool pool = H2EventStoreTests.open("");

    private final AtomicInteger commits = new AtomicInteger();

    private final GroupCommitWriter writer =
            new GroupCommitWriter(H2EventStoreTests.store(this.pool, "app", true), 500);

    @BeforeEach
    void start() {
        this.writer.start();
    }

    @AfterEach
    void stop() {
        this.writer.stop(Duration.ofSeconds(5));
        this.pool.dispose();
    }

    @Test
    @DisplayName("What is committed is told once, and the thread goes on, whatever those throw who are told")
    void aCommittedEventIsToldOnce() {
        this.writer.onCommit(() -> {
            if (this.commits.incrementAndGet() == 1) {
                throw new OutOfMemoryError("unable to create a thread (says the test)");
            }
        });
        Request first = new Request(true);
        Request second = new Request(false);
        this.writer.write(first);
        Awaitility.await().until(() -> this.commits.get() == 1);
        this.writer.write(second);
        Awaitility.await().until(() -> second.stored.get() == 1);
        assertThat(first.stored).hasValue(1);
        assertThat(first.notStored).hasValue(0);
        assertThat(this.writer.stats().stored()).isEqualTo(2);
        assertThat(this.writer.stats().queued()).isZero();
    }

    private static final class Request implements StoreRequest {

        private final boolean throwing;

        private final AtomicInteger stored = new AtomicInteger();

        private final AtomicInteger notStored = new AtomicInteger();

        Request(boolean throwing) {
            this.throwing = throwing;
        }

        @Override
        public int lane() {
            return 0;
        }

        @Override
        public long deadlineNanos() {
            return System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
        }

        @Override
        public FailedEvent toRow() {
            return EventRows.row(0, "key", Instant.EPOCH);
        }

        @Override
        public void stored() {
            this.stored.incrementAndGet();
            if (this.throwing) {
                throw new IllegalStateException("says the test");
            }
        }

        @Override
        public void notStored(Throwable error) {
            this.notStored.incrementAndGet();
        }
    }
}
