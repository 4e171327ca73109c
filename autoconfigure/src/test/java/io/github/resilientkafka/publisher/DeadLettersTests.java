package io.github.resilientkafka.publisher;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.mockito.ArgumentMatchers.any;
import static org.mockito.BDDMockito.willReturn;
import static org.mockito.BDDMockito.willThrow;
import static org.mockito.Mockito.mock;

import io.github.resilientkafka.publisher.DeadLetters.Presence;
import java.util.Optional;
import org.apache.kafka.common.errors.ClusterAuthorizationException;
import org.apache.kafka.common.errors.SaslAuthenticationException;
import org.apache.kafka.common.errors.TimeoutException;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;

/**
 * Topics that are looked for again and again.
 */
@ExtendWith(OutputCaptureExtension.class)
class DeadLettersTests {

    private final KafkaProbe probe = mock(KafkaProbe.class);

    private final DeadLetters deadLetters = new DeadLetters(new DlqProperties(".dlq", null, true), this.probe);

    private Presence ensure(String topic) {
        return this.deadLetters.ensureTopic(topic, Optional.empty(), true);
    }

    @Test
    @DisplayName(
            "N5: Kafka away is told once for each outage, whatever is looked for; nothing is called missing meanwhile")
    void outage(CapturedOutput output) {
        for (int outage = 1; outage <= 2; outage++) {
            willThrow(new TimeoutException("The AdminClient thread has exited"))
                    .given(this.probe)
                    .partitionCount(any());
            for (String topic : new String[] {"a.retry", "b.retry", "a.retry"}) {
                assertThat(ensure(topic)).isEqualTo(Presence.UNKNOWN);
            }
            assertThat(output.toString().split("Kafka does not answer")).hasSize(1 + outage);
            mockAnswer(3);
            assertThat(ensure("c" + outage)).isEqualTo(Presence.PRESENT);
        }
        assertThat(ensure("a.retry")).isEqualTo(Presence.PRESENT);
    }

    @Test
    @DisplayName("W3: a topic whose name is too long for a dead-letter topic's is refused with the properties to set")
    void aNameThatIsTooLong() {
        String topic = "t".repeat(246);
        assertThat(this.deadLetters.obstacle("t".repeat(245))).isNull();
        assertThatIllegalArgumentException()
                .isThrownBy(() -> this.deadLetters.ensureTopicFor(topic))
                .withMessage(this.deadLetters.obstacle(topic))
                .withMessageContainingAll("resilient-kafka.dlq.topic", "resilient-kafka.dlq.suffix");
    }

    @Test
    @DisplayName("N5: a refusal is told once for each topic, until it is over")
    void refused(CapturedOutput output) {
        mockAnswer(null);
        willThrow(new ClusterAuthorizationException("no CREATE"))
                .given(this.probe)
                .createTopic(any(), any());
        for (String topic : new String[] {"a.retry", "b.retry", "a.retry", "b.retry"}) {
            assertThat(ensure(topic)).isEqualTo(Presence.MISSING);
        }
        assertThat(output)
                .containsOnlyOnce("Topic a.retry could not be checked or created")
                .containsOnlyOnce("Topic b.retry could not be checked or created")
                .contains("no CREATE");
        willThrow(new SaslAuthenticationException("wrong password"))
                .given(this.probe)
                .partitionCount(any());
        assertThat(ensure("a.retry")).as("not even that it is missing").isEqualTo(Presence.UNKNOWN);
        assertThat(output).contains("wrong password");
    }

    private void mockAnswer(Integer partitions) {
        willReturn(Optional.ofNullable(partitions)).given(this.probe).partitionCount(any());
    }
}
