package io.github.resilientkafka.delivery;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.common.record.TimestampType;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/**
 * What the headers of a dead letter say, and which of them stay.
 */
class TopicDeadLetterTests {

    private static final Instant TIME = Instant.parse("2026-01-01T12:00:00Z");

    private static final UUID ID = UUID.fromString("01a1fdb7-ea21-770f-9377-7c484910b057");

    @Test
    @DisplayName(
            "H7: a replayed record has its own headers, as often and in the order it had them, and counts its replays")
    void replayed() {
        TopicDeadLetter letter = letter("a=1", "rk_error=x", "a=2", "rk_replays=1", "b", "rk_group=g");

        ProducerRecord<byte[], byte[]> record = letter.replayed("orders", letter.replays() + 1);

        assertThat(texts(record.headers())).containsExactly("a=1", "a=2", "b", "rk_replays=2");
        assertThat(record.topic()).isEqualTo("orders");
        assertThat(record.partition()).isNull();
        assertThat(record.timestamp()).isNull();
        assertThat(new String(record.key(), StandardCharsets.UTF_8)).isEqualTo("key");
        assertThat(new String(record.value(), StandardCharsets.UTF_8)).isEqualTo("value");
    }

    @Test
    @DisplayName("H7: a parked record keeps all headers; if Kafka has refused it, that is its error")
    void parked() {
        TopicDeadLetter letter = letter("a=1", "rk_error=x", "rk_replays=3");

        assertThat(texts(letter.parked("orders.parked", null).headers()))
                .containsExactly("a=1", "rk_error=x", "rk_replays=3");
        assertThat(texts(letter.parked("orders.parked", new IllegalStateException("too large"))
                        .headers()))
                .containsExactly("a=1", "rk_replays=3", "rk_error=java.lang.IllegalStateException: too large");
    }

    @Test
    @DisplayName("H7: headers that make no sense are as good as none")
    void senseless() {
        TopicDeadLetter letter = letter("rk_original_topic=a b", "rk_replays=many", "ce_id=7", "rk_first_failure=then");
        assertThat(letter.originalTopic()).isNull();
        assertThat(letter.replays()).isZero();
        assertThat(letter.eventId()).isNull();
        assertThat(letter.example().deadLetteredAt()).isEqualTo(TIME);
        assertThat(letter("rk_replays=-3").replays()).isZero();
        assertThat(letter("rk_original_topic", "rk_replays").originalTopic()).isNull();
        TopicDeadLetter good = letter("rk_original_topic=orders", "rk_replays=7", "ce_id=" + ID, "ce_type=Placed");
        assertThat(good.originalTopic()).isEqualTo("orders");
        assertThat(good.replays()).isEqualTo(7);
        assertThat(good.eventId()).isEqualTo(ID);
        assertThat(good.eventType()).isEqualTo("Placed");
    }

    @Test
    @DisplayName("H7: a filter takes what meets all its conditions")
    void filter() {
        TopicDeadLetter letter = letter("rk_group=billing", "rk_reason=BAD_DATA", "rk_error=No such Customer");
        assertThat(letter.matches(ReplayFilter.ALL)).isTrue();
        assertThat(letter.matches(ReplayFilter.ALL
                        .withKey("key")
                        .withGroup("billing")
                        .withReason("bad_data")
                        .withError("such customer")))
                .isTrue();
        assertThat(letter.matches(ReplayFilter.ALL.withKey("other"))).isFalse();
        assertThat(letter.matches(ReplayFilter.ALL.withGroup("Billing"))).isFalse();
        assertThat(letter.matches(ReplayFilter.ALL.withReason("transient"))).isFalse();
        assertThat(letter.matches(ReplayFilter.ALL.withError("order"))).isFalse();
        assertThat(letter().matches(ReplayFilter.ALL.withError("order"))).isFalse();
        assertThat(letter.matches(ReplayFilter.ALL.withDeadLettered(TIME, TIME.plusMillis(1))))
                .isTrue();
        assertThat(letter.matches(ReplayFilter.ALL.withDeadLettered(TIME.plusMillis(1), null)))
                .isFalse();
        assertThat(letter.matches(ReplayFilter.ALL.withDeadLettered(null, TIME)))
                .isFalse();
        assertThat(letter("rk_first_failure=2026-01-01T13:00:00Z")
                        .matches(ReplayFilter.ALL.withDeadLettered(TIME.plusSeconds(60), null)))
                .as("it has kept the timestamp of its publishing")
                .isTrue();
    }

    private static List<String> texts(Headers headers) {
        return Arrays.stream(headers.toArray())
                .map(header -> header.key()
                        + ((header.value() == null) ? "" : "=" + new String(header.value(), StandardCharsets.UTF_8)))
                .toList();
    }

    private static TopicDeadLetter letter(String... headers) {
        RecordHeaders all = new RecordHeaders();
        for (String header : headers) {
            String[] parts = header.split("=", 2);
            all.add(parts[0], (parts.length == 1) ? null : bytes(parts[1]));
        }
        return new TopicDeadLetter(new ConsumerRecord<>(
                "orders.dlq",
                1,
                7,
                TIME.toEpochMilli(),
                TimestampType.CREATE_TIME,
                3,
                5,
                bytes("key"),
                bytes("value"),
                all,
                Optional.empty()));
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
