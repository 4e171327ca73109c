package io.github.resilientkafka.listener;

import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ListConsumerGroupOffsetsOptions;
import org.apache.kafka.clients.admin.ListConsumerGroupOffsetsSpec;
import org.apache.kafka.clients.admin.ListOffsetsOptions;
import org.apache.kafka.clients.admin.ListOffsetsResult.ListOffsetsResultInfo;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.IsolationLevel;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;

/**
 * Asks Kafka how far one listener is behind. Asked at once, answered later: many can be under way together.
 */
final class LagQuestion {

    private static final int TIMEOUT_MILLIS = (int) Duration.ofSeconds(4).toMillis();

    private final Admin admin;

    private final Map<String, Object> consumerSettings;

    private final KafkaFuture<Map<TopicPartition, ListOffsetsResultInfo>> ends;

    private final KafkaFuture<Map<TopicPartition, OffsetAndMetadata>> committed;

    LagQuestion(Admin admin, Map<String, Object> consumerSettings, String group, Set<TopicPartition> partitions) {
        this.admin = admin;
        this.consumerSettings = consumerSettings;
        this.ends = offsets(partitions, OffsetSpec.latest());
        this.committed = admin.listConsumerGroupOffsets(
                        Map.of(group, new ListConsumerGroupOffsetsSpec().topicPartitions(partitions)),
                        new ListConsumerGroupOffsetsOptions().timeoutMs(TIMEOUT_MILLIS))
                .partitionsToOffsetAndMetadata(group);
    }

    private KafkaFuture<Map<TopicPartition, ListOffsetsResultInfo>> offsets(
            Set<TopicPartition> partitions, OffsetSpec which) {
        Map<TopicPartition, OffsetSpec> asked = new HashMap<>();
        partitions.forEach(partition -> asked.put(partition, which));
        return this.admin
                .listOffsets(asked, new ListOffsetsOptions(isolation()).timeoutMs(TIMEOUT_MILLIS))
                .all();
    }

    private IsolationLevel isolation() {
        Object level = this.consumerSettings.getOrDefault(
                ConsumerConfig.ISOLATION_LEVEL_CONFIG, ConsumerConfig.DEFAULT_ISOLATION_LEVEL);
        return IsolationLevel.valueOf(String.valueOf(level).toUpperCase(Locale.ROOT));
    }

    /**
     * Waits for the answer.
     * @param deadline by {@link System#nanoTime()}
     * @return the lag of each partition; NaN where nothing was committed and it is not known where its consumer begins
     */
    Map<TopicPartition, Double> await(long deadline) throws ExecutionException, TimeoutException, InterruptedException {
        Map<TopicPartition, ListOffsetsResultInfo> ends = await(this.ends, deadline);
        Map<TopicPartition, Long> from = from(deadline);
        Map<TopicPartition, Double> lags = new HashMap<>();
        ends.forEach((partition, end) -> {
            Long offset = from.get(partition);
            lags.put(partition, (offset == null) ? Double.NaN : Math.max(0, end.offset() - offset));
        });
        return lags;
    }

    private Map<TopicPartition, Long> from(long deadline)
            throws ExecutionException, TimeoutException, InterruptedException {
        Map<TopicPartition, Long> from = new HashMap<>();
        Set<TopicPartition> uncommitted = new HashSet<>();
        await(this.committed, deadline).forEach((partition, offset) -> add(partition, offset, from, uncommitted));
        boolean fromTheStart = "earliest".equals(this.consumerSettings.get(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG));
        if (fromTheStart && !uncommitted.isEmpty()) {
            await(offsets(uncommitted, OffsetSpec.earliest()), deadline)
                    .forEach((partition, start) -> from.put(partition, start.offset()));
        }
        return from;
    }

    private static void add(
            TopicPartition partition,
            @Nullable OffsetAndMetadata offset,
            Map<TopicPartition, Long> from,
            Set<TopicPartition> uncommitted) {
        if (offset == null) {
            uncommitted.add(partition);
        } else {
            from.put(partition, offset.offset());
        }
    }

    private static <T> T await(KafkaFuture<T> answer, long deadline)
            throws ExecutionException, TimeoutException, InterruptedException {
        return answer.get(Math.max(0, deadline - System.nanoTime()), TimeUnit.NANOSECONDS);
    }
}
