package io.github.resilientkafka.lifecycle;

import java.time.Instant;

/**
 * Something that happened to this application's Kafka traffic. Listen with {@code @EventListener}; listeners are called
 * one after the other on a thread of their own, never on one that moves events.
 */
public sealed interface ResilientKafkaEvent
        permits KafkaConnected,
                KafkaDisconnected,
                CircuitOpened,
                CircuitHalfOpened,
                CircuitClosed,
                EventStored,
                EventDeadLettered,
                PartitionPaused,
                PartitionHeld,
                PartitionResumed,
                ListenerStarted,
                ListenerStopped,
                ListenerCrashed,
                ListenerRestarted,
                ListenerGaveUp {

    /**
     * Returns when it happened.
     * @return the time
     */
    Instant at();
}
