package io.github.resilientkafka.listener;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.resilientkafka.listener.ListenerProperties.BadData;
import io.github.resilientkafka.listener.ListenerProperties.Batch;
import io.github.resilientkafka.listener.ListenerProperties.Strategy;
import java.lang.reflect.Proxy;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.springframework.kafka.listener.BatchMessageListener;
import org.springframework.kafka.listener.ContainerProperties;
import org.springframework.kafka.listener.MessageListenerContainer;

/**
 * Two consumers of one listener, one of which has lost a partition to the other without knowing it yet.
 */
class CollectingBatchListenerTests {

    private static final TopicPartition PARTITION = new TopicPartition("orders", 0);

    private final List<List<Long>> handled = new CopyOnWriteArrayList<>();

    private final ListenerThreads threads = new ListenerThreads();

    private final Dependencies dependencies = new Dependencies(List::of);

    private final Consumer<?, ?> one = stub(Consumer.class);

    private final Consumer<?, ?> other = stub(Consumer.class);

    private final CollectingBatchListener<String, String> listener = listener();

    private CollectingBatchListener<String, String> listener() {
        MessageListenerContainer container = stub(MessageListenerContainer.class);
        ListenerPartitions partitions = new ListenerPartitions(
                new PartitionPauser(container), this.threads, Clock.systemUTC(), new PartitionEvents() {

                    @Override
                    public void paused(TopicPartition partition, Trouble trouble) {}

                    @Override
                    public void recovered(TopicPartition partition, long offset, Trouble trouble) {}
                });
        ListenerSettings settings = new ListenerSettings(
                Duration.ofSeconds(1),
                Duration.ofSeconds(1),
                3,
                BadData.DLQ,
                Strategy.PAUSE,
                List.of(),
                new Batch(true, 3, Duration.ofHours(1), 3));
        ListenerGuard guard = new ListenerGuard(
                "orders",
                partitions,
                new DependencyGate(settings, this.dependencies, partitions, this.threads),
                new Decisions(),
                RetryMoves.NONE,
                new ListenerObserver() {},
                new PollBudget("orders", Duration.ofMinutes(5)));
        BatchMessageListener<String, String> handler = records ->
                this.handled.add(records.stream().map(ConsumerRecord::offset).toList());
        return new CollectingBatchListener<>(
                new GuardedBatchListener<>(handler, guard),
                new FailedBatches(new Blame("orders", partitions), null, partitions, false),
                container,
                3,
                Duration.ofHours(1));
    }

    @AfterEach
    void close() {
        this.threads.close();
        this.dependencies.close();
    }

    private static List<ConsumerRecord<String, String>> records(long... offsets) {
        List<ConsumerRecord<String, String>> records = new ArrayList<>();
        for (long offset : offsets) {
            records.add(new ConsumerRecord<>("orders", 0, offset, "key", "value"));
        }
        return records;
    }

    private void onThreadOfOther(Runnable action) throws InterruptedException {
        Thread thread = new Thread(action);
        thread.start();
        thread.join();
    }

    @Test
    @DisplayName("D5: who learns that it has lost a partition does not touch what its new owner has collected")
    void lost() throws InterruptedException {
        this.listener.onMessage(records(5, 6), null, this.one);
        onThreadOfOther(() -> {
            this.listener.onMessage(records(5), null, this.other);
            this.listener.forget(List.of(PARTITION), this.other);
        });
        this.listener.onMessage(records(7), null, this.one);
        assertThat(this.handled).containsExactly(List.of(5L, 6L, 7L));
    }

    @Test
    @DisplayName("D5: what an earlier consumer on the same thread has left is not mixed with what comes again")
    void nextConsumer() {
        this.listener.onMessage(records(5, 6), null, this.one);
        this.listener.onMessage(records(5, 6, 7), null, this.other);
        assertThat(this.handled).containsExactly(List.of(5L, 6L, 7L));
    }

    @SuppressWarnings("unchecked")
    private static <T> T stub(Class<? super T> type) {
        ContainerProperties properties = new ContainerProperties("orders");
        return (T) Proxy.newProxyInstance(
                type.getClassLoader(), new Class<?>[] {type}, (proxy, method, arguments) -> switch (method.getName()) {
                    case "getContainerProperties" -> properties;
                    case "equals" -> proxy == arguments[0];
                    case "hashCode" -> System.identityHashCode(proxy);
                    default -> null;
                });
    }
}
