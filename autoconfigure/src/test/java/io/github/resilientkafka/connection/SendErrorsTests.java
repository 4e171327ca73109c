package io.github.resilientkafka.connection;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import io.github.resilientkafka.message.FailureKind;
import java.util.stream.Stream;
import org.apache.kafka.clients.producer.BufferExhaustedException;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.errors.ClusterAuthorizationException;
import org.apache.kafka.common.errors.DisconnectException;
import org.apache.kafka.common.errors.InvalidTimestampException;
import org.apache.kafka.common.errors.InvalidTopicException;
import org.apache.kafka.common.errors.NotEnoughReplicasException;
import org.apache.kafka.common.errors.NotLeaderOrFollowerException;
import org.apache.kafka.common.errors.RecordTooLargeException;
import org.apache.kafka.common.errors.SaslAuthenticationException;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.common.errors.TopicAuthorizationException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

@DisplayName("W1: what an error of the producer means for the record")
class SendErrorsTests {

    @ParameterizedTest(name = "{1} is {0}")
    @MethodSource("errors")
    void isDecidedByTheWholeCauseChain(FailureKind kind, Throwable error) {
        assertThat(SendErrors.classify(error)).isEqualTo(kind);
        assertThat(SendErrors.classify(new KafkaException("wrapped", new RuntimeException(error))))
                .isEqualTo(kind);
    }

    static Stream<Arguments> errors() {
        return Stream.of(
                arguments(FailureKind.RECORD, new RecordTooLargeException("1 MB")),
                arguments(FailureKind.RECORD, new InvalidTimestampException("too old")),
                arguments(
                        FailureKind.RECORD,
                        new TimeoutException(
                                "Partition 7 of topic t with partition count 3 is not present in metadata after 500 ms.")),
                arguments(
                        FailureKind.TOPIC,
                        new TimeoutException(
                                "Topic t not present in metadata after 500 ms.",
                                new UnknownTopicOrPartitionException())),
                arguments(FailureKind.TOPIC, new TopicAuthorizationException("t")),
                arguments(FailureKind.TOPIC, new InvalidTopicException("t")),
                arguments(FailureKind.OUTAGE, new TimeoutException("Topic t not present in metadata after 500 ms.")),
                arguments(FailureKind.OUTAGE, new DisconnectException()),
                arguments(FailureKind.OUTAGE, new NotLeaderOrFollowerException()),
                arguments(FailureKind.OUTAGE, new NotEnoughReplicasException()),
                arguments(FailureKind.OUTAGE, new SaslAuthenticationException("no")),
                arguments(FailureKind.OUTAGE, new ClusterAuthorizationException("no")),
                arguments(FailureKind.OUTAGE, new BufferExhaustedException("full")),
                arguments(FailureKind.OUTAGE, new IllegalStateException("closed")));
    }
}
