package io.github.resilientkafka.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.mockito.ArgumentMatchers.anyList;
import static org.mockito.BDDMockito.then;
import static org.mockito.BDDMockito.willAnswer;
import static org.mockito.BDDMockito.willThrow;
import static org.mockito.Mockito.mock;
import static org.mockito.Mockito.timeout;

import io.github.resilientkafka.BrokenLog;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.springframework.dao.DataIntegrityViolationException;

/**
 * Whatever a writer thread meets, it goes on: nobody else would store what waits for it.
 */
class WriterThreadTests {

    private final EventStore store = mock();

    private final AtomicBoolean watched = new AtomicBoolean();

    private final GroupCommitWriter writer = new GroupCommitWriter(this.store, 500);

    @AfterEach
    void stop() {
        this.writer.stop(Duration.ofSeconds(5));
    }

    @Test
    @DisplayName("W1: an Error while the log is told of another one costs no event, and health tells of it")
    void anErrorWhileAnErrorIsLogged() {
        AtomicBoolean memory = new AtomicBoolean();
        willThrow(new InternalError("says the test")).given(this.store).saveNew(anyList());
        willAnswer(call -> {
                    if (!memory.get()) {
                        throw new InternalError("says the test");
                    }
                    return null;
                })
                .given(this.store)
                .save(anyList());
        try (BrokenLog log = new BrokenLog("io.github.resilientkafka.store")) {
            log.breakNext();
            Request first = write(new Request());
            Awaitility.await().until(log::hasBroken);
            Awaitility.await().until(() -> !this.writer.stats().available());
            assertThat(first.stored).hasValue(0);
            memory.set(true);
            first.awaitStored();
        }
        assertThat(this.writer.stats().available()).isTrue();
        assertThat(this.writer.stats().threads()).allMatch(WriterStats.WriterThread::alive);
    }

    @Test
    @DisplayName("W1: an Error while the log is told that somebody could not be told costs no event")
    void anErrorWhileItIsLoggedThatSomebodyCouldNotBeTold() {
        try (BrokenLog log = new BrokenLog("io.github.resilientkafka.store")) {
            log.breakNext();
            write(new Request() {

                @Override
                public FailedEvent toRow() {
                    throw new IllegalStateException("no row (says the test)");
                }

                @Override
                public void notStored(Throwable error) {
                    throw new InternalError("says the test");
                }
            });
            Awaitility.await().until(log::hasBroken);
            write(new Request()).awaitStored();
        }
    }

    @Test
    @DisplayName("W1: an Error between two tries costs no event: it is written again, as one that may be there")
    void anErrorBetweenTwoTries() {
        willThrow(new IllegalStateException("says the test")).given(this.store).saveNew(anyList());
        AtomicBoolean thrown = new AtomicBoolean();
        Request request = write(new Request() {

            @Override
            public long deadlineNanos() {
                if (thrown.compareAndSet(false, true)) {
                    throw new InternalError("says the test");
                }
                return super.deadlineNanos();
            }
        });
        request.awaitStored();
        assertThat(thrown).isTrue();
        then(this.store).should().saveNew(anyList());
        then(this.store).should().save(anyList());
    }

    @Test
    @DisplayName("W1: an Error between two tries costs no event while the writer is being stopped")
    void anErrorWhileStopping() throws InterruptedException {
        CountDownLatch stopping = new CountDownLatch(1);
        willAnswer(call -> {
                    stopping.await();
                    throw new IllegalStateException("says the test");
                })
                .given(this.store)
                .saveNew(anyList());
        AtomicBoolean thrown = new AtomicBoolean();
        Request request = write(new Request() {

            @Override
            public long deadlineNanos() {
                if (thrown.compareAndSet(false, true)) {
                    throw new InternalError("says the test");
                }
                return super.deadlineNanos();
            }
        });
        then(this.store).should(timeout(10_000)).saveNew(anyList());
        Thread stop = new Thread(() -> this.writer.stop(Duration.ofSeconds(10)));
        stop.start();
        Awaitility.await().until(() -> stop.getState() == Thread.State.TIMED_WAITING);
        stopping.countDown();
        stop.join();
        assertThat(thrown).isTrue();
        assertThat(request.stored).hasValue(1);
    }

    @Test
    @DisplayName("W1: an Error where nothing is to be written ends no thread either")
    void anErrorWhileIdle() {
        this.writer.watchWhile(() -> {
            if (this.watched.compareAndSet(false, true)) {
                throw new InternalError("says the test");
            }
            return false;
        });
        this.writer.start();
        Awaitility.await().untilTrue(this.watched);
        for (int lane = 0; lane < 2; lane++) {
            write(new Request(lane, 0)).awaitStored();
        }
    }

    @Test
    @DisplayName("W1: of a batch the database refuses exactly those rows are lost that it refuses for themselves")
    void rowsRefusedForThemselves() {
        List<String> written = new ArrayList<>();
        CountDownLatch all = new CountDownLatch(1);
        AtomicInteger statements = new AtomicInteger();
        willAnswer(call -> {
                    all.await();
                    return save(call.getArgument(0), written, statements);
                })
                .given(this.store)
                .saveNew(anyList());
        willAnswer(call -> save(call.getArgument(0), written, statements))
                .given(this.store)
                .save(anyList());
        List<Request> requests = IntStream.range(0, 200)
                .mapToObj(number -> new Request(0, number))
                .toList();
        requests.forEach(this::write);
        all.countDown();
        Awaitility.await().untilAsserted(() -> assertThat(requests)
                .allMatch(request -> request.stored.get() + request.notStored.get() == 1));
        assertThat(requests)
                .filteredOn(request -> request.notStored.get() > 0)
                .extracting(Request::text)
                .containsExactly("7", "8", "150");
        assertThat(written)
                .containsExactlyElementsOf(requests.stream()
                        .filter(request -> request.stored.get() == 1)
                        .map(Request::text)
                        .toList());
        assertThat(statements).hasValueLessThan(70);
        assertThat(this.writer.stats()).satisfies(stats -> {
            assertThat(stats.stored()).isEqualTo(197);
            assertThat(stats.lost()).isEqualTo(3);
            assertThat(stats.queued()).isZero();
        });
    }

    private static Object save(List<FailedEvent> rows, List<String> written, AtomicInteger statements) {
        statements.incrementAndGet();
        List<String> texts = rows.stream().map(FailedEvent::keyText).toList();
        if (texts.contains("7") || texts.contains("8") || texts.contains("150")) {
            throw new DataIntegrityViolationException("says the test", new SQLException("says the test", "22001"));
        }
        written.addAll(texts);
        return rows;
    }

    @Test
    @DisplayName("W1: a writer thread that should run and does not is an error that health tells of")
    void aThreadThatDoesNotRun() {
        WriterThread thread = new WriterThread("writer", this.store, 1, () -> {}, () -> false);
        assertThat(thread.error()).hasMessage("writer does not run");
        thread.start();
        assertThat(thread.error()).isNull();
        thread.finish();
        Awaitility.await().until(() -> !thread.isAlive());
        assertThat(thread.error()).isNull();
    }

    private Request write(Request request) {
        this.writer.start();
        this.writer.write(request);
        return request;
    }

    private static class Request implements StoreRequest {

        private final int lane;

        private final int number;

        final AtomicInteger stored = new AtomicInteger();

        final AtomicInteger notStored = new AtomicInteger();

        private final long deadlineNanos = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);

        Request() {
            this(0, 0);
        }

        Request(int lane, int number) {
            this.lane = lane;
            this.number = number;
        }

        String text() {
            return "" + this.number;
        }

        void awaitStored() {
            Awaitility.await().until(() -> this.stored.get() == 1);
            assertThat(this.notStored).hasValue(0);
        }

        @Override
        public int lane() {
            return this.lane;
        }

        @Override
        public long deadlineNanos() {
            return this.deadlineNanos;
        }

        @Override
        public FailedEvent toRow() {
            return EventRows.row(this.lane, text(), Instant.EPOCH);
        }

        @Override
        public void stored() {
            this.stored.incrementAndGet();
        }

        @Override
        public void notStored(Throwable error) {
            this.notStored.incrementAndGet();
        }
    }
}
