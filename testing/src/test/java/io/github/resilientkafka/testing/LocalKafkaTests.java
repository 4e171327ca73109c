package io.github.resilientkafka.testing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import io.github.resilientkafka.testing.LocalServer.State;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.stream.IntStream;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.errors.RecordTooLargeException;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.common.errors.TopicExistsException;
import org.apache.kafka.common.serialization.StringSerializer;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInfo;
import org.junit.jupiter.api.io.TempDir;

@DisplayName("A local Kafka of one broker")
class LocalKafkaTests {

    private static final Duration IMPATIENT = Duration.ofSeconds(1);

    private final LocalKafka kafka = LocalKafka.shared();
    private final KafkaClient client = new KafkaClient(kafka.clientConfig());
    private final String topic;

    LocalKafkaTests(TestInfo test) {
        this.topic = test.getTestMethod().orElseThrow().getName();
    }

    @Test
    @DisplayName("keeps its address and its records when it is stopped and started")
    void keepsRecordsAcrossStop() {
        String address = kafka.bootstrapServers();
        client.send(topic, "before");

        kafka.stop();
        assertThat(kafka.state()).isEqualTo(State.STOPPED);
        assertThat(kafka.isRunning()).isFalse();
        assertThatExceptionOfType(TimeoutException.class).isThrownBy(() -> client.send(IMPATIENT, topic, "lost"));
        kafka.start();

        assertThat(kafka.isRunning()).isTrue();
        assertThat(kafka.bootstrapServers()).isEqualTo(address);
        client.send(topic, "after");
        assertThat(client.read(topic, 2)).containsExactly("before", "after");
    }

    @Test
    @DisplayName("keeps what it acknowledged when it is killed and started")
    void keepsRecordsAcrossKill() {
        client.send(topic, "1", "2", "3");

        kafka.kill();
        assertThat(kafka.state()).isEqualTo(State.STOPPED);
        kafka.start();

        client.send(topic, "4");
        assertThat(client.read(topic, 4)).containsExactly("1", "2", "3", "4");
    }

    @Test
    @DisplayName("answers nobody while it is frozen, and everybody afterwards")
    void freezes() {
        client.send(topic, "before");

        kafka.freeze();
        assertThat(kafka.state()).isEqualTo(State.FROZEN);
        assertThat(LocalPort.accepts(Integer.parseInt(kafka.bootstrapServers().split(":")[1])))
                .isTrue();
        assertThatExceptionOfType(TimeoutException.class).isThrownBy(() -> client.send(IMPATIENT, topic, "lost"));
        kafka.thaw();

        assertThat(kafka.isRunning()).isTrue();
        client.send(topic, "after");
        assertThat(client.read(topic, 2)).contains("before", "after");
    }

    @Test
    @DisplayName("runs after start, whatever it was doing, and stops in any state")
    void startsAndStopsInAnyState() {
        kafka.start();
        kafka.freeze();
        kafka.freeze();
        kafka.start();
        assertThat(kafka.isRunning()).isTrue();

        kafka.freeze();
        kafka.stop();
        kafka.stop();
        kafka.kill();
        kafka.thaw();
        assertThat(kafka.state()).isEqualTo(State.STOPPED);
        assertThatIllegalStateException().isThrownBy(kafka::freeze);
        assertThatIllegalStateException().isThrownBy(() -> kafka.broker(0).freeze());

        assertThat(LocalKafka.shared()).isSameAs(kafka);
        assertThat(kafka.isRunning()).isTrue();
        kafka.close();
        assertThat(kafka.isRunning()).isTrue();
    }

    @Test
    @DisplayName("creates topics with settings, once")
    void createsTopics() {
        kafka.createTopic(topic, 3, Map.of("max.message.bytes", "1000"));

        assertThatExceptionOfType(TopicExistsException.class).isThrownBy(() -> kafka.createTopic(topic, 1));
        assertThatExceptionOfType(RecordTooLargeException.class)
                .isThrownBy(() -> client.send(topic, "x".repeat(2_000)));
    }

    @Test
    @DisplayName("serves a topic once it is created: nobody has to try twice")
    void servesNewTopics() {
        Map<String, Object> config = new HashMap<>(kafka.clientConfig());
        config.put("enable.idempotence", false);
        config.put("retries", 0);
        try (KafkaProducer<String, String> producer =
                new KafkaProducer<>(config, new StringSerializer(), new StringSerializer())) {
            for (int i = 0; i < 20; i++) {
                String created = topic + i;
                kafka.createTopic(created, 6);
                assertThat(IntStream.range(0, 6)
                                .mapToObj(partition ->
                                        producer.send(new ProducerRecord<>(created, partition, null, "first")))
                                .toList())
                        .allSatisfy(sent -> assertThat(sent).succeedsWithin(Duration.ofSeconds(30)));
            }
        }
    }

    @Test
    @DisplayName("takes properties, and keeps its data in a directory for the next one if told so")
    void takesPropertiesAndDirectory(@TempDir Path directory) {
        LocalKafka.Builder builder = LocalKafka.builder()
                .property("auto.create.topics.enable", false)
                .property("message.max.bytes", 5_000)
                .heap("200m")
                .jvmOptions("-XX:+UseSerialGC")
                .dataDirectory(directory);
        try (LocalKafka own = builder.launch()) {
            KafkaClient ownClient = new KafkaClient(own.clientConfig());
            assertThatExceptionOfType(TimeoutException.class)
                    .isThrownBy(() -> ownClient.send(IMPATIENT, "missing", "lost"));
            own.createTopic(topic, 1);
            ownClient.send(topic, "kept");
            assertThatExceptionOfType(RecordTooLargeException.class)
                    .isThrownBy(() -> ownClient.send(topic, "x".repeat(6_000)));
        }
        assertThat(Processes.of(directory)).isEmpty();
        try (LocalKafka own = builder.launch()) {
            assertThat(new KafkaClient(own.clientConfig()).read(topic, 1)).containsExactly("kept");
        }
    }

    @Test
    @DisplayName("says why it does not start, in the words of its log")
    void explainsFailure() {
        LocalKafka.Builder builder = LocalKafka.builder().property("num.io.threads", "many");

        assertThatIllegalStateException()
                .isThrownBy(builder::launch)
                .withMessageContaining("Kafka broker 0 exited while starting")
                .withMessageContaining("num.io.threads");
        assertThatIllegalArgumentException().isThrownBy(() -> builder.brokers(0));
    }
}
