package io.github.resilientkafka.listener;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.github.resilientkafka.TestApplication;
import io.github.resilientkafka.TopicReader;
import io.github.resilientkafka.testing.LocalKafka;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Import;
import org.springframework.kafka.annotation.KafkaListener;
import org.springframework.kafka.support.Acknowledgment;

/**
 * A batch handler that acknowledges record by record, and refuses some for a while: what becomes of it when a batch has
 * failed too often, and its records are tried one by one.
 */
@Tag("unhurried")
class BatchAcknowledgmentTests {

    private static ListenerWorld world;

    private static String topic;

    private static TestApplication application;

    private static BatchListener listener;

    @Configuration(proxyBeanMethods = false)
    @EnableAutoConfiguration
    @Import(BatchListener.class)
    static class Application {}

    static class BatchListener {

        private final Queue<String> handled = new ConcurrentLinkedQueue<>();

        private final Queue<String> alone = new ConcurrentLinkedQueue<>();

        @KafkaListener(id = "batches", topics = "${test.topic}", batch = "true", idIsGroup = false)
        void handle(List<ConsumerRecord<String, String>> records, Acknowledgment acknowledgment) {
            for (int index = 0; index < records.size(); index++) {
                String value = records.get(index).value();
                if (value.equals("bad")) {
                    throw new IllegalStateException("says the test");
                }
                if (records.size() == 1) {
                    this.alone.add(value);
                    if (value.equals("busy")
                            && this.alone.stream().filter(value::equals).count() == 1) {
                        acknowledgment.nack(index, Duration.ofMillis(100));
                        return;
                    }
                }
                this.handled.add(value);
                acknowledgment.acknowledge(index);
            }
        }
    }

    @BeforeAll
    static void start() {
        world = new ListenerWorld(LocalKafka.shared());
        topic = world.topic(1);
        world.send(topic, 0, "bad");
        List.of("a", "busy", "bad", "c").forEach(value -> world.send(topic, 0, value));
        application = world.application(topic, Application.class)
                .with("spring.kafka.listener.ack-mode", "manual_immediate")
                .with("resilient-kafka.listener.batch.flush-max-retries", 1)
                .start();
        listener = application.context().getBean(BatchListener.class);
    }

    @AfterAll
    static void stop() {
        application.close();
        world.close();
    }

    @Test
    @DisplayName(
            "D3: records that are acknowledged by index, or refused for a while, are no failures when they are tried one"
                    + " by one: only the bad ones go")
    void oneByOne() {
        long end = world.end(topic, 0);
        await("all committed").until(() -> world.committed(topic, topic, 0) == end);

        assertThat(TopicReader.values(TopicReader.readAll(world.kafka.clientConfig(), topic + ".dlq")))
                .isEqualTo(Map.of("bad", 2L));
        assertThat(listener.alone).contains("a", "busy");
        assertThat(listener.handled).contains("a", "busy", "c");
    }
}
