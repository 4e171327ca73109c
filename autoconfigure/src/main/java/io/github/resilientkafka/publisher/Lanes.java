package io.github.resilientkafka.publisher;

import io.github.resilientkafka.store.EventStore;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.ThreadLocalRandom;
import org.apache.kafka.common.utils.Utils;

/**
 * Spreads keys over lanes. The function is frozen for ever: rows of a key must never be found in two lanes, whatever the
 * version that stored them. A test pins it.
 */
final class Lanes {

    private Lanes() {}

    /**
     * Returns the lane of a key: {@code (31 * murmur2(topic in UTF-8) + murmur2(key)) mod 64}.
     */
    static int laneOf(int topicHash, byte[] key) {
        return positive(31 * topicHash + murmur2(key)) % EventStore.LANES;
    }

    static int topicHash(String topic) {
        return murmur2(topic.getBytes(StandardCharsets.UTF_8));
    }

    static int randomLane() {
        return ThreadLocalRandom.current().nextInt(EventStore.LANES);
    }

    static int murmur2(byte[] bytes) {
        return Utils.murmur2(bytes);
    }

    static int positive(int number) {
        return number & 0x7fffffff;
    }
}
