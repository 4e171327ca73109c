package io.github.resilientkafka.listener;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.github.resilientkafka.TestApplication;
import io.github.resilientkafka.TopicReader;
import io.github.resilientkafka.testing.LocalKafka;
import java.time.Duration;
import java.util.List;
import java.util.stream.IntStream;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/**
 * A failing record stops its partition and nothing else.
 */
class PartitionPauseTests {

    private final ListenerWorld world = new ListenerWorld(LocalKafka.shared());

    private final String topic = this.world.topic(3);

    private TestApplication application;

    private ScriptedHandler handler;

    @BeforeEach
    void start() {
        this.application =
                this.world.application(this.topic, RecordListener.class).start();
        this.handler = this.application.context().getBean(ScriptedHandler.class);
    }

    @AfterEach
    void stop() {
        this.application.close();
        this.world.close();
    }

    @Test
    @DisplayName(
            "P2: a failing record pauses its partition only, is tried again in place, and is dead-lettered in the end")
    void poison() {
        this.handler.script(record -> {
            if (record.value().equals("p0-3")) {
                throw new IllegalStateException("does not work");
            }
        });
        for (int partition = 0; partition < 3; partition++) {
            for (int number = 0; number < 10; number++) {
                this.world.send(new ProducerRecord<>(
                        this.topic,
                        partition,
                        ("k" + partition).getBytes(),
                        ("p" + partition + "-" + number).getBytes()));
            }
        }
        this.world.flush();

        await("the others")
                .until(() -> this.handler.handled(1).size() == 10
                        && this.handler.handled(2).size() == 10);
        await("the rest").until(() -> this.handler.handled(0).size() == 9);

        assertThat(this.handler.attempts("p0-3")).isEqualTo(3);
        assertThat(this.handler.handled(0))
                .isEqualTo(IntStream.of(0, 1, 2, 4, 5, 6, 7, 8, 9)
                        .mapToObj(number -> "p0-" + number)
                        .toList());
        List<ConsumerRecord<byte[], byte[]>> deadLetters =
                TopicReader.readAll(this.world.kafka.clientConfig(), this.topic + ".dlq");
        assertThat(deadLetters).hasSize(1);
        ConsumerRecord<byte[], byte[]> deadLetter = deadLetters.get(0);
        assertThat(TopicReader.text(deadLetter.key())).isEqualTo("k0");
        assertThat(TopicReader.text(deadLetter.value())).isEqualTo("p0-3");
        assertThat(TopicReader.header(deadLetter, "rk_original_topic")).isEqualTo(this.topic);
        assertThat(TopicReader.header(deadLetter, "rk_original_partition")).isEqualTo("0");
        assertThat(TopicReader.header(deadLetter, "rk_original_offset")).isEqualTo("3");
        assertThat(TopicReader.header(deadLetter, "rk_group")).isEqualTo(this.topic);
        assertThat(TopicReader.header(deadLetter, "rk_reason")).isEqualTo("TRANSIENT");
        assertThat(TopicReader.header(deadLetter, "rk_error")).contains("does not work");
        assertThat(TopicReader.header(deadLetter, "rk_attempts")).isEqualTo("3");
        await("committed")
                .atMost(Duration.ofSeconds(5))
                .until(() -> this.world.committed(this.topic, this.topic, 0) == 10);
    }
}
