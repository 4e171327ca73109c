package io.github.resilientkafka.actuate;

import io.micrometer.common.docs.KeyName;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.docs.MeterDocumentation;
import java.util.function.Supplier;

/**
 * Every meter there is. Tags have a handful of values each; none is a topic, a key or a message.
 */
enum KafkaMeters implements MeterDocumentation {
    PUBLISHED(
            "kafka.events.published",
            Meter.Type.COUNTER,
            "Events that Kafka acknowledged (success) or did not take (error), then stored or not",
            Tag.STATUS),

    LATENCY("kafka.publish.latency", Meter.Type.TIMER, "From publish to Kafka's acknowledgement"),

    ERRORS("kafka.publish.errors", Meter.Type.COUNTER, "Why Kafka did not take an event, or was not asked", Tag.TYPE),

    STORED("kafka.events.stored_for_retry", Meter.Type.COUNTER, "Events committed to the database instead"),

    LOST("kafka.events.lost", Meter.Type.COUNTER, "Events that neither Kafka nor the database took"),

    CIRCUIT_OPEN("kafka.circuit_breaker.open", Meter.Type.GAUGE, "1 while the circuit breaker is open, else 0"),

    QUEUE_BYTES("kafka.publish.queue.bytes", Meter.Type.GAUGE, "Bytes of events accepted and not durable yet"),

    DIVERTED_LANES(
            "kafka.publish.lanes.diverted",
            Meter.Type.GAUGE,
            "Lanes, of 64, whose events are stored or wait behind earlier ones"),

    CONNECTIONS("kafka.connections", Meter.Type.GAUGE, "1 while the publisher is connected to Kafka, else 0"),

    CONNECTION_ERRORS(
            "kafka.connection.errors",
            Meter.Type.COUNTER,
            "Vain questions whether Kafka is there, by reason",
            Tag.TYPE),

    PRODUCER_FAILURES("kafka.producer.init.failures", Meter.Type.COUNTER, "Producers that could not be created"),

    RETRY_SUCCESS("kafka.retry.success", Meter.Type.COUNTER, "Stored events that Kafka acknowledged later"),

    RETRY_FAILED("kafka.retry.failed", Meter.Type.COUNTER, "Retries that failed and counted as an attempt"),

    RETRY_PENDING("kafka.retry.pending", Meter.Type.GAUGE, "Stored events that wait for Kafka"),

    RETRY_OLDEST_AGE("kafka.retry.oldest.age", Meter.Type.GAUGE, "Age of the oldest stored event that waits for Kafka"),

    DLQ_SENT("kafka.dlq.sent", Meter.Type.COUNTER, "Events that a dead-letter topic acknowledged"),

    DLQ_REPLAYED("kafka.dlq.replayed", Meter.Type.COUNTER, "Records of dead-letter topics sent to their topic again"),

    DLQ_PARKED("kafka.dlq.parked", Meter.Type.COUNTER, "Records of dead-letter topics parked, as no replay helped"),

    DLQ_FAILED("kafka.dlq.failed", Meter.Type.GAUGE, "Stored events that their dead-letter topic refused");

    private final String meterName;

    private final Meter.Type type;

    private final String description;

    private final KeyName[] tags;

    KafkaMeters(String meterName, Meter.Type type, String description, KeyName... tags) {
        this.meterName = meterName;
        this.type = type;
        this.description = description;
        this.tags = tags;
    }

    @Override
    public String getName() {
        return this.meterName;
    }

    @Override
    public Meter.Type getType() {
        return this.type;
    }

    @Override
    public KeyName[] getKeyNames() {
        return this.tags;
    }

    String description() {
        return this.description;
    }

    /**
     * Registers the counter, with one value for each of its tags.
     */
    Counter counter(MeterRegistry registry, String... tagValues) {
        Counter.Builder builder = Counter.builder(this.meterName).description(this.description);
        for (int i = 0; i < this.tags.length; i++) {
            builder.tag(this.tags[i].asString(), tagValues[i]);
        }
        return builder.register(registry);
    }

    /**
     * Registers the gauge.
     */
    void gauge(MeterRegistry registry, Supplier<Number> value) {
        Gauge.builder(this.meterName, value).description(this.description).register(registry);
    }

    /**
     * The tags of these meters.
     */
    enum Tag implements KeyName {

        /**
         * {@code success} or {@code error}.
         */
        STATUS("status"),

        /**
         * {@code record}, {@code topic}, {@code outage}, {@code serialization} or {@code queue_full}; of connections
         * the kinds of a {@link io.github.resilientkafka.connection.ConnectionError}, in lower case.
         */
        TYPE("type");

        private final String key;

        Tag(String key) {
            this.key = key;
        }

        @Override
        public String asString() {
            return this.key;
        }
    }
}
