package io.github.resilientkafka.testing;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;

/** Sends and reads strings. */
final class KafkaClient {

    private static final Duration PATIENCE = Duration.ofSeconds(30);

    private final Map<String, Object> connection;

    KafkaClient(Map<String, Object> connection) {
        this.connection = connection;
    }

    /** Sends values and returns when all of them are acknowledged. */
    void send(String topic, String... values) {
        send(PATIENCE, topic, values);
    }

    void send(Duration patience, String topic, String... values) {
        int timeout = (int) patience.toMillis();
        Map<String, Object> config = new HashMap<>(connection);
        config.put("acks", "all");
        config.put("linger.ms", 0);
        config.put("request.timeout.ms", Math.min(timeout, 2_000));
        config.put("delivery.timeout.ms", timeout);
        config.put("max.block.ms", timeout);
        try (KafkaProducer<String, String> producer =
                new KafkaProducer<>(config, new StringSerializer(), new StringSerializer())) {
            for (String value : values) {
                producer.send(new ProducerRecord<>(topic, value)).get();
            }
        } catch (ExecutionException ex) {
            throw (KafkaException) ex.getCause();
        } catch (InterruptedException ex) {
            throw new IllegalStateException(ex);
        }
    }

    /** Reads a topic from its beginning, as a member of a new group, until it has so many values. */
    List<String> read(String topic, int count) {
        Map<String, Object> config = new HashMap<>(connection);
        config.put("group.id", "readers-" + System.nanoTime());
        config.put("auto.offset.reset", "earliest");
        try (KafkaConsumer<String, String> consumer =
                new KafkaConsumer<>(config, new StringDeserializer(), new StringDeserializer())) {
            consumer.subscribe(List.of(topic));
            List<String> values = new ArrayList<>();
            long deadline = System.nanoTime() + PATIENCE.toNanos();
            while (values.size() < count && System.nanoTime() < deadline) {
                consumer.poll(Duration.ofMillis(200)).forEach(polled -> values.add(polled.value()));
            }
            return values;
        }
    }
}
