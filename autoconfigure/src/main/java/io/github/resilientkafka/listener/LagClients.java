package io.github.resilientkafka.listener;

import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AdminClientConfig;
import org.apache.kafka.clients.consumer.ConsumerConfig;

/**
 * Clients to ask for offsets, one for each cluster and login that listeners have. They are kept through an outage, and try
 * to connect seldom: a new one, or one in a hurry, would fill the log. So would one that goes back to its bootstrap servers by
 * itself ({@code metadata.recovery.strategy=rebootstrap}: up to thousands of lines a second, seen with 3.9.2); one that had no
 * answer for long is replaced instead, as all brokers may have new addresses. Thread-safe.
 */
final class LagClients implements AutoCloseable {

    private static final AtomicInteger LAST = new AtomicInteger();

    private static final int RECONNECT_MILLIS = (int) Duration.ofSeconds(1).toMillis();

    private static final int RECONNECT_MAX_MILLIS = (int) Duration.ofSeconds(10).toMillis();

    private static final Duration REPLACE_AFTER = Duration.ofMinutes(10);

    private final Map<Map<String, Object>, Client> clients = new HashMap<>();

    private final long replaceAfterNanos;

    private boolean closed;

    private static final class Client {

        private final Admin admin;

        private long lastAnswerNanos = System.nanoTime();

        Client(Admin admin) {
            this.admin = admin;
        }
    }

    LagClients() {
        this(REPLACE_AFTER);
    }

    LagClients(Duration replaceAfter) {
        this.replaceAfterNanos = replaceAfter.toNanos();
    }

    /**
     * Returns the client for a consumer's cluster.
     * @throws org.apache.kafka.common.KafkaException if there cannot be one with these settings
     */
    synchronized Admin forConsumer(Map<String, Object> consumerSettings) {
        if (this.closed) {
            throw new IllegalStateException("Closed");
        }
        Map<String, Object> connection = connection(consumerSettings);
        Client client = this.clients.get(connection);
        if (client != null && System.nanoTime() - client.lastAnswerNanos >= this.replaceAfterNanos) {
            this.clients.remove(connection).admin.close(Duration.ZERO);
            client = null;
        }
        if (client == null) {
            client = new Client(create(connection));
            this.clients.put(connection, client);
        }
        return client.admin;
    }

    /**
     * The client for a consumer's cluster had an answer.
     */
    synchronized void answered(Map<String, Object> consumerSettings) {
        Client client = this.clients.get(connection(consumerSettings));
        if (client != null) {
            client.lastAnswerNanos = System.nanoTime();
        }
    }

    /**
     * Returns what says how to connect. Settings that Kafka does not know are kept: TLS by an SSL bundle needs one.
     */
    static Map<String, Object> connection(Map<String, Object> consumerSettings) {
        Map<String, Object> settings = new HashMap<>(consumerSettings);
        settings.keySet()
                .removeIf(name -> ConsumerConfig.configNames().contains(name)
                        && !AdminClientConfig.configNames().contains(name));
        List.of(
                        AdminClientConfig.CLIENT_ID_CONFIG,
                        AdminClientConfig.METRIC_REPORTER_CLASSES_CONFIG,
                        AdminClientConfig.REQUEST_TIMEOUT_MS_CONFIG,
                        AdminClientConfig.DEFAULT_API_TIMEOUT_MS_CONFIG)
                .forEach(settings::remove);
        return settings;
    }

    private static Admin create(Map<String, Object> connection) {
        Map<String, Object> settings = new HashMap<>(connection);
        settings.put(AdminClientConfig.CLIENT_ID_CONFIG, "resilient-kafka-lag-" + LAST.incrementAndGet());
        settings.put(AdminClientConfig.RECONNECT_BACKOFF_MS_CONFIG, RECONNECT_MILLIS);
        settings.put(AdminClientConfig.RECONNECT_BACKOFF_MAX_MS_CONFIG, RECONNECT_MAX_MILLIS);
        settings.put("metadata.recovery.strategy", "none");
        settings.putIfAbsent("enable.metrics.push", false);
        return Admin.create(settings);
    }

    @Override
    public synchronized void close() {
        this.closed = true;
        this.clients.values().forEach(client -> client.admin.close(Duration.ZERO));
        this.clients.clear();
    }
}
