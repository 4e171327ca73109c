package io.github.resilientkafka.delivery;

/**
 * Where dead letters are replayed from.
 */
public enum ReplaySource {

    /**
     * The rows of the publisher's own dead letters, which are given back to the relay. Each is replayed once.
     */
    STORE,

    /**
     * The dead-letter topic: what listeners could not handle, and copies of the publisher's dead letters. Its records are
     * sent to the topic they were meant for; those that were replayed too often are parked. At least once each.
     */
    TOPIC,

    /**
     * The topic of the parked ones, which are sent as from a dead-letter topic, with their replays counted from zero.
     */
    PARKED
}
