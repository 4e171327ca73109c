package io.github.resilientkafka.delivery;

import static org.assertj.core.api.Assertions.assertThat;
import static org.mockito.ArgumentMatchers.any;
import static org.mockito.ArgumentMatchers.anyInt;
import static org.mockito.ArgumentMatchers.anyList;
import static org.mockito.ArgumentMatchers.anyLong;
import static org.mockito.BDDMockito.given;
import static org.mockito.Mockito.mock;
import static org.mockito.Mockito.verify;

import io.github.resilientkafka.lifecycle.EventNotifier;
import io.github.resilientkafka.publisher.DeadLetters;
import io.github.resilientkafka.publisher.KafkaProbe;
import io.github.resilientkafka.publisher.OpenSessions;
import io.github.resilientkafka.publisher.PartitionHolds;
import io.github.resilientkafka.publisher.ProducerSession;
import io.github.resilientkafka.publisher.ProducerSessions;
import io.github.resilientkafka.publisher.PublisherCircuit;
import io.github.resilientkafka.publisher.RefusedTopics;
import io.github.resilientkafka.store.DrainProgress;
import io.github.resilientkafka.store.EventStore;
import io.github.resilientkafka.store.FailedEvents;
import io.github.resilientkafka.store.LaneLease;
import io.github.resilientkafka.store.RetryProperties;
import io.github.resilientkafka.store.RetrySchedule;
import io.github.resilientkafka.store.StoredEvent;
import io.github.resilientkafka.store.StoredEvents;
import java.time.Clock;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.NavigableMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.LongStream;
import org.apache.kafka.clients.producer.MockProducer;
import org.apache.kafka.common.errors.RecordTooLargeException;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * The rows of one lane, four to a batch: the first read brings one batch, the second one two.
 */
@Timeout(60)
class LaneDrainTests {

    private static final int BATCH = 4;

    /** In the second batch. */
    private static final long FAILING = BATCH + 1;

    /** In the third batch, which is read with the second: it must wait since the other one has failed. */
    private static final long WITHDRAWN = 2 * BATCH + 1;

    private static final List<LaneLease> LEASES = List.of(new LaneLease(0, 1));

    private final NavigableMap<Long, StoredEvent> pending = new ConcurrentSkipListMap<>();

    private final List<Integer> reads = new CopyOnWriteArrayList<>();

    private final EventStore store = mock();

    private final ProducerSessions sessions = mock();

    private final PublisherCircuit circuit = mock();

    private final LaneShare share = mock();

    private final MockProducer<byte[], byte[]> producer =
            new MockProducer<>(false, new ByteArraySerializer(), new ByteArraySerializer());

    private final CountDownLatch inSettle = new CountDownLatch(1);

    private final CountDownLatch settling = new CountDownLatch(1);

    private final ProducerSession session = OpenSessions.of(this.producer);

    private final AtomicBoolean running = new AtomicBoolean(true);

    private final AtomicBoolean lost = new AtomicBoolean();

    private volatile boolean settlesAtOnce = true;

    private volatile int readsWhenSettled;

    private final CompletableFuture<Void> drained = new CompletableFuture<>();

    LaneDrainTests() throws InterruptedException {
        LongStream.rangeClosed(1, 3 * BATCH).forEach(id -> this.pending.put(id, StoredEvents.row(id)));
        given(this.circuit.tryAcquire()).willReturn(this);
        given(this.circuit.isClosed()).willReturn(true);
        given(this.sessions.current()).willReturn(this.session);
        given(this.store.read(anyList(), any(), any(), anyInt(), any(), anyLong()))
                .willAnswer(call -> call.<List<?>>getArgument(0).isEmpty()
                        ? List.of()
                        : read(call.getArgument(3), call.getArgument(4), call.getArgument(5)));
        given(this.store.settle(any(), anyList(), anyList(), any(), any()))
                .willAnswer(call -> settle(call.getArgument(2)));
        given(this.store.settleFailures(any(), anyList(), anyList(), any(), any()))
                .willAnswer(call -> this.pending.remove(FAILING) != null & this.pending.remove(WITHDRAWN) != null);
    }

    @AfterEach
    void end() {
        this.settling.countDown();
    }

    @Test
    @DisplayName("W5: several batches of one read are sent one after the other, each when its predecessor is settled")
    void sendsBatchesOfOneReadInTurn() throws Exception {
        drain();
        deliver(BATCH);
        awaitSent(2 * BATCH);
        this.settlesAtOnce = false;
        deliver(BATCH - 1);
        assertThat(this.inSettle.getCount()).as("one answer is missing").isEqualTo(1);
        deliver(1);
        this.inSettle.await();
        assertThat(this.producer.history()).as("not settled yet").hasSize(2 * BATCH);
        this.settling.countDown();
        awaitSent(3 * BATCH);
        assertThat(this.readsWhenSettled).as("no read in between").isEqualTo(2);
        deliver(BATCH);
        this.drained.join();
        assertThat(this.pending).isEmpty();
        assertThat(this.reads).startsWith(BATCH, 2 * BATCH);
    }

    @Test
    @DisplayName("W5: what was read behind a failure is not sent before it has been read again")
    void readsAgainBehindAFailure() {
        drain();
        deliver(BATCH);
        awaitSent(2 * BATCH);
        this.producer.errorNext(new RecordTooLargeException("too large"));
        deliver(BATCH - 1);
        awaitSent(3 * BATCH - 1);
        deliver(BATCH - 1);
        this.drained.join();
        assertThat(this.producer.history()).as("without what must wait").hasSize(3 * BATCH - 1);
        assertThat(this.pending).isEmpty();
    }

    @Test
    @DisplayName("W5: when lanes are lost, nothing more of what was read is sent, and the producer is given up")
    void sendsNothingMoreWhenLanesAreLost() {
        drain();
        deliver(BATCH);
        awaitSent(2 * BATCH);
        this.lost.set(true);
        deliver(BATCH);
        this.drained.join();
        verify(this.sessions).abandon(any(), any());
        assertThat(this.producer.history()).hasSize(2 * BATCH);
        assertThat(this.pending).hasSize(2 * BATCH);
    }

    @Test
    @DisplayName(
            "W5: when the application stops, what was answered is settled, and nothing more of what was read is sent")
    void sendsNothingMoreWhenStopping() {
        drain();
        deliver(BATCH);
        awaitSent(2 * BATCH);
        this.running.set(false);
        deliver(BATCH);
        this.drained.join();
        assertThat(this.producer.history()).hasSize(2 * BATCH);
        assertThat(this.pending).hasSize(BATCH);
    }

    @Test
    @DisplayName("W5: when the circuit opens between two batches of a read, the second waits in the database")
    void sendsNothingMoreWhenTheCircuitOpens() {
        drain();
        deliver(BATCH);
        awaitSent(2 * BATCH);
        given(this.circuit.isClosed()).willReturn(false);
        given(this.circuit.tryAcquire()).willReturn(null);
        deliver(BATCH);
        this.drained.join();
        assertThat(this.producer.history()).hasSize(2 * BATCH);
        assertThat(this.pending).hasSize(BATCH);
        assertThat(this.reads).as("the second was read again").hasSize(3);
    }

    @Test
    @DisplayName(
            "W5: when the producer is to be replaced between two batches of a read, the second is not sent with it")
    void sendsNothingMoreWithAProducerThatEnds() {
        drain();
        deliver(BATCH);
        awaitSent(2 * BATCH);
        given(this.sessions.current()).willReturn(null);
        OpenSessions.announceEnd(this.session);
        deliver(BATCH);
        this.drained.join();
        assertThat(this.producer.history()).hasSize(2 * BATCH);
        assertThat(this.pending).hasSize(BATCH);
    }

    @Test
    @DisplayName(
            "W1: when others want lanes between two batches of a read, they are given back before the second is sent")
    void sendsNothingMoreWhenOthersWantLanes() {
        given(this.share.surplus(anyInt())).willReturn(0, LEASES.size());
        drain();
        deliver(BATCH);
        awaitSent(2 * BATCH);
        deliver(BATCH);
        this.drained.join();
        verify(this.store).release("me", LEASES);
        assertThat(this.producer.history()).hasSize(2 * BATCH);
        assertThat(this.pending).hasSize(BATCH);
    }

    private void drain() {
        RelayContext relay = new RelayContext(
                new RetryProperties(
                        true,
                        Duration.ofMinutes(1),
                        3,
                        List.of(Duration.ofMinutes(1)),
                        BATCH,
                        1,
                        Duration.ofSeconds(30),
                        Duration.ofDays(7)),
                this.store,
                mock(FailedEvents.class),
                this.circuit,
                this.sessions,
                Duration.ofSeconds(10),
                mock(DeadLetters.class),
                mock(RefusedTopics.class),
                mock(RetrySchedule.class),
                new PartitionHolds(),
                mock(KafkaProbe.class),
                Clock.systemUTC(),
                mock(DeliveryObserver.class),
                mock(EventNotifier.class));
        given(relay.schedule().afterFailure(anyInt(), any()))
                .willReturn(Clock.systemUTC().instant());
        LeasedLanes lanes = new LeasedLanes(
                relay, "me", this.running::get, new DrainProgress(), this.share, LEASES, System.nanoTime());
        Thread worker = new Thread(() -> {
            try {
                new LaneDrain(relay, lanes).drainPending();
                this.drained.complete(null);
            } catch (InterruptedException | RuntimeException | Error ex) {
                this.drained.completeExceptionally(ex);
            }
        });
        worker.setDaemon(true);
        worker.start();
    }

    private List<StoredEvent> read(int limit, Collection<Long> without, long upTo) {
        this.reads.add(limit > 2 * BATCH ? limit / 2 : limit);
        return this.pending.headMap(upTo, true).values().stream()
                .filter(row -> !without.contains(row.id()))
                .limit(limit)
                .toList();
    }

    private boolean settle(List<StoredEvent> rows) throws InterruptedException {
        if (!this.settlesAtOnce) {
            this.inSettle.countDown();
            this.settling.await();
            this.readsWhenSettled = this.reads.size();
            this.settlesAtOnce = true;
        }
        if (this.lost.get()) {
            return false;
        }
        rows.forEach(row -> this.pending.remove(row.id()));
        return true;
    }

    private void deliver(int records) {
        for (int i = 0; i < records; i++) {
            Awaitility.await().until(this.producer::completeNext);
        }
    }

    private void awaitSent(int records) {
        Awaitility.await().until(() -> this.producer.history().size() == records);
    }
}
