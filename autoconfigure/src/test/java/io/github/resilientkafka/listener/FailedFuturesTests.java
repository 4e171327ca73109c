package io.github.resilientkafka.listener;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.mockito.ArgumentMatchers.any;
import static org.mockito.Mockito.doAnswer;
import static org.mockito.Mockito.mock;

import io.github.resilientkafka.listener.ListenerProperties.BadData;
import io.github.resilientkafka.listener.ListenerProperties.Batch;
import io.github.resilientkafka.listener.ListenerProperties.Strategy;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BiConsumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.kafka.listener.adapter.RecordMessagingMessageListenerAdapter;

@ExtendWith(OutputCaptureExtension.class)
class FailedFuturesTests {

    private final ListenerThreads threads = new ListenerThreads();

    private final ListenerQueue queue = this.threads.queueFor("o");

    /** What was sent and is durable nowhere yet. */
    private final Queue<CompletableFuture<Void>> sent = new ArrayDeque<>();

    private final RecordDestination destination = new RecordDestination() {

        @Override
        public CompletableFuture<?> send(FailedRecord record) {
            CompletableFuture<Void> durable = new CompletableFuture<>();
            FailedFuturesTests.this.sent.add(durable);
            return durable;
        }

        @Override
        public void arrived(FailedRecord record) {}
    };

    private final FailedFutures futures = new FailedFutures(
            "o",
            new ListenerSettings(
                    Duration.ofHours(1),
                    Duration.ofHours(1),
                    3,
                    BadData.DLQ,
                    Strategy.REPUBLISH,
                    List.of(),
                    new Batch(false, 3, Duration.ofHours(1), 3)),
            new ErrorTable(List.of(), Map.of()),
            null,
            RetryMoves.comingRound(this.destination, "g"),
            this.threads,
            this.queue,
            new ListenerObserver() {},
            Clock.systemUTC());

    @AfterEach
    void close() {
        this.threads.close();
    }

    @SuppressWarnings("unchecked")
    private BiConsumer<ConsumerRecord<String, String>, RuntimeException> callback() {
        AtomicReference<BiConsumer<ConsumerRecord<String, String>, RuntimeException>> callback =
                new AtomicReference<>();
        RecordMessagingMessageListenerAdapter<String, String> adapter =
                mock(RecordMessagingMessageListenerAdapter.class);
        doAnswer(call -> {
                    callback.set(call.getArgument(0));
                    return null;
                })
                .when(adapter)
                .setCallbackForAsyncFailure(any());
        this.futures.listenTo(adapter);
        return callback.get();
    }

    private static ConsumerRecord<String, String> record(long offset) {
        return new ConsumerRecord<>("orders", 0, offset, "key", "value");
    }

    @Test
    @DisplayName("P2: records of failed futures that have nowhere to go are bounded: no further one is handled")
    void bounded() {
        BiConsumer<ConsumerRecord<String, String>, RuntimeException> callback = callback();
        for (int offset = 0; offset < 1_000; offset++) {
            this.futures.requireRoom();
            callback.accept(record(offset), new IllegalStateException("late"));
        }
        assertThatThrownBy(this.futures::requireRoom).isInstanceOf(DependencyDownException.class);
        this.sent.remove().complete(null);
        this.futures.requireRoom();
    }

    @Test
    @DisplayName("P2: what is not durable when the application ends is named as lost, what is, is not")
    void lost(CapturedOutput output) {
        BiConsumer<ConsumerRecord<String, String>, RuntimeException> callback = callback();
        callback.accept(record(5), new IllegalStateException("late"));
        callback.accept(record(6), new IllegalStateException("late"));
        this.sent.remove().complete(null);
        this.threads.close();
        assertThat(output.getOut().lines().filter(line -> line.contains("is lost")))
                .singleElement()
                .asString()
                .contains("ERROR", "topic orders, partition 0, offset 6");
    }
}
