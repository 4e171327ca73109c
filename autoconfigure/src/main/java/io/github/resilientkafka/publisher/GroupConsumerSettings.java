package io.github.resilientkafka.publisher;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.consumer.ConsumerConfig;

/**
 * What makes a consumer that looks around one that keeps its place in a group.
 */
final class GroupConsumerSettings {

    /**
     * The least that brokers allow unless they are told otherwise.
     */
    private static final int SESSION_TIMEOUT_MILLIS = 6_000;

    /**
     * How late a member learns that another one wants its share.
     */
    private static final int HEARTBEAT_MILLIS = 500;

    private static final int FETCH_BYTES = 4 * 1024 * 1024;

    /**
     * A consumer that is closed waits for the answer to its last fetch.
     */
    private static final int FETCH_WAIT_MILLIS = 100;

    /**
     * What the application may have set for consumers of its own, among the settings that all its clients share.
     */
    private static final List<String> NOT_OURS = List.of(
            ConsumerConfig.GROUP_REMOTE_ASSIGNOR_CONFIG,
            ConsumerConfig.PARTITION_ASSIGNMENT_STRATEGY_CONFIG,
            ConsumerConfig.MAX_POLL_INTERVAL_MS_CONFIG,
            ConsumerConfig.FETCH_MIN_BYTES_CONFIG);

    private GroupConsumerSettings() {}

    static Map<String, Object> of(Map<String, Object> lookingAround, String group, int maxRecords) {
        Map<String, Object> consumer = new HashMap<>(lookingAround);
        NOT_OURS.forEach(consumer::remove);
        consumer.put(ConsumerConfig.GROUP_ID_CONFIG, group);
        consumer.put(ConsumerConfig.GROUP_PROTOCOL_CONFIG, "classic");
        consumer.put(ConsumerConfig.SESSION_TIMEOUT_MS_CONFIG, SESSION_TIMEOUT_MILLIS);
        consumer.put(ConsumerConfig.HEARTBEAT_INTERVAL_MS_CONFIG, HEARTBEAT_MILLIS);
        consumer.put(ConsumerConfig.ISOLATION_LEVEL_CONFIG, "read_committed");
        consumer.put(ConsumerConfig.MAX_POLL_RECORDS_CONFIG, maxRecords);
        consumer.put(ConsumerConfig.FETCH_MAX_BYTES_CONFIG, FETCH_BYTES);
        consumer.put(ConsumerConfig.MAX_PARTITION_FETCH_BYTES_CONFIG, FETCH_BYTES / 4);
        consumer.put(ConsumerConfig.FETCH_MAX_WAIT_MS_CONFIG, FETCH_WAIT_MILLIS);
        return consumer;
    }
}
