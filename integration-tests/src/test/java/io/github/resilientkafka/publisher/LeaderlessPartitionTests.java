package io.github.resilientkafka.publisher;

import static io.github.resilientkafka.TestApplication.unique;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.resilientkafka.KeyOrder;
import io.github.resilientkafka.StoredRows;
import io.github.resilientkafka.TestApplication;
import io.github.resilientkafka.TopicReader;
import io.github.resilientkafka.message.PublishResult.Outcome;
import io.github.resilientkafka.store.EventStatus;
import io.github.resilientkafka.store.FailedEvent;
import io.github.resilientkafka.testing.LocalKafka;
import io.github.resilientkafka.testing.LocalPostgres;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.common.utils.Utils;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * One partition has no leader while the others answer: two brokers, one of them stopped. A record may then fail for good
 * while later ones of its key are on their way, which Kafka's client does not protect from (T2 and T3 of the gate). W5.
 */
@Tag("unhurried")
class LeaderlessPartitionTests {

    private static final int PARTITIONS = 4;

    private static final int HEALTHY = 0;

    private static final int LEADERLESS = 1;

    private static final int LANES = 8;

    private static final int FEW_UPDATES = 1_000;

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
                assertThat(application.attempts()).isZero();
            }
        }
    }

    @Test
    @DisplayName(
            "W5 W2: more rows wait for a partition without leader than are remembered: other lanes flow, nobody spins,"
                    + " all of them arrive in order in the end, no attempt is counted")
    void moreThanAreRemembered() throws Exception {
        String topic = unique("orders");
        try (LocalKafka kafka = LocalKafka.builder().brokers(2).launch()) {
            try (Admin admin = Admin.create(kafka.adminConfig())) {
                admin.createTopics(List.of(new NewTopic(topic, Map.of(HEALTHY, List.of(0), LEADERLESS, List.of(1)))))
                        .all()
                        .get();
            }
            try (TestApplication application = TestApplication.on(kafka, this.postgres)
                    .database(this.postgres.createDatabase(unique("leaderless")))
                    .with("resilient-kafka.retry.interval", "10m")
                    .with("spring.kafka.producer.properties[delivery.timeout.ms]", 3_000)
                    .with("spring.kafka.producer.properties[request.timeout.ms]", 2_000)
                    .start()) {
                kafka.broker(1).stop();
                List<FailedEvent> rows =
                        new ArrayList<>(rows(topic, LEADERLESS, 0, 0, PartitionHolds.MAX_REMEMBERED + 3_000));
                List<FailedEvent> flowing = rows(topic, HEALTHY, LANES, 0, 800);
                rows.addAll(flowing);
                StoredRows.save(application, rows);
                application.retries().drainNow();
                awaitResolved(application, flowing.size());
                PartitionHolds holds = application.context().getBean(PartitionHolds.class);
                Awaitility.await("as many rows remembered as ever are")
                        .atMost(Duration.ofSeconds(60))
                        .until(holds::isFull);

                List<FailedEvent> more = rows(topic, HEALTHY, LANES, 800, 800);
                StoredRows.save(application, more);
                awaitResolved(application, flowing.size() + more.size());
                long updates = laneUpdates(application);
                Awaitility.await("nobody spins")
                        .during(Duration.ofSeconds(5))
                        .atMost(Duration.ofSeconds(6))
                        .until(() -> laneUpdates(application) - updates, count -> count < FEW_UPDATES);
                System.out.printf("%d updates of lanes in 5 s%n", laneUpdates(application) - updates);

                kafka.broker(1).start();
                application.awaitNoneLeft(Duration.ofSeconds(90));
                KeyOrder order = KeyOrder.of(TopicReader.readAll(kafka.clientConfig(), topic));
                assertThat(order.values()).hasSize(rows.size() + more.size());
                assertThat(order.inversions()).isEmpty();
                assertThat(application.rows(EventStatus.DLQ)).isZero();
                assertThat(application.attempts()).isZero();
            }
        }
    }

    /**
     * Rows for a partition, in turn for so many lanes and one key in each.
     */
    private static List<FailedEvent> rows(String topic, int partition, int firstLane, int from, int count) {
        List<String> keys = IntStream.iterate(0, i -> i + 1)
                .mapToObj(i -> "key-" + i)
                .filter(key -> Utils.toPositive(Utils.murmur2(key.getBytes())) % 2 == partition)
                .limit(LANES)
                .toList();
        return IntStream.range(from, from + count)
                .mapToObj(i -> StoredRows.row(firstLane + i % LANES, topic, keys.get(i % LANES), partition + "-" + i))
                .toList();
    }

    private static void awaitResolved(TestApplication application, long rows) {
        long asked = System.nanoTime();
        Awaitility.await("rows of other lanes delivered")
                .atMost(Duration.ofSeconds(30))
                .until(() -> application.rows(EventStatus.RESOLVED), count -> count == rows);
        System.out.printf(
                "%d rows of other lanes delivered after %d ms%n",
                rows, Duration.ofNanos(System.nanoTime() - asked).toMillis());
    }

    /**
     * How often lanes were leased, renewed or given back: a pass of the relay does each once.
     */
    private static long laneUpdates(TestApplication application) {
        Long updates = application
                .jdbc()
                .queryForObject("select n_tup_upd from pg_stat_user_tables where relname = 'kafka_lane'", Long.class);
        return (updates == null) ? 0 : updates;
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
