package io.github.resilientkafka.listener;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.github.resilientkafka.listener.ListenerProperties.BadData;
import io.github.resilientkafka.listener.ListenerProperties.Batch;
import io.github.resilientkafka.listener.ListenerProperties.Strategy;
import java.lang.reflect.Proxy;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.kafka.clients.consumer.CommitFailedException;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.FencedInstanceIdException;
import org.apache.kafka.common.errors.GroupAuthorizationException;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.common.errors.WakeupException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.springframework.kafka.listener.BatchMessageListener;
import org.springframework.kafka.listener.ContainerProperties;
import org.springframework.kafka.listener.ListenerExecutionFailedException;
import org.springframework.kafka.listener.MessageListener;
import org.springframework.kafka.listener.MessageListenerContainer;

/**
 * Which failures are a record's, and where the consumer goes back to when they are not.
 */
class BlameTests {

    private static final TopicPartition FIRST = new TopicPartition("orders", 0);

    private static final TopicPartition SECOND = new TopicPartition("orders", 1);

    private final ListenerThreads threads = new ListenerThreads();

    private final Dependencies dependencies = new Dependencies(List::of);

    private final ListenerPartitions partitions = new ListenerPartitions(
            new PartitionPauser(new RecordedContainer().container()),
            this.threads,
            Clock.systemUTC(),
            new PartitionEvents() {

                @Override
                public void paused(TopicPartition partition, Trouble trouble) {}

                @Override
                public void recovered(TopicPartition partition, long offset, Trouble trouble) {}
            });

    private final Decisions decisions = new Decisions();

    private final Blame blame = new Blame("orders", this.partitions);

    private final Map<TopicPartition, Long> seeks = new HashMap<>();

    /** Nothing but a failure of a record has it do anything. */
    private static final FailedRecords NOBODY = null;

    private final PartitionPausingErrorHandler errorHandler = new PartitionPausingErrorHandler(
            this.decisions,
            this.blame,
            NOBODY,
            new FailedBatches(this.blame, NOBODY, this.partitions, true),
            new FailedPolls("orders", NOBODY, true, this.threads.queueFor("orders")),
            this.partitions);

    private ListenerGuard guard;

    @BeforeEach
    void assign() {
        this.partitions.assigned(List.of(FIRST, SECOND), Map.of());
        ListenerSettings settings = new ListenerSettings(
                Duration.ofSeconds(1),
                Duration.ofSeconds(1),
                3,
                BadData.DLQ,
                Strategy.PAUSE,
                List.of(),
                new Batch(false, 3, Duration.ofHours(1), 3));
        this.guard = new ListenerGuard(
                "orders",
                this.partitions,
                new DependencyGate(settings, this.dependencies, this.partitions, this.threads),
                this.decisions,
                RetryMoves.NONE,
                new ListenerObserver() {},
                new PollBudget("orders", Duration.ofMinutes(5)));
    }

    @AfterEach
    void close() {
        this.threads.close();
        this.dependencies.close();
    }

    private static ConsumerRecord<String, String> record(int partition, long offset) {
        return new ConsumerRecord<>("orders", partition, offset, "key", "value");
    }

    private void handle(ConsumerRecord<String, String> record, MessageListener<String, String> handler) {
        new GuardedRecordListener<>(handler, this.guard, null).onMessage(record);
    }

    private void handleAll(List<ConsumerRecord<String, String>> records, BatchMessageListener<String, String> handler) {
        new GuardedBatchListener<>(handler, this.guard).onMessage(records);
    }

    @Test
    @DisplayName("N6: a record that was handled is not to blame for a commit that fails")
    void afterTheHandler() {
        ConsumerRecord<String, String> record = record(0, 5);
        handle(record, handled -> {});
        for (RuntimeException failure : List.of(
                new TimeoutException("coordinator away"),
                new GroupAuthorizationException("orders"),
                new FencedInstanceIdException("there is another one"),
                new CommitFailedException(),
                new WakeupException())) {
            assertThat(this.blame.isOn(List.of(record), failure))
                    .as("%s", failure)
                    .isFalse();
        }
        assertThat(this.blame.isOn(List.of(record), new IllegalStateException("an interceptor's")))
                .isTrue();
        assertThat(this.blame.isOn(List.of(record(0, 6)), new TimeoutException("before its handler")))
                .isTrue();
    }

    @Test
    @DisplayName("N6: what a handler throws is its record's failure, whatever it is")
    void inTheHandler() {
        ConsumerRecord<String, String> record = record(0, 5);
        handle(record, handled -> {});
        TimeoutException failure = new TimeoutException("a producer of its own");
        assertThat(catchThrowable(() -> handle(record, handled -> {
                    throw failure;
                })))
                .isSameAs(failure);
        assertThat(this.blame.isOn(List.of(record), new ListenerExecutionFailedException("wrapped", failure)))
                .isTrue();
        assertThat(this.blame.isOn(List.of(record), failure)).isTrue();
    }

    @Test
    @DisplayName(
            "N6: a batch that was handled is not to blame for a commit that fails, nor is one handled record by record")
    void batches() {
        List<ConsumerRecord<String, String>> records = List.of(record(0, 5), record(0, 6));
        handleAll(records, handled -> {});
        assertThat(this.blame.isOn(records, new TimeoutException("coordinator away")))
                .isFalse();
        List<ConsumerRecord<String, String>> isolated = List.of(record(0, 7), record(0, 8));
        this.partitions.isolation().begin(isolated, 3, Instant.EPOCH);
        handleAll(isolated, handled -> {});
        assertThat(this.blame.isOn(isolated, new TimeoutException("coordinator away")))
                .isFalse();
        assertThat(catchThrowable(() -> handleAll(isolated, handled -> {
                    if (handled.get(0).offset() == 8) {
                        throw new IllegalStateException("no");
                    }
                })))
                .isNotNull();
        assertThat(this.blame.isOn(isolated, new TimeoutException("of whom?"))).isTrue();
    }

    @Test
    @DisplayName("P9: a record is not to blame when another consumer has its partition")
    void notOurs() throws InterruptedException {
        List<Boolean> blamed = new ArrayList<>();
        Thread other = new Thread(
                () -> blamed.add(this.blame.isOn(List.of(record(0, 5)), new IllegalStateException("came too late"))));
        other.start();
        other.join();
        assertThat(blamed).containsExactly(false);
        assertThat(this.blame.isOn(List.of(record(0, 5)), new IllegalStateException("no")))
                .isTrue();
    }

    @Test
    @DisplayName("N6: after a failed commit everything comes again, but nothing from behind a record that waits")
    void goesBack() {
        ConsumerRecord<String, String> failed = record(0, 5);
        ConsumerRecord<String, String> handled = record(1, 7);
        this.decisions.set(failed, false);
        this.decisions.clear();
        handle(handled, record -> {});
        assertThatThrownBy(() -> this.errorHandler.handleRemaining(
                        new TimeoutException("coordinator away"),
                        List.of(handled, record(0, 6), record(1, 8)),
                        consumer(),
                        container()))
                .hasMessageContaining("in retry");
        assertThat(this.seeks).containsExactly(Map.entry(SECOND, 7L));
    }

    private Consumer<?, ?> consumer() {
        return stub(Consumer.class, (method, arguments) -> switch (method) {
            case "assignment" -> Set.of(FIRST, SECOND);
            case "seek" -> this.seeks.put((TopicPartition) arguments[0], (Long) arguments[1]);
            default -> throw new UnsupportedOperationException(method);
        });
    }

    private static MessageListenerContainer container() {
        ContainerProperties properties = new ContainerProperties("orders");
        return stub(MessageListenerContainer.class, (method, arguments) -> switch (method) {
            case "getContainerProperties" -> properties;
            case "isRunning" -> false;
            default -> throw new UnsupportedOperationException(method);
        });
    }

    private interface Answer {

        Object to(String method, Object[] arguments);
    }

    private static <T> T stub(Class<T> type, Answer answer) {
        return type.cast(Proxy.newProxyInstance(
                type.getClassLoader(),
                new Class<?>[] {type},
                (proxy, method, arguments) -> answer.to(method.getName(), arguments)));
    }
}
