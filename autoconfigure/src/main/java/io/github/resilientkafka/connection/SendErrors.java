package io.github.resilientkafka.connection;

import io.github.resilientkafka.message.FailureKind;
import java.util.List;
import org.apache.kafka.common.InvalidRecordException;
import org.apache.kafka.common.errors.InvalidTimestampException;
import org.apache.kafka.common.errors.InvalidTopicException;
import org.apache.kafka.common.errors.PolicyViolationException;
import org.apache.kafka.common.errors.RecordBatchTooLargeException;
import org.apache.kafka.common.errors.RecordTooLargeException;
import org.apache.kafka.common.errors.SerializationException;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.common.errors.TopicAuthorizationException;
import org.apache.kafka.common.errors.UnknownTopicIdException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.jspecify.annotations.Nullable;

/**
 * What an error of the Kafka producer means for the record: the one table that decides it. Internal.
 * <p>
 * The whole cause chain is searched, since the client nests the reason: an unknown topic, for one, arrives as the cause
 * of a time-out. What is not listed is an {@link FailureKind#OUTAGE}: a good event is rather kept too long than
 * dead-lettered.
 */
public final class SendErrors {

    private static final List<Class<? extends Throwable>> RECORD = List.of(
            RecordTooLargeException.class,
            RecordBatchTooLargeException.class,
            InvalidRecordException.class,
            InvalidTimestampException.class,
            PolicyViolationException.class,
            SerializationException.class);

    private static final List<Class<? extends Throwable>> TOPIC = List.of(
            UnknownTopicOrPartitionException.class,
            UnknownTopicIdException.class,
            InvalidTopicException.class,
            TopicAuthorizationException.class);

    private SendErrors() {}

    /**
     * Classifies an error.
     * @param error what the producer threw or handed to a callback
     * @return what it means for the record
     */
    public static FailureKind classify(Throwable error) {
        for (@Nullable Throwable e = error; e != null; e = e.getCause()) {
            if (isOneOf(RECORD, e) || namesMissingPartition(e)) {
                return FailureKind.RECORD;
            }
            if (isOneOf(TOPIC, e)) {
                return FailureKind.TOPIC;
            }
        }
        return FailureKind.OUTAGE;
    }

    /**
     * A partition beyond the topic's count has no exception of its own: the client waits for metadata that would have
     * it, then gives up with this text.
     */
    private static boolean namesMissingPartition(Throwable error) {
        String message = error.getMessage();
        return error instanceof TimeoutException && message != null && message.contains("with partition count");
    }

    private static boolean isOneOf(List<Class<? extends Throwable>> types, Throwable error) {
        for (Class<? extends Throwable> type : types) {
            if (type.isInstance(error)) {
                return true;
            }
        }
        return false;
    }
}
