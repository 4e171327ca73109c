package io.github.resilientkafka.actuate;

import io.micrometer.common.docs.KeyName;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
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

    DLQ_FAILED("kafka.dlq.failed", Meter.Type.GAUGE, "Stored events that their dead-letter topic refused"),

    LISTENER_RECORDS("kafka.listener.records", Meter.Type.COUNTER, "Records that a handler returned for", Tag.LISTENER),

    LISTENER_PROCESSING(
            "kafka.listener.processing",
            Meter.Type.TIMER,
            "How long a handler took that returned, for a record or a batch",
            Tag.LISTENER,
            Tag.TYPE),

    LISTENER_BATCH_SIZE(
            "kafka.listener.batch.size",
            Meter.Type.DISTRIBUTION_SUMMARY,
            "Records that a batch handler was given at once",
            Tag.LISTENER),

    LISTENER_ERRORS("kafka.listener.errors", Meter.Type.COUNTER, "Failed attempts", Tag.LISTENER, Tag.ERROR),

    LISTENER_DEAD_LETTERS(
            "kafka.listener.dead_letters", Meter.Type.COUNTER, "Records that are dead letters now", Tag.LISTENER),

    LISTENER_SKIPPED("kafka.listener.skipped", Meter.Type.COUNTER, "Bad records that were skipped", Tag.LISTENER),

    LISTENER_RESTARTS(
            "kafka.listener.restarts", Meter.Type.COUNTER, "Restarts after a crash", Tag.LISTENER, Tag.REASON),

    LISTENER_ASSIGNED(
            "kafka.listener.partitions.assigned", Meter.Type.GAUGE, "Partitions that the listener has", Tag.LISTENER),

    LISTENER_PAUSED(
            "kafka.listener.partitions.paused",
            Meter.Type.GAUGE,
            "Those of them that are paused",
            Tag.LISTENER,
            Tag.STATE),

    LISTENER_PAUSED_AGE(
            "kafka.listener.paused.oldest.age",
            Meter.Type.GAUGE,
            "For how long the one that was paused first has been",
            Tag.LISTENER),

    LISTENER_LAG(
            "kafka.listener.lag",
            Meter.Type.GAUGE,
            "Records from what is committed to the end, of all partitions that the listener has",
            Tag.LISTENER),

    LISTENER_LAG_MAX(
            "kafka.listener.lag.max",
            Meter.Type.GAUGE,
            "The same, of the partition that is furthest behind",
            Tag.LISTENER);

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
        return Counter.builder(this.meterName)
                .description(this.description)
                .tags(tags(tagValues))
                .register(registry);
    }

    /**
     * Returns one value for each of the meter's tags.
     */
    Tags tags(String... values) {
        Tags all = Tags.empty();
        for (int i = 0; i < this.tags.length; i++) {
            all = all.and(this.tags[i].asString(), values[i]);
        }
        return all;
    }

    /**
     * Registers the gauge, with one value for each of its tags.
     */
    Gauge gauge(MeterRegistry registry, Supplier<Number> value, String... tagValues) {
        return Gauge.builder(this.meterName, value)
                .description(this.description)
                .tags(tags(tagValues))
                .register(registry);
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
         * the kinds of a {@link io.github.resilientkafka.connection.ConnectionError}, in lower case; of handlers
         * {@code record} or {@code batch}.
         */
        TYPE("type"),

        /**
         * A listener's id.
         */
        LISTENER("listener"),

        /**
         * An {@link io.github.resilientkafka.listener.ErrorClass}, in lower case.
         */
        ERROR("error"),

        /**
         * A {@link io.github.resilientkafka.listener.PartitionState} other than running, in lower case.
         */
        STATE("state"),

        /**
         * Why a listener had stopped.
         */
        REASON("reason");

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
