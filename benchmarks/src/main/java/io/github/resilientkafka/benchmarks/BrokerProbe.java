package io.github.resilientkafka.benchmarks;

import java.util.Map;
import java.util.Set;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AdminClientConfig;

/**
 * Sees when a broker that was away answers again, sooner than anybody else.
 */
final class BrokerProbe {

    private static final int INTERVAL_MILLIS = 10;

    private BrokerProbe() {}

    /**
     * Asks for the topic's leaders until there are some, as often as a client may.
     * @return when that was, by {@link System#nanoTime()}
     */
    static long awaitAnswer(Servers servers) throws Exception {
        Map<String, Object> config = servers.kafka().adminConfig();
        config.put(AdminClientConfig.RECONNECT_BACKOFF_MS_CONFIG, INTERVAL_MILLIS);
        config.put(AdminClientConfig.RECONNECT_BACKOFF_MAX_MS_CONFIG, INTERVAL_MILLIS);
        config.put(AdminClientConfig.RETRY_BACKOFF_MS_CONFIG, INTERVAL_MILLIS);
        config.put(AdminClientConfig.RETRY_BACKOFF_MAX_MS_CONFIG, INTERVAL_MILLIS);
        try (Admin admin = Admin.create(config)) {
            while (!leaders(admin)) {
                Thread.sleep(INTERVAL_MILLIS);
            }
            return System.nanoTime();
        }
    }

    private static boolean leaders(Admin admin) throws Exception {
        return admin.describeTopics(Set.of(Servers.TOPIC)).allTopicNames().get().values().stream()
                .flatMap(topic -> topic.partitions().stream())
                .allMatch(partition ->
                        partition.leader() != null && !partition.leader().isEmpty());
    }
}
