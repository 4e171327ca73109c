package io.github.resilientkafka.listener;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.awaitility.Awaitility.await;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.springframework.kafka.listener.MessageListenerContainer;

class ListenerPartitionsTests {

    private static final TopicPartition PARTITION = new TopicPartition("orders", 0);

    private static final Failure FAILURE =
            new Failure(ErrorClass.TRANSIENT, new IllegalStateException("no"), null, null);

    private final RecordedContainer container = new RecordedContainer();

    private final CountDownLatch asked = new CountDownLatch(1);

    private final ListenerThreads threads = new ListenerThreads();

    private final ListenerPartitions partitions = new ListenerPartitions(
            new PartitionPauser(this.container.container()), this.threads, Clock.systemUTC(), new PartitionEvents() {

                @Override
                public void paused(TopicPartition partition, Trouble trouble) {}

                @Override
                public void recovered(TopicPartition partition, long offset, Trouble trouble) {}
            });

    @BeforeEach
    void assign() {
        this.partitions.assigned(List.of(PARTITION), Map.of());
    }

    @AfterEach
    void close() {
        this.threads.close();
    }

    private Trouble pause(long offset, int attempts, Duration resumeAfter) {
        return this.partitions.pause(PARTITION, PartitionState.BACKOFF, offset, attempts, FAILURE, resumeAfter);
    }

    private static ConsumerRecord<String, String> record(long offset) {
        return new ConsumerRecord<>(PARTITION.topic(), PARTITION.partition(), offset, "key", "value");
    }

    @Test
    @DisplayName("P2: a pause ends by itself, and the partition runs until its record fails again")
    void pauseEnds() {
        pause(5, 1, Duration.ofMillis(1));
        await("resumed").pollInSameThread().until(() -> polled().paused.isEmpty());
        Trouble trouble = this.partitions.troubleOf(PARTITION);
        assertThat(trouble).isNotNull();
        assertThat(trouble.released()).isTrue();
        assertThat(this.partitions.status().get(0).state()).isEqualTo(PartitionState.RUNNING);
        assertThat(this.partitions.status().get(0).attempts()).isEqualTo(1);
    }

    @Test
    @DisplayName("P2: the timer of an earlier pause cannot end a later one")
    void staleTimer() throws InterruptedException {
        Trouble first = pause(5, 1, Duration.ofMillis(20));
        pause(5, 2, Duration.ofHours(1));
        this.partitions.release(PARTITION, first.generation(), true);
        CountDownLatch later = new CountDownLatch(1);
        this.threads.schedule(Duration.ofMillis(60), later::countDown);
        later.await();
        assertThat(polled().paused).containsExactly(PARTITION);
        assertThat(this.partitions.troubleOf(PARTITION).durable()).isFalse();
    }

    @Test
    @DisplayName("P2: where the failed record was compacted away, a later one that is handled ends its trouble")
    void compactedAway() {
        pause(5, 1, Duration.ZERO);
        await("released").pollInSameThread().until(() -> polled().paused.isEmpty());
        this.partitions.done(PARTITION, 4);
        assertThat(this.partitions.calm()).as("an earlier one tells nothing").isFalse();
        this.partitions.done(PARTITION, 9);
        assertThat(this.partitions.calm()).isTrue();
    }

    @Test
    @DisplayName(
            "P9: what is revoked and comes back while it stands at the same record keeps its attempts and its pause")
    void comesBack() {
        Instant end = pause(5, 3, Duration.ofHours(1)).resumesAt();
        this.partitions.revoked(List.of(PARTITION), false);
        assertThat(polled().paused).as("nobody else's pause").isEmpty();
        assertThat(this.partitions.isRemembered(PARTITION)).isTrue();
        this.partitions.assigned(List.of(PARTITION), Map.of(PARTITION, 5L));
        assertThat(polled().paused).containsExactly(PARTITION);
        assertThat(this.partitions.troubleOf(PARTITION).attempts()).isEqualTo(3);
        assertThat(this.partitions.troubleOf(PARTITION).resumesAt()).isCloseTo(end, within(1, ChronoUnit.MILLIS));
    }

    @Test
    @DisplayName("P9: what went on elsewhere, or was lost, starts clean")
    void startsClean() {
        pause(5, 3, Duration.ofHours(1));
        this.partitions.revoked(List.of(PARTITION), false);
        this.partitions.assigned(List.of(PARTITION), Map.of(PARTITION, 6L));
        assertThat(this.partitions.calm()).isTrue();
        pause(6, 1, Duration.ofHours(1));
        this.partitions.revoked(List.of(PARTITION), true);
        this.partitions.assigned(List.of(PARTITION), Map.of(PARTITION, 6L));
        assertThat(this.partitions.calm()).isTrue();
        assertThat(polled().paused).isEmpty();
    }

    @Test
    @DisplayName("P2: a partition that is released while it is being paused again does not stay paused for ever")
    void releasedWhileBeingPausedAgain() {
        Trouble trouble = pause(5, 1, Duration.ofHours(1));
        this.container.beforePause = () -> this.partitions.release(PARTITION, trouble.generation(), false);
        this.partitions.pauseAgain(PARTITION);
        await("runs").pollInSameThread().until(() -> polled().paused.isEmpty());
    }

    @Test
    @DisplayName("P9: who has lost a partition and handles one of its later records does not end its pause")
    void strangersSuccess() throws InterruptedException {
        Trouble trouble = pause(5, 1, Duration.ofHours(1));
        onAnotherThread(() -> this.partitions.done(PARTITION, 300));
        this.partitions.release(PARTITION, trouble.generation(), false);
        onAnotherThread(() -> this.partitions.done(PARTITION, 300));
        assertThat(this.partitions.calm()).as("for the owner to say").isFalse();
        this.partitions.done(PARTITION, 5);
        assertThat(this.partitions.calm()).isTrue();
    }

    @Test
    @DisplayName(
            "P9: who has lost a partition and fails leaves the pause, the attempts and the isolation of its owner alone")
    void strangersFailure() throws InterruptedException {
        Trouble trouble = pause(5, 3, Duration.ofHours(1));
        this.partitions.isolation().begin(List.of(record(7)), 3, Instant.EPOCH);
        onAnotherThread(() -> {
            assertThat(this.partitions.isOurs(PARTITION)).isFalse();
            assertThat(pause(6, 1, Duration.ZERO)).isNull();
            this.partitions.isolation().begin(List.of(record(100)), 1, Instant.EPOCH);
            assertThat(this.partitions.isolation().of(record(8))).isNull();
            this.partitions.beforePoll();
        });
        assertThat(polled().paused).containsExactly(PARTITION);
        assertThat(this.partitions.troubleOf(PARTITION)).isEqualTo(trouble);
        assertThat(this.partitions.isolation().of(record(7))).isEqualTo(new Isolation.Batch(7, 3, Instant.EPOCH));
        assertThat(this.partitions.isolation().of(record(8))).isNull();
    }

    @Test
    @DisplayName("P9: who learns late that it has lost a partition takes nothing from its new owner")
    void learnsLate() throws InterruptedException {
        pause(5, 3, Duration.ofHours(1));
        Thread other = new Thread(() -> {
            this.partitions.assigned(List.of(PARTITION), Map.of());
            assertThat(this.partitions.calm()).as("starts clean").isTrue();
            pause(6, 1, Duration.ofHours(1));
            assertThat(this.partitions.revoked(List.of(PARTITION), true)).containsExactly(PARTITION);
            this.partitions.assigned(List.of(PARTITION), Map.of());
            pause(6, 2, Duration.ofHours(1));
            await("asked").pollInSameThread().until(() -> this.asked.getCount() == 0);
        });
        other.start();
        await("taken over and paused").until(() -> {
            Trouble trouble = this.partitions.troubleOf(PARTITION);
            return trouble != null && trouble.attempts() == 2;
        });
        assertThat(this.partitions.revoked(List.of(PARTITION), true)).isEmpty();
        assertThat(this.partitions.revoked(List.of(PARTITION), false)).isEmpty();
        assertThat(this.partitions.isRemembered(PARTITION)).isFalse();
        assertThat(this.partitions.status()).hasSize(1);
        assertThat(this.partitions.status().get(0).state()).isEqualTo(PartitionState.BACKOFF);
        assertThat(this.partitions.status().get(0).attempts()).isEqualTo(2);
        this.asked.countDown();
        other.join();
        assertThat(this.partitions.revoked(List.of(PARTITION), true))
                .as("of one that has died")
                .containsExactly(PARTITION);
        assertThat(this.partitions.status()).isEmpty();
    }

    @Test
    @DisplayName("P9: what a consumer had that died is forgotten, unless another one has got it")
    void died() {
        Thread dead = new Thread(() -> {});
        assertThat(this.partitions.revoked(List.of(PARTITION), true, dead)).isEmpty();
        assertThat(this.partitions.revoked(List.of(PARTITION), true, null)).isEmpty();
        assertThat(this.partitions.revoked(List.of(PARTITION), true, Thread.currentThread()))
                .containsExactly(PARTITION);
    }

    @Test
    @DisplayName("P9: each consumer pauses and resumes its own part of the container, and wakes no other one up")
    void ownParts() throws InterruptedException {
        RecordedContainer part = new RecordedContainer();
        RecordedContainer other = new RecordedContainer();
        this.partitions.begin(part.container());
        pause(5, 1, Duration.ofHours(1));
        onAnotherThread(() -> {
            this.partitions.begin(other.container());
            this.partitions.assigned(List.of(PARTITION), Map.of());
            Trouble trouble = pause(5, 1, Duration.ofHours(1));
            assertThat(other.paused).containsExactly(PARTITION);
            this.partitions.release(PARTITION, trouble.generation(), false);
            this.partitions.beforePoll();
            assertThat(other.paused).isEmpty();
        });
        assertThat(part.paused).as("still at work").containsExactly(PARTITION);
        this.partitions.beforePoll();
        assertThat(part.paused).isEmpty();
        assertThat(this.container.resumed).isEmpty();
    }

    @Test
    @DisplayName("P3: what a consumer that died has paused is not paused for its successor")
    void successor() throws InterruptedException {
        MessageListenerContainer part = this.container.container();
        onAnotherThread(() -> {
            this.partitions.begin(part);
            this.partitions.assigned(List.of(PARTITION), Map.of());
            pause(5, 1, Duration.ofHours(1));
        });
        assertThat(this.container.paused).containsExactly(PARTITION);
        this.partitions.begin(part);
        assertThat(this.container.paused).isEmpty();
    }

    @Test
    @DisplayName("P2: what has stopped leaves no pause behind")
    void clear() {
        pause(5, 1, Duration.ofHours(1));
        this.partitions.clear();
        assertThat(polled().paused).isEmpty();
        assertThat(this.partitions.status()).isEmpty();
        assertThat(this.partitions.joined()).isFalse();
    }

    /** As another consumer of the same listener would. */
    private static void onAnotherThread(Runnable action) throws InterruptedException {
        AtomicReference<Throwable> failure = new AtomicReference<>();
        Thread thread = new Thread(action);
        thread.setUncaughtExceptionHandler((failed, error) -> failure.set(error));
        thread.start();
        thread.join();
        assertThat(failure.get()).isNull();
    }

    /** As its consumer would, before each poll. */
    private RecordedContainer polled() {
        this.partitions.beforePoll();
        return this.container;
    }
}
