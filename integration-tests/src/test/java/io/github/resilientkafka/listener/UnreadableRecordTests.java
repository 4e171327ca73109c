package io.github.resilientkafka.listener;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.github.resilientkafka.TestApplication;
import io.github.resilientkafka.TopicReader;
import io.github.resilientkafka.testing.LocalKafka;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.errors.SerializationException;
import org.apache.kafka.common.serialization.Deserializer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.context.annotation.Configuration;
import org.springframework.kafka.support.serializer.ErrorHandlingDeserializer;

/**
 * Records that cannot be deserialised, with Spring's {@code ErrorHandlingDeserializer} and without.
 */
@Tag("unhurried")
@ExtendWith(OutputCaptureExtension.class)
class UnreadableRecordTests {

    private static final String DELEGATE =
            "spring.kafka.consumer.properties.[spring.deserializer.value.delegate.class]";

    private static final String DESERIALIZER = "spring.kafka.consumer.value-deserializer";

    private final ListenerWorld world = new ListenerWorld(LocalKafka.shared());

    private final String topic = this.world.topic(2);

    /** Reads strings, but not all. */
    public static final class Picky implements Deserializer<String> {

        @Override
        public String deserialize(String topic, byte[] data) {
            if (data[0] == 'x') {
                throw new SerializationException("begins with an x");
            }
            return new String(data, StandardCharsets.UTF_8);
        }
    }

    @AfterEach
    void close() {
        this.world.close();
    }

    @ParameterizedTest(name = "ErrorHandlingDeserializer: {0}")
    @ValueSource(booleans = {false, true})
    @DisplayName("N3: unreadable records are dead-lettered as they are; those around them are handled once, in order")
    void deadLettered(boolean errorHandling, CapturedOutput output) {
        TestApplication.Builder builder = this.world.application(this.topic, RecordListener.class);
        if (errorHandling) {
            builder.with(DESERIALIZER, ErrorHandlingDeserializer.class.getName())
                    .with(DELEGATE, Picky.class.getName());
        } else {
            builder.with(DESERIALIZER, Picky.class.getName());
        }
        byte[] unreadable = {'x', 0, (byte) 0xff};
        try (TestApplication application = builder.start()) {
            ScriptedHandler handler = application.context().getBean(ScriptedHandler.class);
            this.world.send(this.topic, 0, "a");
            ProducerRecord<byte[], byte[]> bad = new ProducerRecord<>(this.topic, 0, "key".getBytes(), unreadable);
            bad.headers().add("tenant", "t".getBytes());
            this.world.send(bad);
            this.world.send(new ProducerRecord<>(this.topic, 0, "key2".getBytes(), unreadable));
            this.world.send(this.topic, 0, "b");
            this.world.send(this.topic, 1, "c");
            this.world.send(new ProducerRecord<>(this.topic, 1, null, unreadable));
            this.world.flush();
            await("handled").until(() -> handler.handled().size() == 3);
            await("committed, also behind an unreadable last one")
                    .until(() -> this.world.committed(this.topic, this.topic, 1) == 2
                            && this.world.committed(this.topic, this.topic, 0) == 4);

            assertThat(handler.handled())
                    .containsExactlyInAnyOrder("a", "b", "c")
                    .containsSubsequence("a", "b");
            List<ConsumerRecord<byte[], byte[]>> deadLetters =
                    TopicReader.readAll(this.world.kafka.clientConfig(), this.topic + ".dlq");
            assertThat(deadLetters).hasSize(3).allMatch(record -> java.util.Arrays.equals(record.value(), unreadable));
            assertThat(deadLetters)
                    .extracting(record -> TopicReader.text(record.key()))
                    .containsExactlyInAnyOrder("key", "key2", null);
            assertThat(deadLetters)
                    .filteredOn(record -> "key".equals(TopicReader.text(record.key())))
                    .allMatch(record -> "t".equals(TopicReader.header(record, "tenant"))
                            && "BAD_DATA".equals(TopicReader.header(record, "rk_reason")));
            assertThat(deadLetters)
                    .as("the reason is with the record, which it may quote, and not in the log")
                    .allMatch(record -> TopicReader.header(record, "rk_error")
                            .endsWith("SerializationException: begins with an x"));
            assertThat(output)
                    .contains("topic " + this.topic + ", partition 0, offset 1, hash of the key ")
                    .doesNotContain("begins with an x");
            assertThat(deadLetters)
                    .allMatch(record -> record.headers().lastHeader("springDeserializerExceptionValue") == null);
        }
    }

    @Test
    @DisplayName(
            "N6: an unreadable record right behind one that fails is not dead-lettered before it, nor committed over it")
    void behindAFailedOne() {
        byte[] unreadable = {'x', 1};
        for (byte[] value : new byte[][] {"a".getBytes(), "b".getBytes(), unreadable, "c".getBytes()}) {
            this.world.send(new ProducerRecord<>(this.topic, 0, null, value));
        }
        this.world.flush();
        try (TestApplication application = this.world
                .application(this.topic, RecordListener.class, Failing.class)
                .with(DESERIALIZER, ErrorHandlingDeserializer.class.getName())
                .with(DELEGATE, Picky.class.getName())
                .start()) {
            ScriptedHandler handler = application.context().getBean(ScriptedHandler.class);
            await("tried again").until(() -> handler.attempts("b") > 1);
            assertThat(this.world.committed(this.topic, this.topic, 0)).isEqualTo(1);
            assertThat(this.world.exists(this.topic + ".dlq")).isFalse();
            handler.script(record -> {});
            await("all").until(() -> this.world.committed(this.topic, this.topic, 0) == 4);
            assertThat(handler.handled()).containsExactly("a", "b", "c");
            assertThat(TopicReader.readAll(this.world.kafka.clientConfig(), this.topic + ".dlq"))
                    .hasSize(1);
        }
    }

    /** Makes the listener fail from the first record on. */
    @Configuration(proxyBeanMethods = false)
    static class Failing {

        @Autowired
        void fail(ScriptedHandler handler) {
            handler.script(record -> {
                if (record.value().equals("b")) {
                    throw new RetryLaterException(Duration.ofMillis(300));
                }
            });
        }
    }
}
