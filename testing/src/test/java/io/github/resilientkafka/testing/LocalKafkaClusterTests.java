package io.github.resilientkafka.testing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.github.resilientkafka.testing.LocalServer.State;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("A local Kafka of two brokers")
class LocalKafkaClusterTests {

    private static LocalKafka kafka;
    private static KafkaClient client;

    @BeforeAll
    static void launch() {
        kafka = LocalKafka.builder().brokers(2).launch();
        client = new KafkaClient(kafka.clientConfig());
    }

    @AfterAll
    static void close() {
        kafka.close();
    }

    @Test
    @DisplayName("serves producers and consumer groups while one of its brokers is stopped or frozen")
    void survivesTheLossOfABroker() {
        kafka.createTopic("orders", 2);
        client.send("orders", "0");

        kafka.broker(0).stop();
        assertThat(kafka.broker(0).state()).isEqualTo(State.STOPPED);
        assertThat(kafka.isRunning()).isTrue();
        client.send("orders", "1");
        assertThat(client.read("orders", 2)).containsExactlyInAnyOrder("0", "1");
        kafka.broker(0).start();

        kafka.broker(1).freeze();
        client.send("orders", "2");
        kafka.broker(1).thaw();
        assertThat(client.read("orders", 3)).contains("0", "1", "2");
    }

    @Test
    @DisplayName("comes back broker by broker after all were killed")
    void survivesTheDeathOfAllBrokers() {
        kafka.createTopic("payments", 1);
        client.send("payments", "0");

        kafka.kill();
        assertThat(kafka.state()).isEqualTo(State.STOPPED);
        kafka.broker(1).start();
        assertThat(kafka.isRunning()).isTrue();
        client.send("payments", "1");
        kafka.start();
        assertThat(kafka.broker(0).isRunning()).isTrue();

        assertThat(client.read("payments", 2)).containsExactly("0", "1");
    }

    @Test
    @DisplayName("names all its brokers, and no other")
    void namesItsBrokers() {
        assertThat(kafka.bootstrapServers()).matches("127\\.0\\.0\\.1:\\d+,127\\.0\\.0\\.1:\\d+");
        assertThatExceptionOfType(IndexOutOfBoundsException.class).isThrownBy(() -> kafka.broker(2));
    }
}
