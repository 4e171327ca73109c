package io.github.resilientkafka.publisher;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.resilientkafka.message.OutgoingEvent;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.LocalDate;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.Serializer;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class KeyTextTests {

    private static final byte[] JSON = "{\"id\":7}".getBytes(StandardCharsets.UTF_8);

    private static final byte[] NO_TEXT = {(byte) 0xC3, 1, 2};

    private static final byte[] NUMBER = {0, 0, 0, 7};

    @ParameterizedTest
    @MethodSource
    @DisplayName("W5: people find an event by the text of its key: its own, or that of its bytes, if they are one")
    void text(Object key, byte[] bytes, @Nullable String text) {
        assertThat(serialized(key, bytes).keyText()).isEqualTo(text);
    }

    static Stream<Arguments> text() {
        UUID uuid = UUID.randomUUID();
        return Stream.of(
                Arguments.of("k-7", NO_TEXT, "k-7"),
                Arguments.of(7, NUMBER, "7"),
                Arguments.of(uuid, NO_TEXT, uuid.toString()),
                Arguments.of(new BigDecimal("1.50"), NO_TEXT, "1.50"),
                Arguments.of(Size.LARGE, NO_TEXT, "LARGE"),
                Arguments.of(LocalDate.EPOCH, JSON, "{\"id\":7}"),
                Arguments.of(new Unprintable(), JSON, "{\"id\":7}"),
                Arguments.of(new Unprintable(), NO_TEXT, null),
                Arguments.of(NUMBER, NUMBER, null),
                Arguments.of(JSON, JSON, "{\"id\":7}"),
                Arguments.of(new UnprintableNumber(), NUMBER, null));
    }

    @Test
    @DisplayName("W5: the text is that of the key when it was published")
    void aKeyThatChanges() {
        StringBuilder text = new StringBuilder("first");
        AtomicLong number = new AtomicLong(1);
        SerializedEvent ofText = serialized(text, NO_TEXT);
        SerializedEvent ofNumber = serialized(number, NO_TEXT);
        text.append(" changed");
        number.set(2);
        assertThat(ofText.keyText()).isEqualTo("first");
        assertThat(ofNumber.keyText()).isEqualTo("1");
    }

    private static SerializedEvent serialized(Object key, byte[] bytes) {
        Serializer<Object> keySerializer = (topic, object) -> bytes;
        @SuppressWarnings("unchecked")
        Serializer<Object> valueSerializer = (Serializer<Object>) (Serializer<?>) new ByteArraySerializer();
        return new EventSerializer(
                        new ApplicationSerializers(keySerializer, valueSerializer, false, false),
                        "shop",
                        null,
                        TraceContext.NONE,
                        Clock.systemUTC())
                .serialize(OutgoingEvent.of("t", key, new byte[1]));
    }

    private enum Size {
        LARGE
    }

    private static final class Unprintable {

        @Override
        public String toString() {
            throw new IllegalStateException("could not initialize proxy - no Session (says the test)");
        }
    }

    private static final class UnprintableNumber extends Number {

        @Override
        public String toString() {
            throw new IllegalStateException("says the test");
        }

        @Override
        public int intValue() {
            return 0;
        }

        @Override
        public long longValue() {
            return 0;
        }

        @Override
        public float floatValue() {
            return 0;
        }

        @Override
        public double doubleValue() {
            return 0;
        }
    }
}
