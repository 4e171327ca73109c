package io.github.resilientkafka.lifecycle;

import java.time.Instant;

/**
 * A partition waits for a dependency.
 *
 * @param at when
 * @param listener the listener's id
 * @param topic the partition's topic
 * @param partition its number
 * @param offset the record that waits
 * @param dependency what it waits for
 */
public record PartitionHeld(Instant at, String listener, String topic, int partition, long offset, String dependency)
        implements ResilientKafkaEvent {}
