package io.github.resilientkafka.publisher;

import io.github.resilientkafka.message.ConfigurationException;
import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.apache.kafka.clients.CommonClientConfigs;
import org.apache.kafka.clients.admin.AdminClientConfig;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.common.config.ConfigException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The settings of our own producers: the application's, with what our promises need. Immutable. Internal.
 * <p>
 * Durability is not up for negotiation ({@code acks=all}, idempotence, never the application's transactional id); times
 * are shortened only where the application has set nothing.
 */
public final class ProducerSettings {

    private static final Logger logger = LoggerFactory.getLogger(ProducerSettings.class);

    private static final AtomicInteger PROBE = new AtomicInteger();

    private static final AtomicInteger CONSUMER = new AtomicInteger();

    private static final int REQUEST_TIMEOUT_MILLIS = 5_000;

    private static final int DELIVERY_TIMEOUT_MILLIS = 10_000;

    private static final int MAX_BLOCK_MILLIS = 500;

    private static final int MAX_IN_FLIGHT = 5;

    private static final int DEFAULT_BATCH_BYTES = 16 * 1024;

    private static final int RELAY_BATCH_BYTES = 128 * 1024;

    private static final long SPARE_BUFFER_BYTES = 32L * 1024 * 1024;

    private final Map<String, Object> settings;

    private ProducerSettings(Map<String, Object> settings) {
        this.settings = Map.copyOf(settings);
    }

    /**
     * Derives the publisher's settings.
     * @param application the settings of the application's producer factory
     * @param own what {@code resilient-kafka.publisher.properties} adds
     * @param maxQueueBytes the byte budget; the buffer must not be the first to be full
     */
    static ProducerSettings of(Map<String, Object> application, Map<String, String> own, long maxQueueBytes) {
        Map<String, Object> settings = new HashMap<>(application);
        ObjectPlugins.refuseUnlessNamedFor(application, own);
        settings.putAll(own);
        ObjectPlugins.removeEmpty(settings);
        requireBrokers(settings);
        settings.values().removeIf(value -> value == null);
        settings.remove(ProducerConfig.TRANSACTIONAL_ID_CONFIG);
        settings.remove(ProducerConfig.CLIENT_ID_CONFIG);
        settings.remove(ProducerConfig.KEY_SERIALIZER_CLASS_CONFIG);
        settings.remove(ProducerConfig.VALUE_SERIALIZER_CLASS_CONFIG);
        insist(settings, ProducerConfig.ACKS_CONFIG, "all", Set.of("all", "-1"));
        insist(settings, ProducerConfig.ENABLE_IDEMPOTENCE_CONFIG, "true", Set.of("true"));
        if (number(settings, ProducerConfig.RETRIES_CONFIG, 1) == 0) {
            settings.remove(ProducerConfig.RETRIES_CONFIG);
        }
        if (number(settings, ProducerConfig.MAX_IN_FLIGHT_REQUESTS_PER_CONNECTION, MAX_IN_FLIGHT) > MAX_IN_FLIGHT) {
            settings.put(ProducerConfig.MAX_IN_FLIGHT_REQUESTS_PER_CONNECTION, MAX_IN_FLIGHT);
        }
        settings.putIfAbsent(ProducerConfig.REQUEST_TIMEOUT_MS_CONFIG, REQUEST_TIMEOUT_MILLIS);
        settings.putIfAbsent(ProducerConfig.MAX_BLOCK_MS_CONFIG, MAX_BLOCK_MILLIS);
        // A producer that is closed in its own callback, as ours may be, would report an error of its telemetry.
        settings.putIfAbsent(ProducerConfig.ENABLE_METRICS_PUSH_CONFIG, false);
        long leastDelivery = number(settings, ProducerConfig.LINGER_MS_CONFIG, 0)
                + number(settings, ProducerConfig.REQUEST_TIMEOUT_MS_CONFIG, REQUEST_TIMEOUT_MILLIS);
        settings.putIfAbsent(
                ProducerConfig.DELIVERY_TIMEOUT_MS_CONFIG, (int) Math.max(DELIVERY_TIMEOUT_MILLIS, leastDelivery));
        long leastBuffer = maxQueueBytes + SPARE_BUFFER_BYTES;
        if (number(settings, ProducerConfig.BUFFER_MEMORY_CONFIG, 0) < leastBuffer) {
            settings.put(ProducerConfig.BUFFER_MEMORY_CONFIG, leastBuffer);
        }
        return new ProducerSettings(settings);
    }

    /**
     * Returns a copy for large batches whose sends are over, one way or the other, before a lease is.
     * @param lease how long the relay holds its lanes
     * @return the relay's settings
     */
    public ProducerSettings forRelay(Duration lease) {
        Map<String, Object> relay = new HashMap<>(this.settings);
        relay.put(ProducerConfig.LINGER_MS_CONFIG, 5);
        relay.put(ProducerConfig.BATCH_SIZE_CONFIG, RELAY_BATCH_BYTES);
        int delivery = (int) Math.min(
                number(relay, ProducerConfig.DELIVERY_TIMEOUT_MS_CONFIG, DELIVERY_TIMEOUT_MILLIS),
                lease.toMillis() / 2);
        relay.put(ProducerConfig.DELIVERY_TIMEOUT_MS_CONFIG, delivery);
        relay.put(
                ProducerConfig.MAX_BLOCK_MS_CONFIG,
                Math.min(number(relay, ProducerConfig.MAX_BLOCK_MS_CONFIG, MAX_BLOCK_MILLIS), lease.toMillis() / 20));
        relay.put(ProducerConfig.REQUEST_TIMEOUT_MS_CONFIG, (int) Math.min(
                number(relay, ProducerConfig.REQUEST_TIMEOUT_MS_CONFIG, REQUEST_TIMEOUT_MILLIS), delivery - 5));
        return new ProducerSettings(relay);
    }

    /**
     * Returns a copy with settings of its own; what our promises need stays.
     * @param own client properties, which win over the application's
     * @return the settings
     */
    public ProducerSettings with(Map<String, String> own) {
        // The publisher's were named for records that are bytes, as these are.
        Map<String, String> named = ObjectPlugins.namedIn(this.settings);
        named.putAll(own);
        return of(this.settings, named, 0);
    }

    /**
     * Returns the longest time a send may take until it has succeeded or failed.
     * @return {@code delivery.timeout.ms}
     */
    public Duration deliveryTimeout() {
        return Duration.ofMillis(
                number(this.settings, ProducerConfig.DELIVERY_TIMEOUT_MS_CONFIG, DELIVERY_TIMEOUT_MILLIS));
    }

    /**
     * Returns whether a record's key alone decides on its partition, as Kafka's client does it unless it is told otherwise.
     * @return false with a {@code partitioner.class}, or {@code partitioner.ignore.keys}
     */
    boolean keysTellPartitions() {
        Object ignoreKeys = this.settings.get(ProducerConfig.PARTITIONER_IGNORE_KEYS_CONFIG);
        return !this.settings.containsKey(ProducerConfig.PARTITIONER_CLASS_CONFIG)
                && (ignoreKeys == null
                        || !Boolean.parseBoolean(ignoreKeys.toString().trim()));
    }

    /**
     * Creates a producer.
     * @param role what it is for, part of its client id
     * @param observer told of its creation and its end
     * @return a new producer
     * @throws org.apache.kafka.common.KafkaException if the settings are wrong
     */
    public Producer<byte @Nullable [], byte @Nullable []> createProducer(String role, PublisherObserver observer) {
        return ObservedProducer.create(new HashMap<>(this.settings), role, observer);
    }

    /**
     * Returns what creates one producer after the other, as {@link #createProducer} does, with smaller batches once a topic
     * was found that takes no larger ones.
     * @param role what they are for, part of their client ids
     * @param observer told of their creation and end
     * @return a supplier of new producers
     */
    public Supplier<Producer<byte @Nullable [], byte @Nullable []>> producers(String role, PublisherObserver observer) {
        int batchSize = (int) number(this.settings, ProducerConfig.BATCH_SIZE_CONFIG, DEFAULT_BATCH_BYTES);
        return new FittingBatches(role, batchSize, size -> {
            Map<String, Object> settings = new HashMap<>(this.settings);
            settings.put(ProducerConfig.BATCH_SIZE_CONFIG, size);
            return ObservedProducer.create(settings, role, observer);
        });
    }

    /**
     * Returns what knows, for one producer with these settings each, to which partitions it may send.
     * @param probe asks their leaders
     * @return a factory
     */
    public Function<Producer<?, ?>, ServedPartitions> partitions(KafkaProbe probe) {
        Duration maxBlock =
                Duration.ofMillis(number(this.settings, ProducerConfig.MAX_BLOCK_MS_CONFIG, MAX_BLOCK_MILLIS));
        return producer -> new ServedPartitions(producer, keysTellPartitions(), maxBlock, probe::ends);
    }

    /**
     * Returns settings for an administration client.
     * @param timeout after which it gives up a question
     * @return the settings, connection and security as the producer's
     */
    Map<String, Object> admin(Duration timeout) {
        Map<String, Object> admin = new HashMap<>(this.settings);
        admin.keySet()
                .removeIf(name -> ProducerConfig.configNames().contains(name)
                        && !AdminClientConfig.configNames().contains(name));
        int millis = (int) timeout.toMillis();
        admin.put(AdminClientConfig.CLIENT_ID_CONFIG, "resilient-kafka-probe-" + PROBE.incrementAndGet());
        admin.put(AdminClientConfig.DEFAULT_API_TIMEOUT_MS_CONFIG, millis);
        admin.put(AdminClientConfig.REQUEST_TIMEOUT_MS_CONFIG, millis);
        admin.put(AdminClientConfig.RECONNECT_BACKOFF_MS_CONFIG, 200);
        admin.put(AdminClientConfig.RECONNECT_BACKOFF_MAX_MS_CONFIG, 500);
        return admin;
    }

    /**
     * Returns settings for a consumer that looks around: in no group, commits nothing, creates no topic.
     * @param timeout after which it gives up a question
     * @return the settings, connection and security as the producer's
     */
    Map<String, Object> consumer(Duration timeout) {
        return consumer("search", timeout);
    }

    private Map<String, Object> consumer(String role, Duration timeout) {
        Map<String, Object> consumer = new HashMap<>(this.settings);
        consumer.keySet()
                .removeIf(name -> ProducerConfig.configNames().contains(name)
                        && !ConsumerConfig.configNames().contains(name));
        consumer.remove(ConsumerConfig.INTERCEPTOR_CLASSES_CONFIG);
        consumer.remove(ConsumerConfig.GROUP_ID_CONFIG);
        consumer.remove(ConsumerConfig.GROUP_INSTANCE_ID_CONFIG);
        int millis = (int) timeout.toMillis();
        consumer.put(ConsumerConfig.CLIENT_ID_CONFIG, "resilient-kafka-" + role + "-" + CONSUMER.incrementAndGet());
        consumer.put(ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG, false);
        consumer.put(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG, "earliest");
        consumer.put(ConsumerConfig.ALLOW_AUTO_CREATE_TOPICS_CONFIG, false);
        consumer.put(ConsumerConfig.DEFAULT_API_TIMEOUT_MS_CONFIG, millis);
        consumer.put(ConsumerConfig.REQUEST_TIMEOUT_MS_CONFIG, millis);
        consumer.put(ConsumerConfig.MAX_POLL_RECORDS_CONFIG, 5_000);
        consumer.put(ConsumerConfig.FETCH_MAX_BYTES_CONFIG, 8 * 1024 * 1024);
        consumer.put(ConsumerConfig.RECONNECT_BACKOFF_MS_CONFIG, 500);
        consumer.put(ConsumerConfig.RECONNECT_BACKOFF_MAX_MS_CONFIG, 1_000);
        return consumer;
    }

    /**
     * Returns settings for a consumer that keeps its place in a group of ours: commits when told to, sees no record of an
     * aborted transaction, and is missed within seconds when it dies.
     * @param role what it is for, part of its client id
     * @param group the group
     * @param timeout after which it gives up a question
     * @param maxRecords how many records a poll returns at most
     * @return the settings, connection and security as the producer's
     */
    public Map<String, Object> groupConsumer(String role, String group, Duration timeout, int maxRecords) {
        return GroupConsumerSettings.of(consumer(role, timeout), group, maxRecords);
    }

    String bootstrapServers() {
        Object servers = this.settings.get(ProducerConfig.BOOTSTRAP_SERVERS_CONFIG);
        return (servers instanceof Collection<?> list)
                ? list.stream().map(String::valueOf).collect(Collectors.joining(","))
                : String.valueOf(servers);
    }

    boolean usesTls() {
        Object protocol = this.settings.get(CommonClientConfigs.SECURITY_PROTOCOL_CONFIG);
        return protocol != null && protocol.toString().toUpperCase(Locale.ROOT).endsWith("SSL");
    }

    private static void requireBrokers(Map<String, Object> settings) {
        if (settings.get(ProducerConfig.BOOTSTRAP_SERVERS_CONFIG) == null) {
            throw new ConfigurationException(
                    "spring.kafka.bootstrap-servers",
                    "the application's ProducerFactory bean tells no " + ProducerConfig.BOOTSTRAP_SERVERS_CONFIG,
                    "Set spring.kafka.bootstrap-servers and let Spring Boot make the ProducerFactory; or let"
                            + " getConfigurationProperties() of your own return its settings, as that of"
                            + " DefaultKafkaProducerFactory does; or name another with"
                            + " resilient-kafka.publisher.producer-factory.");
        }
    }

    private static void insist(Map<String, Object> settings, String name, String needed, Set<String> accepted) {
        Object before = settings.put(name, needed);
        if (before != null && !accepted.contains(before.toString())) {
            logger.warn(
                    "The publisher uses {}={} instead of {}: with less, an acknowledged event could be lost",
                    name,
                    needed,
                    before);
        }
    }

    private static long number(Map<String, Object> settings, String name, long otherwise) {
        Object value = settings.get(name);
        try {
            return (value == null) ? otherwise : Long.parseLong(value.toString().trim());
        } catch (NumberFormatException ex) {
            throw new ConfigException(name, value, "not a number");
        }
    }
}
