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
 * to connect seldom: a new one, or one in a hurry, would fill the log. Thread-safe.
 */
final class LagClients implements AutoCloseable {

    private static final AtomicInteger LAST = new AtomicInteger();

    private static final int RECONNECT_MILLIS = (int) Duration.ofSeconds(1).toMillis();

    private static final int RECONNECT_MAX_MILLIS = (int) Duration.ofSeconds(10).toMillis();

    private final Map<Map<String, Object>, Admin> clients = new HashMap<>();

    private boolean closed;

    /**
     * Returns the client for a consumer's cluster.
     * @throws org.apache.kafka.common.KafkaException if there cannot be one with these settings
     */
    synchronized Admin forConsumer(Map<String, Object> consumerSettings) {
        if (this.closed) {
            throw new IllegalStateException("Closed");
        }
        return this.clients.computeIfAbsent(connection(consumerSettings), LagClients::create);
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
        settings.putIfAbsent("metadata.recovery.strategy", "rebootstrap");
        settings.putIfAbsent("enable.metrics.push", false);
        return Admin.create(settings);
    }

    @Override
    public synchronized void close() {
        this.closed = true;
        this.clients.values().forEach(client -> client.close(Duration.ZERO));
        this.clients.clear();
    }
}
