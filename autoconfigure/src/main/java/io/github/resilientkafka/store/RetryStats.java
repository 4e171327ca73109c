package io.github.resilientkafka.store;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * Rows of this application present in {@code failed_kafka_events} now.
 *
 * @param pending rows that wait for the relay
 * @param pendingExact whether {@code pending} was counted; beyond 10,000 rows it is an estimate
 * @param resolved rows that Kafka has acknowledged and that have not been purged yet
 * @param dlq rows that were dead-lettered and have not been purged yet
 * @param dlqFailed rows that the dead-letter topic refused
 * @param oldestPending when the oldest pending event was published, or null without any
 */
public record RetryStats(
        long pending,
        boolean pendingExact,
        long resolved,
        long dlq,
        long dlqFailed,
        @Nullable Instant oldestPending) {}
