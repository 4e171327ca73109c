package io.github.resilientkafka.publisher;

import java.time.Duration;
import java.util.Map;
import org.apache.kafka.clients.producer.Producer;

/**
 * Sessions of any producer, for tests of those who send.
 */
public final class OpenSessions {

    private OpenSessions() {}

    /**
     * Returns the session of a producer that keeps order.
     */
    public static ProducerSession of(Producer<byte[], byte[]> producer) {
        return new ProducerSession(producer, servedPartitions(producer, true), true, () -> {});
    }

    /**
     * As {@link #of}, for a producer that has a partitioner of its own.
     */
    public static ProducerSession ofOwnPartitioner(Producer<byte[], byte[]> producer) {
        return new ProducerSession(producer, servedPartitions(producer, false), true, () -> {});
    }

    /**
     * Returns what finds all partitions served.
     */
    static ServedPartitions servedPartitions(Producer<?, ?> producer, boolean keysTellPartitions) {
        return new ServedPartitions(
                producer, keysTellPartitions, Duration.ofSeconds(2), (partitions, timeout) -> Map.of());
    }

    /**
     * Tells a session's users that its producer is to be given up.
     */
    public static void announceEnd(ProducerSession session) {
        session.announceEnd();
    }
}
