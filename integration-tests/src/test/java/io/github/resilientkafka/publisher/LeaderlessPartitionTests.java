package io.github.resilientkafka.publisher;

import static io.github.resilientkafka.TestApplication.unique;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.resilientkafka.KeyOrder;
import io.github.resilientkafka.TestApplication;
import io.github.resilientkafka.TopicReader;
import io.github.resilientkafka.message.PublishResult.Outcome;
import io.github.resilientkafka.store.EventStatus;
import io.github.resilientkafka.testing.LocalKafka;
import io.github.resilientkafka.testing.LocalPostgres;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.common.utils.Utils;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/**
 * One partition has no leader while the others answer: two brokers, one of them stopped. A record may then fail for good
 * while later ones of its key are on their way, which Kafka's client does not protect from (T2 and T3 of the gate). W5.
 */
class LeaderlessPartitionTests {

    private static final int PARTITIONS = 4;

    private final LocalPostgres postgres = LocalPostgres.shared();

    @Test
    @DisplayName(
            "W5 W2: one broker of two away: the keys of its partitions wait and keep their order, the rest flows, no attempt"
                    + " is counted")
    void restFlows() throws Exception {
        String topic = unique("orders");
        try (LocalKafka kafka = LocalKafka.builder().brokers(2).launch()) {
            try (Admin admin = Admin.create(kafka.adminConfig())) {
                Map<Integer, List<Integer>> leaders =
                        Map.of(0, List.of(0), 1, List.of(1), 2, List.of(0), 3, List.of(1));
                admin.createTopics(List.of(new NewTopic(topic, leaders))).all().get();
            }
            try (TestApplication application = TestApplication.on(kafka, this.postgres)
                            .database(this.postgres.createDatabase(unique("leaderless")))
                            .with("spring.kafka.producer.properties[delivery.timeout.ms]", 3_000)
                            .with("spring.kafka.producer.properties[request.timeout.ms]", 2_000)
                            .start();
                    SteadyLoad load = new SteadyLoad(application.publisher(), topic, "a", 2, 50, 500)) {
                load.awaitEvents(500);
                for (int outage = 0; outage < 2; outage++) {
                    kafka.broker(1).stop();
                    int before = load.size();
                    // Long enough for several records to fail for good, in the publisher's and in the relay's producer.
                    load.awaitEvents(500 * 12);
                    assertFlows(load, before, topic, kafka, Set.of(0, 2));
                    kafka.broker(1).start();
                    load.awaitAllSent(Duration.ofSeconds(90));
                }
                Set<String> durable = load.stop();
                application.awaitNoneLeft(Duration.ofSeconds(60));
                System.out.printf("%d sent, %d stored%n", load.count(Outcome.SENT), load.count(Outcome.STORED));
                KeyOrder order = KeyOrder.of(TopicReader.readAll(kafka.clientConfig(), topic));
                System.out.printf(
                        "%d durable, %d more than once, %d inversions%n",
                        durable.size(), order.duplicates(), order.inversions().size());
                assertThat(order.values()).containsAll(durable);
                assertThat(order.inversions()).isEmpty();
                assertThat(application.rows(EventStatus.DLQ)).isZero();
                assertThat(application
                                .jdbc()
                                .queryForObject("select max(attempts) from failed_kafka_events", Integer.class))
                        .isZero();
            }
        }
    }

    /**
     * Every event of a healthy partition that was published by now arrives although the other broker is away.
     */
    private static void assertFlows(
            SteadyLoad load, int from, String topic, LocalKafka kafka, Set<Integer> healthyPartitions) {
        Set<String> expected = load.published().stream()
                .skip(from)
                .filter(one -> healthyPartitions.contains(
                        Utils.toPositive(Utils.murmur2(one.key().getBytes())) % PARTITIONS))
                .map(SteadyLoad.Published::value)
                .collect(Collectors.toSet());
        long asked = System.nanoTime();
        Awaitility.await("events of healthy partitions arrive")
                .atMost(Duration.ofSeconds(30))
                .pollInterval(Duration.ofSeconds(1))
                .untilAsserted(() -> assertThat(
                                KeyOrder.of(TopicReader.readAll(kafka.clientConfig(), topic, healthyPartitions))
                                        .values())
                        .containsAll(expected));
        System.out.printf(
                "%d events of healthy partitions were there %d ms later%n",
                expected.size(), Duration.ofNanos(System.nanoTime() - asked).toMillis());
    }
}
