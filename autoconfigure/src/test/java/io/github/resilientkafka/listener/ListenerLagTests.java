package io.github.resilientkafka.listener;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Map;
import java.util.Set;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/**
 * How lag is summed up, and how Kafka is asked for it.
 */
@DisplayName("D6: lag of listeners")
class ListenerLagTests {

    private static final TopicPartition ONE = new TopicPartition("topic", 0);

    private static final TopicPartition OTHER = new TopicPartition("topic", 1);

    @Test
    void itIsThatOfThePartitionsThatAreThere() {
        assertThat(ListenerLag.of(Map.of(ONE, 3.0, OTHER, 4.0), Set.of(ONE, OTHER)))
                .isEqualTo(new ListenerLag(7, 4));
        assertThat(ListenerLag.of(Map.of(ONE, 3.0, OTHER, 4.0), Set.of(ONE))).isEqualTo(new ListenerLag(3, 3));
    }

    @Test
    void withoutAnAnswerForOneOfThemItIsNotKnown() {
        assertThat(ListenerLag.of(Map.of(ONE, 3.0), Set.of(ONE, OTHER))).isEqualTo(ListenerLag.UNKNOWN);
        assertThat(ListenerLag.of(Map.of(ONE, 3.0, OTHER, Double.NaN), Set.of(ONE, OTHER)))
                .isEqualTo(ListenerLag.UNKNOWN);
    }

    @Test
    void itIsAskedForAsTheConsumerConnectsAndNotAsItReads() {
        assertThat(LagClients.connection(Map.of(
                        "bootstrap.servers", "kafka:9094",
                        "security.protocol", "SSL",
                        "org.springframework.boot.ssl.SslBundle", "the bundle",
                        "client.id", "orders",
                        "group.id", "orders",
                        "request.timeout.ms", "90000",
                        "interceptor.classes", "com.example.Mine",
                        "value.deserializer", "com.example.Deserializer")))
                .containsOnlyKeys("bootstrap.servers", "security.protocol", "org.springframework.boot.ssl.SslBundle");
    }

    @Test
    void afterTheEndNobodyIsAskedAnyMore() {
        LagClients clients = new LagClients();
        clients.close();
        assertThatThrownBy(() -> clients.forConsumer(Map.of("bootstrap.servers", "127.0.0.1:1")))
                .isInstanceOf(IllegalStateException.class);
    }
}
