package io.github.resilientkafka;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;

/**
 * Reads what a topic holds, from its first record to its end at the moment of the call.
 */
public final class TopicReader {

    private TopicReader() {}

    public static List<ConsumerRecord<byte[], byte[]>> readAll(Map<String, Object> client, String topic) {
        return readAll(client, topic, null);
    }

    /**
     * Reads some partitions only, or all of them if none are named.
     */
    public static List<ConsumerRecord<byte[], byte[]>> readAll(
            Map<String, Object> client, String topic, Set<Integer> some) {
        Map<String, Object> settings = new java.util.HashMap<>(client);
        settings.put("max.partition.fetch.bytes", 20_000_000);
        // A consumer that is closed waits for the answer to its last fetch.
        settings.put("fetch.max.wait.ms", 50);
        try (KafkaConsumer<byte[], byte[]> consumer =
                new KafkaConsumer<>(settings, new ByteArrayDeserializer(), new ByteArrayDeserializer())) {
            List<TopicPartition> partitions = consumer.partitionsFor(topic).stream()
                    .filter(partition -> some == null || some.contains(partition.partition()))
                    .map(partition -> new TopicPartition(topic, partition.partition()))
                    .toList();
            consumer.assign(partitions);
            consumer.seekToBeginning(partitions);
            Map<TopicPartition, Long> ends = consumer.endOffsets(partitions);
            List<ConsumerRecord<byte[], byte[]>> records = new ArrayList<>();
            while (partitions.stream().anyMatch(partition -> consumer.position(partition) < ends.get(partition))) {
                consumer.poll(Duration.ofMillis(200)).forEach(records::add);
            }
            return records;
        }
    }

    public static String text(byte[] bytes) {
        return (bytes == null) ? null : new String(bytes, StandardCharsets.UTF_8);
    }

    public static String header(ConsumerRecord<?, ?> record, String name) {
        Header header = record.headers().lastHeader(name);
        return (header == null) ? null : text(header.value());
    }

    /**
     * Returns how often each value is there.
     */
    public static Map<String, Long> values(List<ConsumerRecord<byte[], byte[]>> records) {
        return records.stream().collect(Collectors.groupingBy(record -> text(record.value()), Collectors.counting()));
    }
}
