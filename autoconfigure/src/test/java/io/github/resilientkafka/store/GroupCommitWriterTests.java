package io.github.resilientkafka.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.mockito.ArgumentMatchers.anyList;
import static org.mockito.ArgumentMatchers.argThat;
import static org.mockito.BDDMockito.then;
import static org.mockito.BDDMockito.willAnswer;
import static org.mockito.BDDMockito.willThrow;
import static org.mockito.Mockito.inOrder;
import static org.mockito.Mockito.mock;
import static org.mockito.Mockito.never;
import static org.mockito.Mockito.timeout;
import static org.mockito.Mockito.times;

import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.mockito.InOrder;
import org.springframework.dao.DataAccessResourceFailureException;
import org.springframework.dao.DuplicateKeyException;

class GroupCommitWriterTests {

    private final H2Database database = new H2Database();

    private final AtomicInteger commits = new AtomicInteger();

    private final GroupCommitWriter writer = new GroupCommitWriter(this.database.store("app", true), 500);

    @BeforeEach
    void start() {
        this.writer.start();
    }

    @AfterEach
    void stop() {
        this.writer.stop(Duration.ofSeconds(5));
        this.database.close();
    }

    @Test
    @DisplayName("What is committed is told once, and the thread goes on, whatever those throw who are told")
    void aCommittedEventIsToldOnce() {
        this.writer.onCommit(() -> {
            if (this.commits.incrementAndGet() == 1) {
                throw new OutOfMemoryError("unable to create a thread (says the test)");
            }
        });
        Request first = new Request(0, 1) {

            @Override
            public void stored() {
                super.stored();
                throw new IllegalStateException("says the test");
            }
        };
        Request second = new Request(0, 2);
        this.writer.write(first);
        Awaitility.await().until(() -> this.commits.get() == 1);
        this.writer.write(second);
        Awaitility.await().until(() -> second.stored.get() == 1);
        assertThat(first.stored).hasValue(1);
        assertThat(first.notStored).hasValue(0);
        assertThat(this.writer.stats().stored()).isEqualTo(2);
        assertThat(this.writer.stats().queued()).isZero();
    }

    @Test
    @DisplayName("An event that can't be made a row is lost, alone: those that are written with it are stored")
    void anEventWithoutRowIsLostAlone() {
        CompletableFuture<Void> handedOver = new CompletableFuture<>();
        Request first = new Request(0, 0) {

            @Override
            public void stored() {
                super.stored();
                handedOver.join();
            }
        };
        Request broken = new Request(0, 2) {

            @Override
            public FailedEvent toRow() {
                throw new OutOfMemoryError("says the test");
            }
        };
        List<Request> others = List.of(new Request(0, 1), new Request(0, 3), new Request(0, 4));
        this.writer.write(first);
        Awaitility.await().until(() -> first.stored.get() == 1);
        Stream.of(others.get(0), broken, others.get(1), others.get(2)).forEach(this.writer::write);
        handedOver.complete(null);
        this.writer.stop(Duration.ofSeconds(30));

        assertThat(others).allSatisfy(request -> assertThat(request.stored).hasValue(1));
        assertThat(others).allSatisfy(request -> assertThat(request.notStored).hasValue(0));
        assertThat(broken.stored).hasValue(0);
        assertThat(broken.notStored).hasValue(1);
        assertThat(this.database
                        .jdbc()
                        .queryForList("select key_text from failed_kafka_events order by id", Integer.class))
                .containsExactly(0, 1, 3, 4);
    }

    @Test
    @DisplayName("B4: a lane belongs to one thread: its events get ascending ids in the order they were handed over")
    void aLaneIsWrittenInOrder() {
        GroupCommitWriter small = new GroupCommitWriter(this.database.store("app", true), 5);
        small.start();
        List<Request> requests = IntStream.range(0, 2_000)
                .mapToObj(i -> new Request(i / 3 % 2, i))
                .toList();
        requests.forEach(small::write);
        small.stop(Duration.ofSeconds(30));

        assertThat(requests).allSatisfy(request -> assertThat(request.stored).hasValue(1));
        for (int lane = 0; lane < 2; lane++) {
            assertThat(this.database
                            .jdbc()
                            .queryForList(
                                    "select key_text from failed_kafka_events where lane = ? order by id",
                                    Integer.class,
                                    lane))
                    .hasSizeGreaterThan(900)
                    .isSorted();
        }
    }

    @Test
    @DisplayName(
            "W1: what may be there already, as the answer to its commit is missing, is written so that it stays as it is")
    void anAnswerThatIsMissing() {
        EventStore store = mock();
        willThrow(new DataAccessResourceFailureException("cut in COMMIT (says the test)"))
                .given(store)
                .saveNew(anyList());
        assertThat(write(store).stored).hasValue(1);
        InOrder order = inOrder(store);
        order.verify(store).saveNew(anyList());
        order.verify(store).save(anyList());
        order.verify(store, never()).saveNew(anyList());
    }

    @Test
    @DisplayName(
            "W1: halves of a batch that the database refused may be there, too: perhaps it came twice on its way there")
    void halvesOfABatch() {
        EventStore store = mock();
        CountDownLatch bothWait = new CountDownLatch(1);
        willAnswer(call -> {
                    List<?> rows = call.getArgument(0);
                    bothWait.await();
                    if (rows.size() == 2) {
                        throw new DuplicateKeyException("says the test", new SQLException("says the test", "23505"));
                    }
                    return null;
                })
                .given(store)
                .saveNew(anyList());
        GroupCommitWriter writer = new GroupCommitWriter(store, 500);
        writer.start();
        Request ahead = new Request(0, 0);
        writer.write(ahead);
        then(store).should(timeout(10_000)).saveNew(anyList());
        List<Request> batch = List.of(new Request(0, 1), new Request(0, 2));
        batch.forEach(writer::write);
        bothWait.countDown();
        Awaitility.await().until(() -> batch.stream().allMatch(request -> request.stored.get() == 1));
        writer.stop(Duration.ofSeconds(5));
        then(store).should(times(2)).save(argThat(rows -> rows.size() == 1));
    }

    @Test
    @DisplayName("W1: one row that is refused as new is tried once more as one that may be there, before it is lost")
    void oneRowRefusedAsNew() {
        EventStore store = mock();
        willThrow(new DuplicateKeyException("says the test", new SQLException("says the test", "23505")))
                .given(store)
                .saveNew(anyList());
        assertThat(write(store).notStored).hasValue(0);
        then(store).should(times(1)).save(anyList());
    }

    private static Request write(EventStore store) {
        GroupCommitWriter writer = new GroupCommitWriter(store, 500);
        writer.start();
        Request request = new Request(0, 1);
        writer.write(request);
        Awaitility.await().until(() -> request.stored.get() == 1);
        writer.stop(Duration.ofSeconds(5));
        return request;
    }

    @Test
    @DisplayName("The thread goes on, too, where those throw who are told that an event was not stored")
    void whoIsToldOfALossMayThrow() {
        Request first = new Request(0, 1) {

            @Override
            public FailedEvent toRow() {
                throw new IllegalStateException("no row (says the test)");
            }

            @Override
            public void notStored(Throwable error) {
                super.notStored(error);
                throw new OutOfMemoryError("says the test");
            }
        };
        Request second = new Request(0, 2);
        this.writer.write(first);
        Awaitility.await().until(() -> first.notStored.get() == 1);
        this.writer.write(second);
        Awaitility.await().until(() -> second.stored.get() == 1);
        assertThat(this.writer.stats().queued()).isZero();
    }

    private static class Request implements StoreRequest {

        private final int lane;

        private final int number;

        final AtomicInteger stored = new AtomicInteger();

        final AtomicInteger notStored = new AtomicInteger();

        Request(int lane, int number) {
            this.lane = lane;
            this.number = number;
        }

        @Override
        public int lane() {
            return this.lane;
        }

        @Override
        public long deadlineNanos() {
            return System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
        }

        @Override
        public FailedEvent toRow() {
            return EventRows.row(this.lane, "" + this.number, Instant.EPOCH);
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
