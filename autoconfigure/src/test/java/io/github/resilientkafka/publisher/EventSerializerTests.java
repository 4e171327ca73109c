package io.github.resilientkafka.publisher;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.resilientkafka.message.OutgoingEvent;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Instant;
import java.time.InstantSource;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.ByteBufferSerializer;
import org.apache.kafka.common.serialization.BytesSerializer;
import org.apache.kafka.common.serialization.Serializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.apache.kafka.common.utils.Bytes;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.kafka.core.DefaultKafkaProducerFactory;

class EventSerializerTests {

    private static final Instant NOW = Instant.parse("2026-02-03T04:05:06.789Z");

    private final EventSerializer serializer = serializer(StringSerializer.class);

    private static EventSerializer serializer(Class<?> valueSerializer) {
        return serializer(valueSerializer, null, TraceContext.NONE);
    }

    private static EventSerializer serializer(
            Class<?> valueSerializer, String defaultTopic, TraceContext traceContext) {
        return serializer(valueSerializer, defaultTopic, traceContext, Clock.fixed(NOW, ZoneOffset.UTC));
    }

    private static EventSerializer serializer(
            Class<?> valueSerializer, String defaultTopic, TraceContext traceContext, Clock clock) {
        Map<String, Object> settings = Map.of(
                ProducerConfig.KEY_SERIALIZER_CLASS_CONFIG,
                StringSerializer.class,
                ProducerConfig.VALUE_SERIALIZER_CLASS_CONFIG,
                valueSerializer.getName());
        return new EventSerializer(
                ApplicationSerializers.of(new DefaultKafkaProducerFactory<>(settings)),
                "shop",
                defaultTopic,
                traceContext,
                clock);
    }

    @Test
    @DisplayName("W5: a null key is impossible, and the message says what to do where there is none")
    void nullKey() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> this.serializer.serialize(OutgoingEvent.of("orders", null, "v")))
                .withMessageContaining("key is null")
                .withMessageContaining("OutgoingEvent.unkeyed");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", ".", "..", "a b", "ä", "a/b"})
    void anInvalidTopicNameIsNamedWithTheRule(String topic) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> this.serializer.serialize(OutgoingEvent.of(topic, "k", "v")))
                .withMessageContaining("Invalid topic name '" + topic + "'")
                .withMessageContaining("1 to 249 characters");
    }

    @Test
    void aTopicNameOf250CharactersAndNoneAtAllAreRefused() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> this.serializer.serialize(OutgoingEvent.of("t".repeat(250), "k", "v")));
        assertThatIllegalArgumentException()
                .isThrownBy(() -> this.serializer.serialize(OutgoingEvent.of(null, "k", "v")))
                .withMessage("The topic is null");
        assertThat(this.serializer
                        .serialize(OutgoingEvent.of("t".repeat(249), "k", "v"))
                        .topic())
                .hasSize(249);
    }

    @Test
    @DisplayName("H14: an event that names no topic goes to the default one; without one the property is named")
    void defaultTopic() {
        EventSerializer withDefault = serializer(StringSerializer.class, "events", TraceContext.NONE);
        SerializedEvent keyed = withDefault.serialize(OutgoingEvent.toDefaultTopic("k", "v"));
        assertThat(keyed.topic()).isEqualTo("events");
        assertThat(keyed.lane())
                .isEqualTo(withDefault
                        .serialize(OutgoingEvent.of("events", "k", "v"))
                        .lane());
        assertThat(withDefault
                        .serialize(OutgoingEvent.unkeyedToDefaultTopic("v"))
                        .topic())
                .isEqualTo("events");
        assertThat(withDefault.serialize(OutgoingEvent.of("orders", "k", "v")).topic())
                .isEqualTo("orders");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> this.serializer.serialize(OutgoingEvent.toDefaultTopic("k", "v")))
                .withMessageContaining("resilient-kafka.publisher.default-topic");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> withDefault.serialize(OutgoingEvent.toDefaultTopic(null, "v")))
                .withMessageContaining("key is null");
    }

    @Test
    @DisplayName("W1: what was published is stored, though the caller uses its buffer again at once")
    void theCallersBuffer() {
        byte[] buffer = bytes("first");
        Map<Object, Serializer<?>> bodies = Map.of(
                buffer,
                new ByteArraySerializer(),
                ByteBuffer.wrap(buffer),
                new ByteBufferSerializer(),
                Bytes.wrap(buffer),
                new BytesSerializer());
        List<SerializedEvent> events = new ArrayList<>();
        bodies.forEach((body, serializer) ->
                events.add(serializer(serializer, serializer).serialize(OutgoingEvent.of("t", body, body))));
        System.arraycopy(bytes("other"), 0, buffer, 0, buffer.length);
        assertThat(events).hasSize(3).allSatisfy(event -> {
            assertThat(event.value()).asString(StandardCharsets.UTF_8).isEqualTo("first");
            assertThat(event.key()).asString(StandardCharsets.UTF_8).isEqualTo("first");
        });
    }

    @Test
    @DisplayName("W1: bytes that a serializer has made are not copied")
    void theSerializersBytes() {
        byte[] made = bytes("made");
        Serializer<Object> serializer = (topic, body) -> made;
        assertThat(serializer(serializer, serializer)
                        .serialize(OutgoingEvent.of("t", "k", bytes("v")))
                        .value())
                .isSameAs(made);
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private static EventSerializer serializer(Serializer<?> key, Serializer<?> value) {
        @SuppressWarnings("unchecked")
        ApplicationSerializers serializers =
                new ApplicationSerializers((Serializer<Object>) key, (Serializer<Object>) value, false, false);
        return new EventSerializer(serializers, "shop", null, TraceContext.NONE, Clock.fixed(NOW, ZoneOffset.UTC));
    }

    @Test
    void theTraceContextIsAddedBehindTheApplicationsHeaders() {
        TraceContext traceContext = headers ->
                headers.add("traceparent", ("after " + headers.toArray().length).getBytes(StandardCharsets.UTF_8));
        SerializedEvent event = serializer(StringSerializer.class, null, traceContext)
                .serialize(OutgoingEvent.of("t", "k", "v").withHeader("mine", "x"));
        assertThat(header(event, "traceparent")).isEqualTo("after 1");
        assertThat(event.size())
                .as("the budget knows of it")
                .isGreaterThan(this.serializer
                        .serialize(OutgoingEvent.of("t", "k", "v").withHeader("mine", "x"))
                        .size());
    }

    @Test
    void aNegativePartitionOrTimestampIsRefused() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> this.serializer.serialize(
                        OutgoingEvent.of("t", "k", "v").withPartition(-1)))
                .withMessageContaining("partition is negative");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> this.serializer.serialize(
                        OutgoingEvent.of("t", "k", "v").withTimestamp(-1)))
                .withMessageContaining("timestamp is negative");
    }

    @Test
    void aBodyOfTheWrongTypeNamesThePropertyAndTheCure() {
        assertThatThrownBy(() -> this.serializer.serialize(OutgoingEvent.of("t", "k", new Object())))
                .isInstanceOf(EventSerializationException.class)
                .hasMessageContaining("StringSerializer cannot serialise the value of type java.lang.Object")
                .hasMessageContaining("spring.kafka.producer.value-serializer")
                .hasMessageContaining("JsonSerializer");
        assertThatThrownBy(() -> this.serializer.serialize(OutgoingEvent.of("t", 1, "v")))
                .isInstanceOf(EventSerializationException.class)
                .hasMessageContaining("spring.kafka.producer.key-serializer");
    }

    @Test
    void anEventBecomesACloudEventInBinaryMode() {
        SerializedEvent event = this.serializer.serialize(OutgoingEvent.of("orders", "k", "v"));
        assertThat(header(event, "ce_id")).isEqualTo(event.eventId().toString());
        assertThat(event.eventId().version()).isEqualTo(7);
        assertThat(event.eventId().getMostSignificantBits() >>> 16).isEqualTo(NOW.toEpochMilli());
        assertThat(header(event, "ce_type")).isEqualTo("String");
        assertThat(header(event, "ce_source")).isEqualTo("/shop");
        assertThat(header(event, "ce_time")).isEqualTo("2026-02-03T04:05:06.789Z");
        assertThat(header(event, "ce_specversion")).isEqualTo("1.0");
        assertThat(event.timestamp()).isEqualTo(NOW.toEpochMilli());
    }

    @Test
    void headersOfTheApplicationsOwnAreKept() {
        UUID id = UUID.randomUUID();
        SerializedEvent event = this.serializer.serialize(OutgoingEvent.of("orders", "k", "v")
                .withHeader("ce_source", "mine")
                .withEventId(id)
                .withEventType("OrderPlaced"));
        assertThat(header(event, "ce_source")).isEqualTo("mine");
        assertThat(event.record().headers().headers("ce_source")).hasSize(1);
        assertThat(header(event, "ce_id")).isEqualTo(id.toString());
        assertThat(header(event, "ce_type")).isEqualTo("OrderPlaced");
    }

    @Test
    void headersKeepTheirOrderTheApplicationsFirstThenItsSerializersThenOurs() {
        TraceContext traceContext = headers -> headers.add("traceparent", new byte[0]);
        SerializedEvent event = serializer(HeaderSettingSerializer.class, null, traceContext)
                .serialize(
                        OutgoingEvent.of("t", "k", "v").withHeader("mine", "x").withHeader("ce_time", "y"));
        assertThat(event.headers())
                .extracting(Header::key)
                .containsExactly(
                        "mine",
                        "ce_time",
                        "ce_subject",
                        "ce_type",
                        "traceparent",
                        "ce_id",
                        "ce_source",
                        "ce_specversion");
        assertThat(header(event, "ce_type")).isEqualTo("of the serializer");
        assertThat(event.record().headers().toArray()).containsExactly(event.headers());
    }

    @Test
    void whatAnInterceptorDoesToTheHeadersIsNotStored() {
        SerializedEvent event = this.serializer.serialize(OutgoingEvent.of("t", "k", "v"));
        event.record().headers().remove("ce_id").add("of an interceptor", new byte[0]);
        assertThat(event.headers())
                .extracting(Header::key)
                .containsExactly("ce_id", "ce_type", "ce_source", "ce_time", "ce_specversion");
    }

    @Test
    void theTimeIsThatOfEachEvent() {
        AtomicReference<Instant> now = new AtomicReference<>(NOW);
        EventSerializer later = serializer(
                StringSerializer.class, null, TraceContext.NONE, ((InstantSource) now::get).withZone(ZoneOffset.UTC));
        SerializedEvent first = later.serialize(OutgoingEvent.of("t", "k", "v"));
        now.set(NOW.plusMillis(1));
        SerializedEvent second = later.serialize(OutgoingEvent.of("t", "k", "v"));
        assertThat(header(first, "ce_time")).isEqualTo("2026-02-03T04:05:06.789Z");
        assertThat(header(second, "ce_time")).isEqualTo("2026-02-03T04:05:06.790Z");
        assertThat(second.timestamp()).isEqualTo(first.timestamp() + 1);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "2026-02-03T04:05:06.790Z",
                "2026-02-03T04:05:06.009Z",
                "2026-02-03T04:05:06.000Z",
                "2026-02-03T04:05:07.000Z",
                "2026-12-31T23:59:59.999Z",
                "1970-01-01T00:00:00.001Z",
            })
    void theTimeHasMillisecondsWhateverTheLastOneWas(String time) {
        AtomicReference<Instant> now = new AtomicReference<>(NOW);
        EventSerializer later = serializer(
                StringSerializer.class, null, TraceContext.NONE, ((InstantSource) now::get).withZone(ZoneOffset.UTC));
        SerializedEvent first = later.serialize(OutgoingEvent.of("t", "k", "v"));
        now.set(Instant.parse(time));
        assertThat(header(later.serialize(OutgoingEvent.of("t", "k", "v")), "ce_time"))
                .isEqualTo(time);
        assertThat(header(first, "ce_time")).isEqualTo("2026-02-03T04:05:06.789Z");
    }

    @Test
    @DisplayName("D1: events without a key are spread over all lanes, those of one key are not")
    void lanes() {
        assertThat(java.util.stream.IntStream.range(0, 2_000)
                        .map(i -> this.serializer
                                .serialize(OutgoingEvent.unkeyed("t", "v"))
                                .lane())
                        .distinct())
                .hasSize(64);
        assertThat(java.util.stream.IntStream.range(0, 100)
                        .map(i -> this.serializer
                                .serialize(OutgoingEvent.of("t", "k", "v"))
                                .lane())
                        .distinct())
                .hasSize(1);
    }

    @Test
    void aTombstoneHasNoValue() {
        SerializedEvent event = serializer(ByteArraySerializer.class).serialize(OutgoingEvent.of("t", "k", null));
        assertThat(event.value()).isNull();
        assertThat(event.record().value()).isNull();
    }

    /**
     * Sets headers of its own, as Spring's JSON serializer does.
     */
    public static final class HeaderSettingSerializer extends StringSerializer {

        @Override
        public byte[] serialize(String topic, Headers headers, String data) {
            headers.add("ce_subject", new byte[0]).add("ce_type", "of the serializer".getBytes(StandardCharsets.UTF_8));
            return serialize(topic, data);
        }
    }

    private static String header(SerializedEvent event, String name) {
        return new String(event.record().headers().lastHeader(name).value(), StandardCharsets.UTF_8);
    }
}
