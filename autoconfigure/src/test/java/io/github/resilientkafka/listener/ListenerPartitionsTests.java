package io.github.resilientkafka.listener;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class ListenerPartitionsTests {

    private static final TopicPartition PARTITION = new TopicPartition("orders", 0);

    private static final Failure FAILURE =
            new Failure(ErrorClass.TRANSIENT, new IllegalStateException("no"), null, null);

    private final RecordedContainer container = new RecordedContainer();

    private final ListenerThreads threads = new ListenerThreads();

    private final ListenerPartitions partitions = new ListenerPartitions(
            new PartitionPauser(this.container.container()), this.threads, Clock.systemUTC(), new PartitionEvents() {

                @Override
                public void paused(TopicPartition partition, Trouble trouble) {}

                @Override
                public void recovered(TopicPartition partition, long offset) {}
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
        pause(5, 3, Duration.ofHours(1));
        this.partitions.revoked(List.of(PARTITION), false);
        assertThat(polled().paused).as("nobody else's pause").isEmpty();
        assertThat(this.partitions.isRemembered(PARTITION)).isTrue();
        this.partitions.assigned(List.of(PARTITION), Map.of(PARTITION, 5L));
        assertThat(polled().paused).containsExactly(PARTITION);
        assertThat(this.partitions.troubleOf(PARTITION).attempts()).isEqualTo(3);
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
    void strangersSuccess() {
        pause(5, 1, Duration.ofMillis(100));
        this.partitions.done(PARTITION, 300);
        assertThat(this.partitions.calm()).isFalse();
        await("resumed by its timer").pollInSameThread().until(() -> polled().paused
                .isEmpty());
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

    /** As its consumer would, before each poll. */
    private RecordedContainer polled() {
        this.partitions.beforePoll();
        return this.container;
    }
}
