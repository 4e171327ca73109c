package io.github.resilientkafka.lifecycle;

import java.time.Instant;

/**
 * A partition that was paused or held is past the record that it stood at.
 *
 * @param at when
 * @param listener the listener's id
 * @param topic the partition's topic
 * @param partition its number
 * @param offset the record that was handled, or given up
 */
public record PartitionResumed(Instant at, String listener, String topic, int partition, long offset)
        implements ResilientKafkaEvent {}
