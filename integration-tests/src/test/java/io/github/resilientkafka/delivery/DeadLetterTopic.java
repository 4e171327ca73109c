package io.github.resilientkafka.delivery;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.resilientkafka.TopicReader;
import io.github.resilientkafka.testing.LocalKafka;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Future;
import java.util.function.IntFunction;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/**
 * The dead letters of a topic, as a listener makes them: numbered, of 200 keys.
 */
final class DeadLetterTopic {

    static final int KEYS = 200;

    private final LocalKafka kafka;

    private final String topic;

    DeadLetterTopic(LocalKafka kafka, String topic) {
        this.kafka = kafka;
        this.topic = topic;
    }

    /**
     * Creates the topic and that of its dead letters.
     */
    DeadLetterTopic create(int partitions) {
        this.kafka.createTopic(this.topic, partitions);
        this.kafka.createTopic(this.topic + ".dlq", partitions);
        return this;
    }

    void add(int from, int count) {
        add(from, count, i -> Map.of());
    }

    /**
     * Adds dead letters.
     * @param headers of a number, besides or instead of those that all have
     */
    void add(int from, int count, IntFunction<Map<String, String>> headers) {
        List<ProducerRecord<byte[], byte[]>> records = new ArrayList<>();
        for (int i = from; i < from + count; i++) {
            Map<String, String> all = new HashMap<>(Map.of(
                    "own", "kept",
                    "rk_original_topic", this.topic,
                    "rk_original_partition", "0",
                    "rk_original_offset", String.valueOf(i),
                    "rk_group", "billing",
                    "rk_reason", "BAD_DATA",
                    "rk_error", "No such customer " + i,
                    "rk_attempts", "5",
                    "rk_first_failure", "2026-01-01T00:00:00Z"));
            all.putAll(headers.apply(i));
            String key = "k" + i % KEYS;
            RecordHeaders recordHeaders = new RecordHeaders();
            all.forEach((name, value) -> recordHeaders.add(name, bytes(value)));
            records.add(new ProducerRecord<>(
                    this.topic + ".dlq", null, null, bytes(key), bytes(i + ":" + key), recordHeaders));
        }
        send(records);
    }

    /**
     * Fails once more with everything that the topic holds from a record on, as a listener would that cannot be helped.
     */
    int failAgain(int from) {
        List<ConsumerRecord<byte[], byte[]>> all = records("");
        List<ProducerRecord<byte[], byte[]>> records = new ArrayList<>();
        for (ConsumerRecord<byte[], byte[]> record : all.subList(from, all.size())) {
            RecordHeaders headers = new RecordHeaders(record.headers());
            headers.add("rk_original_topic", bytes(this.topic)).add("rk_error", bytes("again"));
            records.add(new ProducerRecord<>(this.topic + ".dlq", null, null, record.key(), record.value(), headers));
        }
        send(records);
        return all.size();
    }

    private void send(List<ProducerRecord<byte[], byte[]>> records) {
        Map<String, Object> settings = new HashMap<>(this.kafka.clientConfig());
        settings.put("linger.ms", 5);
        List<Future<RecordMetadata>> sent;
        try (KafkaProducer<byte[], byte[]> producer =
                new KafkaProducer<>(settings, new ByteArraySerializer(), new ByteArraySerializer())) {
            sent = records.stream().map(producer::send).toList();
        }
        assertThat(sent).allSatisfy(future -> assertThat(future).succeedsWithin(Duration.ZERO));
    }

    /**
     * Reads the topic, or one that is named after it.
     */
    List<ConsumerRecord<byte[], byte[]>> records(String suffix) {
        return TopicReader.readAll(this.kafka.clientConfig(), this.topic + suffix);
    }

    /**
     * Counts what the topic holds, without reading it.
     */
    long count(String suffix) {
        String name = this.topic + suffix;
        try (KafkaConsumer<byte[], byte[]> consumer = new KafkaConsumer<>(
                this.kafka.clientConfig(), new ByteArrayDeserializer(), new ByteArrayDeserializer())) {
            List<TopicPartition> partitions = consumer.partitionsFor(name).stream()
                    .map(partition -> new TopicPartition(name, partition.partition()))
                    .toList();
            return consumer.endOffsets(partitions).values().stream()
                    .mapToLong(Long::longValue)
                    .sum();
        }
    }

    /**
     * Returns how often each number is in the topic, or in one that is named after it.
     */
    Map<Integer, Integer> numbers(String suffix) {
        Map<Integer, Integer> numbers = new HashMap<>();
        records(suffix).forEach(record -> numbers.merge(number(record), 1, Integer::sum));
        return numbers;
    }

    static int number(ConsumerRecord<byte[], byte[]> record) {
        return Integer.parseInt(TopicReader.text(record.value()).split(":")[0]);
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
