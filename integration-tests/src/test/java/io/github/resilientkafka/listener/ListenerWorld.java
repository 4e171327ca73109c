package io.github.resilientkafka.listener;

import io.github.resilientkafka.TestApplication;
import io.github.resilientkafka.testing.LocalKafka;
import io.github.resilientkafka.testing.LocalPostgres;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/**
 * A broker, a topic, and who writes to it and looks after its groups.
 */
final class ListenerWorld implements AutoCloseable {

    final LocalKafka kafka;

    final LocalPostgres postgres = LocalPostgres.shared();

    final Admin admin;

    private final KafkaProducer<byte[], byte[]> producer;

    ListenerWorld(LocalKafka kafka) {
        this.kafka = kafka;
        this.admin = Admin.create(new HashMap<>(kafka.adminConfig()));
        this.producer = new KafkaProducer<>(settings(kafka), new ByteArraySerializer(), new ByteArraySerializer());
    }

    private static Map<String, Object> settings(LocalKafka kafka) {
        Map<String, Object> settings = new HashMap<>(kafka.adminConfig());
        settings.put("linger.ms", 20); // what is sent together is one batch, and so one fetch
        return settings;
    }

    /**
     * An application whose listeners retry fast; its first listener reads the topic.
     */
    TestApplication.Builder application(String topic, Class<?>... listeners) {
        return TestApplication.on(this.kafka, this.postgres)
                .database(this.postgres.createDatabase(TestApplication.unique("listener")))
                .with("test.topic", topic)
                .with("spring.kafka.consumer.group-id", topic)
                .with("spring.kafka.consumer.auto-offset-reset", "earliest")
                .with("resilient-kafka.listener.pause", "200ms")
                .with("resilient-kafka.listener.max-attempts", "3")
                .sources(listeners);
    }

    static ResilientListener listener(TestApplication application, String id) {
        return application.context().getBean(ListenerContainers.class).find(id).orElseThrow();
    }

    String topic(int partitions) {
        String topic = TestApplication.unique("listened");
        this.kafka.createTopic(topic, partitions);
        return topic;
    }

    void send(String topic, int partition, String value) {
        send(new ProducerRecord<>(topic, partition, null, value.getBytes()));
    }

    void send(ProducerRecord<byte[], byte[]> record) {
        this.producer.send(record);
    }

    void flush() {
        this.producer.flush();
    }

    /**
     * Returns the committed offset, or -1 if there is none.
     */
    long committed(String group, String topic, int partition) {
        TopicPartition key = new TopicPartition(topic, partition);
        try {
            Map<TopicPartition, OffsetAndMetadata> offsets = this.admin
                    .listConsumerGroupOffsets(group)
                    .partitionsToOffsetAndMetadata()
                    .get(10, TimeUnit.SECONDS);
            OffsetAndMetadata offset = offsets.get(key);
            return (offset == null) ? -1 : offset.offset();
        } catch (Exception ex) {
            throw new IllegalStateException(ex);
        }
    }

    /**
     * Returns the offset of the next record.
     */
    long end(String topic, int partition) {
        TopicPartition key = new TopicPartition(topic, partition);
        try {
            return this.admin
                    .listOffsets(Map.of(key, OffsetSpec.latest()))
                    .partitionResult(key)
                    .get(10, TimeUnit.SECONDS)
                    .offset();
        } catch (Exception ex) {
            throw new IllegalStateException(ex);
        }
    }

    boolean exists(String topic) {
        try {
            return this.admin.listTopics().names().get(10, TimeUnit.SECONDS).containsAll(Set.of(topic));
        } catch (Exception ex) {
            throw new IllegalStateException(ex);
        }
    }

    @Override
    public void close() {
        this.producer.close();
        this.admin.close();
    }
}
