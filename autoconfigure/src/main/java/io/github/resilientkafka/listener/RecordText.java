package io.github.resilientkafka.listener;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.LongSummaryStatistics;
import java.util.Map;
import java.util.stream.Collectors;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;

/**
 * Records as the log names them: to be found again by, without anything of what they contain.
 */
final class RecordText {

    private RecordText() {}

    static String of(ConsumerRecord<?, ?> record) {
        return "topic " + record.topic() + ", partition " + record.partition() + ", offset " + record.offset()
                + ", hash of the key " + hash(record.key());
    }

    /**
     * Names the records that a handler was called with: by the first and the last of each partition.
     */
    static String ofAll(List<? extends ConsumerRecord<?, ?>> records) {
        if (records.size() == 1) {
            return of(records.get(0));
        }
        Map<TopicPartition, LongSummaryStatistics> offsets = new LinkedHashMap<>();
        records.forEach(
                record -> offsets.computeIfAbsent(Partitions.of(record), partition -> new LongSummaryStatistics())
                        .accept(record.offset()));
        return offsets.entrySet().stream()
                .map(entry -> "topic " + entry.getKey().topic() + ", partition "
                        + entry.getKey().partition() + ", offsets "
                        + entry.getValue().getMin() + " to "
                        + entry.getValue().getMax())
                .collect(Collectors.joining("; "));
    }

    private static String hash(@Nullable Object key) {
        try {
            int hash = (key instanceof byte[] bytes) ? Arrays.hashCode(bytes) : (key == null) ? 0 : key.hashCode();
            return Integer.toHexString(hash);
        } catch (RuntimeException ex) {
            // The application's own code: what becomes of a record must not depend on how the log names it.
            return "unknown: " + ex.getClass().getName();
        }
    }
}
