package io.github.resilientkafka.listener;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.github.resilientkafka.listener.ListenerProperties.BadData;
import io.github.resilientkafka.listener.ListenerProperties.Batch;
import io.github.resilientkafka.listener.ListenerProperties.Strategy;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;

/**
 * Records that cannot be moved out of their partition.
 */
@ExtendWith(OutputCaptureExtension.class)
class DeparturesTests {

    private static final TopicPartition PARTITION = new TopicPartition("orders", 0);

    private static final ConsumerRecord<String, String> RECORD = new ConsumerRecord<>("orders", 0, 5, "key", "value");

    private static final Failure FAILURE =
            new Failure(ErrorClass.BAD_DATA, new IllegalStateException("no"), null, null);

    private final RecordedContainer container = new RecordedContainer();

    private final ListenerThreads threads = new ListenerThreads();

    private final ListenerPartitions partitions = new ListenerPartitions(
            new PartitionPauser(this.container.container()), this.threads, Clock.systemUTC(), new PartitionEvents() {

                @Override
                public void paused(TopicPartition partition, Trouble trouble) {}

                @Override
                public void recovered(TopicPartition partition, long offset, Trouble trouble) {}
            });

    private final Destination destination = new Destination();

    /** Refuses, until it is told to take. */
    private static final class Destination implements RecordDestination {

        private volatile boolean takes;

        private volatile boolean arrived;

        @Override
        public CompletableFuture<?> send(FailedRecord record) {
            return this.takes
                    ? CompletableFuture.completedFuture(record)
                    : CompletableFuture.failedFuture(new IllegalStateException("refused"));
        }

        @Override
        public void arrived(FailedRecord record) {
            this.arrived = true;
        }
    }

    @BeforeEach
    void assign() {
        this.partitions.assigned(List.of(PARTITION), Map.of());
    }

    @AfterEach
    void close() {
        this.threads.close();
    }

    private Departures departures(Duration pause, Duration maxPause) {
        return new Departures(
                "orders",
                new ListenerSettings(
                        pause,
                        maxPause,
                        1,
                        BadData.DLQ,
                        Strategy.PAUSE,
                        List.of(),
                        new Batch(false, 100, Duration.ofSeconds(1), 3)),
                this.partitions,
                this.threads);
    }

    private boolean send(Departures departures) {
        return departures.send(
                new FailedRecord(RECORD, Origin.of(RECORD), FAILURE, 1, Instant.now()), this.destination);
    }

    private PartitionStatus status() {
        return this.partitions.status().get(0);
    }

    /** Until when it waits, once that is known. */
    private Duration pause(Departures departures) {
        Instant before = Instant.now();
        assertThat(send(departures)).isFalse();
        await("next try is known").until(() -> status().resumesAt() != null);
        return Duration.between(before, status().resumesAt());
    }

    @Test
    @DisplayName("what blocks a partition for long is tried at growing distances, up to the maximum pause")
    void distancesGrow() {
        Departures departures = departures(Duration.ofSeconds(10), Duration.ofSeconds(60));
        List<Long> seconds = new ArrayList<>();
        Instant begin = Instant.now();
        for (int tries = 0; tries < 6; tries++) {
            seconds.add(pause(departures).toSeconds());
        }
        assertThat(seconds.get(0)).isBetween(9L, 12L);
        assertThat(seconds.get(1)).isBetween(18L, 23L);
        assertThat(seconds.get(2)).isBetween(36L, 45L);
        assertThat(seconds.subList(3, 6)).allSatisfy(delay -> assertThat(delay).isBetween(53L, 61L));
        assertThat(status().state()).isEqualTo(PartitionState.DEAD_LETTER_BLOCKED);
        assertThat(status().since()).as("since the first try").isBefore(begin.plusSeconds(1));
        assertThat(this.partitions.troubleOf(PARTITION).times()).isEqualTo(6);
    }

    @Test
    @DisplayName("it is told as an error at first, then ever more rarely, with the time since when")
    void toldRarely(CapturedOutput output) {
        Departures departures = departures(Duration.ofSeconds(10), Duration.ofSeconds(60));
        for (int tries = 0; tries < 9; tries++) {
            pause(departures);
        }
        List<String> errors = output.getAll()
                .lines()
                .filter(line -> line.contains("ERROR") && line.contains("could not be moved"))
                .toList();
        assertThat(errors).hasSize(4).allMatch(line -> line.contains("since " + status().since()));
        assertThat(errors.get(3)).contains("this was try 8");
    }

    @Test
    @DisplayName(
            "while it is tried again it counts as blocked; once it is durable its partition runs, and the next begins anew")
    void blockedUntilDurable() {
        Departures departures = departures(Duration.ofMillis(50), Duration.ofMillis(50));
        assertThat(send(departures)).isFalse();
        await("tried again").until(() -> this.partitions.troubleOf(PARTITION).released());
        assertThat(status().state()).isEqualTo(PartitionState.DEAD_LETTER_BLOCKED);
        this.destination.takes = true;
        assertThat(send(departures)).isTrue();
        assertThat(this.destination.arrived).isTrue();
        this.partitions.done(PARTITION, RECORD.offset());
        assertThat(status().state()).isEqualTo(PartitionState.RUNNING);
        this.destination.takes = false;
        assertThat(send(departures)).isFalse();
        assertThat(this.partitions.troubleOf(PARTITION).times()).isEqualTo(1);
    }

    @Test
    @DisplayName(
            "P9: a partition that goes and comes back at the same record is still blocked: its handler is not called again")
    void comesBackBlocked() {
        pause(departures(Duration.ofSeconds(10), Duration.ofSeconds(60)));
        this.partitions.revoked(List.of(PARTITION), false);
        this.partitions.assigned(List.of(PARTITION), Map.of(PARTITION, RECORD.offset()));
        assertThat(status().state()).isEqualTo(PartitionState.DEAD_LETTER_BLOCKED);
        assertThat(this.container.paused).containsExactly(PARTITION);
        assertThat(status().resumesAt()).isAfter(Instant.now());
    }
}
