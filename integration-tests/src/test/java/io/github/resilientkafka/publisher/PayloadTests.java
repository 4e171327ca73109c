package io.github.resilientkafka.publisher;

import static io.github.resilientkafka.TestApplication.get;
import static io.github.resilientkafka.TestApplication.unique;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.resilientkafka.TestApplication;
import io.github.resilientkafka.TopicReader;
import io.github.resilientkafka.message.OutgoingEvent;
import io.github.resilientkafka.message.PublishResult.Outcome;
import io.github.resilientkafka.testing.LocalKafka;
import io.github.resilientkafka.testing.LocalPostgres;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.stream.Stream;
import org.apache.avro.Schema;
import org.apache.avro.SchemaBuilder;
import org.apache.avro.generic.GenericData;
import org.apache.avro.generic.GenericDatumWriter;
import org.apache.avro.generic.GenericRecord;
import org.apache.avro.io.BinaryEncoder;
import org.apache.avro.io.EncoderFactory;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.Serializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.springframework.kafka.support.serializer.JsonSerializer;

/**
 * What is stored arrives as what is sent. W1.
 */
@Tag("unhurried")
class PayloadTests {

    private final LocalKafka kafka = LocalKafka.shared();

    private final LocalPostgres postgres = LocalPostgres.shared();

    /**
     * A body as applications have it.
     */
    public record OrderPlaced(String orderId, List<String> items, double amount) {}

    /**
     * Plain Avro: the datum, without any registry.
     */
    public static class AvroSerializer implements Serializer<GenericRecord> {

        @Override
        public byte[] serialize(String topic, GenericRecord data) {
            try {
                ByteArrayOutputStream out = new ByteArrayOutputStream();
                BinaryEncoder encoder = EncoderFactory.get().binaryEncoder(out, null);
                new GenericDatumWriter<GenericRecord>(data.getSchema()).write(data, encoder);
                encoder.flush();
                return out.toByteArray();
            } catch (IOException ex) {
                throw new UncheckedIOException(ex);
            }
        }
    }

    static Stream<Arguments> payloads() {
        Schema schema = SchemaBuilder.record("Order")
                .fields()
                .requiredString("id")
                .requiredDouble("amount")
                .endRecord();
        GenericRecord avro = new GenericData.Record(schema);
        avro.put("id", "o-1 ä€😀");
        avro.put("amount", 1.5);
        return Stream.of(
                Arguments.of(JsonSerializer.class, new OrderPlaced("o-1", List.of("ä", "😀"), 1.5)),
                Arguments.of(StringSerializer.class, "text ä€😀\n\0"),
                Arguments.of(ByteArraySerializer.class, new byte[] {0, 1, -1, (byte) 0xc3, 0x28}),
                Arguments.of(AvroSerializer.class, avro));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("payloads")
    @DisplayName("W1: payload, key and headers are the same byte for byte, sent directly or stored meanwhile")
    void sameBytes(Class<?> serializer, Object body) throws Exception {
        String topic = unique("payload");
        this.kafka.createTopic(topic, 1);
        try (TestApplication application = TestApplication.on(this.kafka, this.postgres)
                .database(this.postgres.createDatabase(unique("payload")))
                .with("spring.kafka.producer.value-serializer", serializer.getName())
                .start()) {
            OutgoingEvent event = OutgoingEvent.of(topic, "key ä", body)
                    .withHeader("text", "ä")
                    .withHeader("bytes", new byte[] {-1, 0, -2})
                    .withHeader("bytes", new byte[0])
                    .withHeader("null", (byte[]) null)
                    .withEventId(UUID.fromString("01890a5d-ac96-774b-bcce-b302099a8057"))
                    .withEventType("Order")
                    .withTimestamp(1_700_000_000_000L)
                    .withPartition(0);
            assertThat(get(application.publisher().publish(event)).outcome()).isEqualTo(Outcome.SENT);
            this.kafka.freeze();
            assertThat(get(application.publisher().publish(event)).outcome()).isEqualTo(Outcome.STORED);
            this.kafka.thaw();
            application.awaitNoneLeft(Duration.ofSeconds(30));

            List<ConsumerRecord<byte[], byte[]>> records = TopicReader.readAll(this.kafka.clientConfig(), topic);
            assertThat(records).hasSizeGreaterThanOrEqualTo(2);
            ConsumerRecord<byte[], byte[]> direct = records.get(0);
            assertThat(records).allSatisfy(record -> {
                assertThat(record.value()).isEqualTo(direct.value());
                assertThat(record.key()).isEqualTo(direct.key());
                assertThat(record.timestamp()).isEqualTo(1_700_000_000_000L);
                assertThat(headers(record)).isEqualTo(headers(direct));
            });
            if (serializer == JsonSerializer.class) {
                assertThat(TopicReader.header(direct, "__TypeId__"))
                        .as("the serializer's own header")
                        .isEqualTo(OrderPlaced.class.getName());
            }
        } finally {
            this.kafka.start();
        }
    }

    /**
     * All headers in order, but for the time of publishing, which differs.
     */
    private static List<Map.Entry<String, String>> headers(ConsumerRecord<?, ?> record) {
        return Arrays.stream(record.headers().toArray())
                .filter(header -> !header.key().equals("ce_time"))
                .map((Header header) -> Map.entry(header.key(), Arrays.toString(header.value())))
                .toList();
    }
}
