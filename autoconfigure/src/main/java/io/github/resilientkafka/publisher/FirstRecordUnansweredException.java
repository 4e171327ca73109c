package io.github.resilientkafka.publisher;

import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.RetriableException;

/**
 * A record could not follow its partition's first one, which has no answer yet.
 */
final class FirstRecordUnansweredException extends RetriableException {

    FirstRecordUnansweredException(TopicPartition partition) {
        super("No answer yet to this producer's first record in " + partition);
    }
}
