package io.github.resilientkafka.listener;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.resilientkafka.lifecycle.EventNotifier;
import io.github.resilientkafka.listener.ListenerProperties.BadData;
import io.github.resilientkafka.listener.ListenerProperties.Batch;
import io.github.resilientkafka.listener.ListenerProperties.Strategy;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.ServiceConfigurationError;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.springframework.boot.logging.LogLevel;
import org.springframework.boot.logging.LoggingSystem;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.kafka.listener.BatchMessageListener;
import org.springframework.kafka.listener.MessageListener;

/**
 * What the log says of records that fail.
 */
@ExtendWith(OutputCaptureExtension.class)
class FailureLogTests {

    private static final TopicPartition PARTITION = new TopicPartition("orders", 0);

    private final ListenerThreads threads = new ListenerThreads();

    private final Dependencies dependencies = new Dependencies(List::of);

    private final ListenerSettings settings = settings(BadData.DLQ);

    private final ListenerPartitions partitions = new ListenerPartitions(
            new PartitionPauser(new RecordedContainer().container()),
            this.threads,
            Clock.systemUTC(),
            ResilientListener.events("o", new EventNotifier(event -> {}), Clock.systemUTC()));

    private final DependencyGate gate =
            new DependencyGate(this.settings, this.dependencies, this.partitions, this.threads);

    private final FailedRecords failedRecords = failedRecords(BadData.DLQ);

    private final ListenerGuard guard = new ListenerGuard(
            "o",
            this.partitions,
            this.gate,
            new Decisions(),
            RetryMoves.NONE,
            new ListenerObserver() {},
            new PollBudget("o", Duration.ofMinutes(5)));

    @BeforeEach
    void assign() {
        logLevel(LogLevel.INFO);
        this.partitions.assigned(List.of(PARTITION), Map.of());
    }

    @AfterEach
    void close() {
        logLevel(null);
        this.threads.close();
        this.dependencies.close();
    }

    private static ListenerSettings settings(BadData badData) {
        return new ListenerSettings(
                Duration.ofHours(1),
                Duration.ofHours(1),
                3,
                badData,
                Strategy.PAUSE,
                List.of(),
                new Batch(false, 3, Duration.ofHours(1), 2));
    }

    private FailedRecords failedRecords(BadData badData) {
        return new FailedRecords(
                "o",
                settings(badData),
                new ErrorTable(List.of(), Map.of()),
                this.partitions,
                this.gate,
                null,
                null,
                RetryMoves.NONE,
                new ListenerObserver() {},
                Clock.systemUTC());
    }

    private static Failure failure() {
        return new Failure(ErrorClass.TRANSIENT, new IllegalStateException("no"), null, null);
    }

    private static void logLevel(LogLevel level) {
        LoggingSystem.get(FailureLogTests.class.getClassLoader())
                .setLogLevel(FailureLogTests.class.getPackageName(), level);
    }

    private static ConsumerRecord<String, String> record(long offset) {
        return new ConsumerRecord<>("orders", 0, offset, "key", "value");
    }

    private void release() {
        this.partitions.release(PARTITION, this.partitions.troubleOf(PARTITION).generation(), false);
    }

    @Test
    @DisplayName(
            "N7: a hold is warned of once for each record, and its end is told, with the offset and how long it took")
    void held(CapturedOutput output) {
        for (int times = 0; times < 3; times++) {
            this.failedRecords.handle(new DependencyDownException("stock"), record(5));
            release();
        }
        assertThat(output)
                .containsOnlyOnce("orders-0 is held at 5: waits for stock")
                .contains("WARN");
        this.partitions.done(PARTITION, 5);
        assertThat(output.toString())
                .containsPattern("INFO.*Listener o: orders-0 goes on, after 0(\\.\\d+)?s at offset 5");
        this.failedRecords.handle(new DependencyDownException("stock"), record(6));
        assertThat(output).contains("orders-0 is held at 6");
    }

    @Test
    @DisplayName("N6: a handler that asks for later has not failed")
    void later(CapturedOutput output) {
        this.failedRecords.handle(new RetryLaterException(Duration.ofMinutes(1)), record(5));
        assertThat(output.toString())
                .containsPattern("INFO.*its handler wants record orders-0@5 again in 60000 ms")
                .doesNotContain("WARN", "attempt");
    }

    @Test
    @DisplayName("N4: a batch that failed as a whole is told with listener, attempts and error")
    void batch(CapturedOutput output) {
        List<ConsumerRecord<?, ?>> batch = List.of(record(5), record(6));
        for (int times = 0; times < 3; times++) {
            this.failedRecords.handleWhole(new IllegalStateException("no", new ArithmeticException("division")), batch);
        }
        assertThat(output)
                .containsOnlyOnce(
                        "Listener o: batch orders-0@5 to 6 failed as a whole, attempt 3 of 3: its records are tried"
                                + " one by one: java.lang.IllegalStateException: no; caused by"
                                + " java.lang.ArithmeticException: division");
    }

    @Test
    @DisplayName("P3: an error that ends the container is told with the records at which it was thrown")
    void fatal(CapturedOutput output) {
        MessageListener<String, String> handler = handled -> {
            throw new ServiceConfigurationError("broken");
        };
        assertThatThrownBy(() -> new GuardedRecordListener<>(handler, this.guard, null).onMessage(record(5)))
                .isInstanceOf(ServiceConfigurationError.class);
        assertThat(output.toString())
                .containsPattern(
                        "ERROR.*Listener o: .*topic orders, partition 0, offset 5, hash of the key \\w+:.*broken");
        BatchMessageListener<String, String> batchHandler = handled -> {
            throw new ServiceConfigurationError("broken");
        };
        assertThatThrownBy(() ->
                        new GuardedBatchListener<>(batchHandler, this.guard).onMessage(List.of(record(7), record(9))))
                .isInstanceOf(ServiceConfigurationError.class);
        assertThat(output.toString()).containsPattern("ERROR.*topic orders, partition 0, offsets 7 to 9:.*broken");
        assertThat(this.guard.takeFatalError()).isNotNull();
    }

    @Test
    @DisplayName("N3: errors of bad data are told by their types: their messages may quote the record")
    void badData(CapturedOutput output) throws InterruptedException {
        failedRecords(BadData.SKIP)
                .handle(new BadDataException("amount of secret", new ArithmeticException("secret")), record(5));
        assertThat(output)
                .contains("Listener o: bad record skipped: topic orders, partition 0, offset 5, hash of the key "
                        + Integer.toHexString("key".hashCode()) + ": " + BadDataException.class.getName()
                        + " caused by java.lang.ArithmeticException");
        Blame blame = new Blame("o", this.partitions);
        Thread other = new Thread(() -> blame.tellIfTooLate(record(6), new BadDataException("amount of secret")));
        other.start();
        other.join();
        assertThat(output)
                .contains("record orders-0@6 failed when another consumer")
                .doesNotContain("secret");
    }

    @Test
    @DisplayName("N7: how long a partition stood is told as people say it")
    void age() {
        Instant now = Instant.parse("2026-01-01T00:00:00Z");
        Trouble trouble = Trouble.begin(PartitionState.HELD, 5, 0, failure(), now, null);
        assertThat(trouble.age(now.plusMillis(2_345))).isEqualTo("2.345s");
        assertThat(trouble.age(now.plusSeconds(7_805).plusMillis(17))).isEqualTo("2h10m5s");
    }
}
