package io.github.resilientkafka.supervisor;

import io.github.resilientkafka.TestApplication;
import io.github.resilientkafka.testing.LocalKafka;
import io.github.resilientkafka.testing.LocalPostgres;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.StringSerializer;

/**
 * A broker with a topic of two names, and who writes there and looks after groups.
 */
final class SupervisorWorld implements AutoCloseable {

    final LocalKafka kafka = LocalKafka.shared();

    final String topic;

    final String other;

    private final LocalPostgres postgres = LocalPostgres.shared();

    private final Admin admin = Admin.create(new HashMap<>(this.kafka.clientConfig()));

    private final KafkaProducer<String, String> producer = new KafkaProducer<>(
            new HashMap<>(this.kafka.clientConfig()), new StringSerializer(), new StringSerializer());

    SupervisorWorld(int partitions) {
        this.topic = TestApplication.unique("supervised");
        this.other = this.topic + ".other";
        this.kafka.createTopic(this.topic, partitions);
        this.kafka.createTopic(this.other, 1);
    }

    TestApplication.Builder application(Class<?>... sources) {
        return TestApplication.on(this.kafka, this.postgres)
                .database(this.postgres.createDatabase(TestApplication.unique("supervisor")))
                .with("test.topic", this.topic)
                .with("spring.kafka.consumer.auto-offset-reset", "earliest")
                .with("resilient-kafka.listener.pause", "100ms")
                .with("resilient-kafka.listener.supervisor.backoff", "100ms")
                .with("resilient-kafka.listener.supervisor.max-backoff", "800ms")
                .sources(sources);
    }

    void send(String topic, int partition, String... values) {
        for (String value : values) {
            this.producer.send(new ProducerRecord<>(topic, partition, null, value));
        }
        this.producer.flush();
    }

    /**
     * Returns the committed offset, or -1 if there is none.
     */
    long committed(String group, String topic, int partition) {
        try {
            Map<TopicPartition, OffsetAndMetadata> offsets = this.admin
                    .listConsumerGroupOffsets(group)
                    .partitionsToOffsetAndMetadata()
                    .get(10, TimeUnit.SECONDS);
            OffsetAndMetadata offset = offsets.get(new TopicPartition(topic, partition));
            return (offset == null) ? -1 : offset.offset();
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
