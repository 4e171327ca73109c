package io.github.resilientkafka.listener;

import java.util.Arrays;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.jspecify.annotations.Nullable;

/**
 * Records as the log names them: to be found again by, without anything of what they contain.
 */
final class RecordText {

    private RecordText() {}

    static String of(ConsumerRecord<?, ?> record) {
        return "topic " + record.topic() + ", partition " + record.partition() + ", offset " + record.offset()
                + ", hash of the key " + hash(record.key());
    }

    private static String hash(@Nullable Object key) {
        int hash = (key instanceof byte[] bytes) ? Arrays.hashCode(bytes) : (key == null) ? 0 : key.hashCode();
        return Integer.toHexString(hash);
    }
}
