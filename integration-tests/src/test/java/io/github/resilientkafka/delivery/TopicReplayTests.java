package io.github.resilientkafka.delivery;

import static io.github.resilientkafka.TestApplication.unique;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import io.github.resilientkafka.TestApplication;
import io.github.resilientkafka.TopicReader;
import io.github.resilientkafka.delivery.ReplayProgress.State;
import io.github.resilientkafka.testing.LocalKafka;
import io.github.resilientkafka.testing.LocalPostgres;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.NoSuchBeanDefinitionException;

/**
 * Replays of dead-letter topics, by an application that stores nothing.
 */
@Tag("unhurried")
class TopicReplayTests {

    private static final ReplayOptions FAST = ReplayOptions.fromTopic().withRowsPerSecond(100_000);

    private static LocalKafka kafka;

    private static TestApplication application;

    private final String topic = unique("orders");

    private final DeadLetterTopic letters = new DeadLetterTopic(kafka, this.topic);

    @BeforeAll
    static void start() {
        kafka = LocalKafka.shared();
        application = TestApplication.on(kafka, LocalPostgres.shared())
                .with("spring.kafka.properties[group.protocol]", "consumer")
                .withoutDatabase()
                .start();
    }

    @AfterAll
    static void stop() {
        application.close();
    }

    @Test
    @DisplayName(
            "H7 replay of a topic: key, value and headers as they first came, one more replay counted, and none twice")
    void asItFirstCame() {
        this.letters.create(3).add(0, 1_000);
        this.letters.add(1_000, 1, i -> Map.of("rk_original_topic", this.topic + ".dlq"));
        this.letters.add(1_001, 1, i -> Map.of("rk_original_topic", "no topic", "rk_replays", "2"));

        ReplayProgress progress = ended(replay(FAST));

        assertThat(progress.state()).isEqualTo(State.DONE);
        assertThat(progress.found()).as("%s", progress).isEqualTo(1_002);
        assertThat(progress.replayed()).isEqualTo(1_002);
        assertThat(progress.left()).isZero();
        List<ConsumerRecord<byte[], byte[]>> records = this.letters.records("");
        assertThat(records).hasSize(1_002).allSatisfy(record -> {
            assertThat(TopicReader.text(record.key())).isEqualTo("k" + DeadLetterTopic.number(record) % 200);
            assertThat(TopicReader.header(record, "own")).isEqualTo("kept");
            assertThat(record.headers().toArray()).hasSize(2);
            assertThat(TopicReader.header(record, "rk_replays"))
                    .isEqualTo(DeadLetterTopic.number(record) == 1_001 ? "3" : "1");
        });
        assertInOrder(records);

        assertThat(ended(replay(FAST)).found()).as("nothing new").isZero();
        this.letters.add(1_002, 7);
        assertThat(ended(replay(FAST)).replayed()).as("what came since").isEqualTo(7);
        assertThat(this.letters.records("")).hasSize(1_009);
        assertThat(this.letters.records(".dlq")).as("the copies stay").hasSize(1_009);
    }

    @Test
    @DisplayName(
            "H7 replay of a topic: what fails after its third replay is parked with all headers, and comes back on demand")
    void parked() {
        this.letters.create(1).add(0, 20);
        double replayedBefore = counted("kafka.dlq.replayed");
        double parkedBefore = counted("kafka.dlq.parked");
        int seen = 0;
        for (int i = 0; i < 3; i++) {
            assertThat(ended(replay(FAST)).replayed()).isEqualTo(20);
            seen = this.letters.failAgain(seen);
        }
        ReplayProgress dryRun = ended(replay(FAST.asDryRun()));
        assertThat(dryRun.parked()).isEqualTo(20);
        assertThat(dryRun.replayed()).isZero();

        ReplayProgress progress = ended(replay(FAST));

        assertThat(progress.state()).isEqualTo(State.DONE);
        assertThat(progress.parked()).isEqualTo(20);
        assertThat(progress.replayed()).isZero();
        assertThat(this.letters.numbers("")).hasSize(20).allSatisfy((number, count) -> assertThat(count)
                .isEqualTo(3));
        assertThat(this.letters.records(".parked")).hasSize(20).allSatisfy(record -> {
            assertThat(TopicReader.header(record, "rk_replays")).isEqualTo("3");
            assertThat(TopicReader.header(record, "rk_error")).isEqualTo("again");
            assertThat(TopicReader.header(record, "own")).isEqualTo("kept");
        });

        assertThat(ended(replay(FAST.withSource(ReplaySource.PARKED))).replayed())
                .isEqualTo(20);
        assertThat(this.letters.records(""))
                .hasSize(80)
                .filteredOn(record -> TopicReader.header(record, "rk_replays").equals("1"))
                .as("with their chances anew")
                .hasSize(40);
        assertThat(counted("kafka.dlq.replayed") - replayedBefore).isEqualTo(80);
        assertThat(counted("kafka.dlq.parked") - parkedBefore).isEqualTo(20);
    }

    private static double counted(String meter) {
        return application
                .context()
                .getBean(MeterRegistry.class)
                .get(meter)
                .counter()
                .count();
    }

    @Test
    @DisplayName(
            "H7 replay of a topic: a dry run counts and shows examples; a limit; another job does the rest; again from"
                    + " the beginning on request")
    void dryRunLimitAndBeginning() {
        this.letters.create(3).add(0, 2_500);

        ReplayProgress dryRun = ended(replay(FAST.asDryRun()));
        assertThat(dryRun.found()).isEqualTo(2_500);
        assertThat(dryRun.replayed()).isZero();
        assertThat(dryRun.examples()).hasSize(5).allSatisfy(example -> {
            assertThat(example.offset()).isNotNull();
            assertThat(example.key()).startsWith("k");
            assertThat(example.group()).isEqualTo("billing");
            assertThat(example.error()).startsWith("No such customer");
        });
        assertThat(this.letters.records("")).isEmpty();

        ReplayProgress some = ended(replay(FAST.withLimit(700)));
        assertThat(some.state()).isEqualTo(State.DONE);
        assertThat(some.replayed()).isEqualTo(700);
        assertThat(this.letters.records("")).hasSize(700);
        assertThat(ended(replay(FAST)).replayed()).isEqualTo(1_800);
        assertThat(this.letters.numbers("")).hasSize(2_500).allSatisfy((number, count) -> assertThat(count)
                .isOne());

        assertThat(ended(replay(FAST.startingFromBeginning())).replayed()).isEqualTo(2_500);
        assertThat(ended(replay(FAST)).found()).isZero();
    }

    @Test
    @DisplayName(
            "H7 replay of a topic: filters take what they name and hide nothing from later jobs; a filter has progress"
                    + " of its own, which begins where jobs without have come to")
    void filters() {
        Instant start = Instant.now();
        this.letters.create(3);
        this.letters.add(0, 100, i -> Map.of("rk_group", i % 2 == 0 ? "billing" : "shipping"));

        ReplayOptions shipping = FAST.withFilter(ReplayFilter.ALL.withGroup("shipping"));
        ReplayProgress progress = ended(replay(shipping));
        assertThat(progress.replayed()).isEqualTo(50);
        assertThat(progress.skipped()).isEqualTo(50);
        assertThat(this.letters.numbers("").keySet()).allMatch(number -> number % 2 == 1);
        assertThat(ended(replay(shipping)).found()).as("no second time").isZero();

        assertThat(count(ReplayFilter.ALL.withKey("k7"))).isEqualTo(1);
        assertThat(count(ReplayFilter.ALL.withReason("bad_data"))).isEqualTo(100);
        assertThat(count(ReplayFilter.ALL.withError("no such CUSTOMER 42"))).isEqualTo(1);
        assertThat(count(ReplayFilter.ALL.withDeadLettered(start.minusSeconds(1), null)))
                .isEqualTo(100);
        assertThat(count(ReplayFilter.ALL.withDeadLettered(null, start.minusSeconds(1))))
                .isZero();

        assertThat(ended(replay(FAST)).replayed()).as("nothing was hidden").isEqualTo(100);
        assertThat(count(ReplayFilter.ALL.withGroup("billing")))
                .as("replayed by now")
                .isZero();
    }

    @Test
    @DisplayName("H7 replay of a topic: the rate is kept; cancelled in the middle, another job goes on exactly there")
    void rateAndCancel() {
        this.letters.create(3).add(0, 3_000);
        long start = System.nanoTime();
        ReplayJob slow = replay(FAST.withRowsPerSecond(1_000));
        Awaitility.await()
                .pollInterval(Duration.ofMillis(10))
                .until(() -> slow.progress().replayed() >= 1_000);
        double seconds = Duration.ofNanos(System.nanoTime() - start).toMillis() / 1_000.0;
        assertThat(slow.progress().replayed()).isLessThanOrEqualTo(Math.round(1_000 * (seconds + 0.5)));

        assertThat(slow.cancel()).isTrue();

        ReplayProgress cancelled = ended(slow);
        assertThat(cancelled.state()).isEqualTo(State.CANCELLED);
        assertThat(cancelled.left()).isEqualTo(3_000 - cancelled.replayed());
        assertThat(ended(replay(FAST)).replayed()).isEqualTo(3_000 - cancelled.replayed());
        assertThat(this.letters.numbers("")).hasSize(3_000).allSatisfy((number, count) -> assertThat(count)
                .isOne());
        assertInOrder(this.letters.records(""));
    }

    @Test
    @DisplayName("H7 replay of a topic: without the topic that records are meant for the job says so, and they stay")
    void missingTopics() {
        kafka.createTopic(this.topic + ".dlq", 1);
        this.letters.add(0, 10, i -> Map.of("rk_original_topic", this.topic + "_gone"));

        ReplayProgress progress = ended(replay(FAST));

        assertThat(progress.state()).isEqualTo(State.FAILED);
        assertThat(progress.error()).contains("There is no topic " + this.topic + "_gone");
        kafka.createTopic(this.topic + "_gone", 1);
        assertThat(ended(replay(FAST)).replayed()).isEqualTo(10);
        assertThat(ended(application.context().getBean(DeadLetterReplays.class).start(unique("never"), FAST))
                        .error())
                .contains("There is no topic never");
    }

    @Test
    @DisplayName("H7 replay of a topic: a record that Kafka refuses for itself is parked, where nothing is stored")
    void refusedRecord() {
        kafka.createTopic(this.topic, 1, Map.of("max.message.bytes", "140000"));
        kafka.createTopic(this.topic + ".dlq", 1);
        this.letters.add(0, 10, i -> (i == 5) ? Map.of("large", "x".repeat(150_000)) : Map.of());

        ReplayProgress progress = ended(replay(FAST));

        assertThat(progress.state()).isEqualTo(State.DONE);
        assertThat(progress.replayed()).isEqualTo(9);
        assertThat(progress.parked()).isEqualTo(1);
        assertThat(this.letters.numbers("")).hasSize(9).doesNotContainKey(5);
        assertThat(this.letters.records(".parked")).singleElement().satisfies(record -> {
            assertThat(DeadLetterTopic.number(record)).isEqualTo(5);
            assertThat(TopicReader.header(record, "rk_error")).contains("TooLarge");
        });
    }

    @Test
    @DisplayName("H7 replay of a topic: one that was deleted and created anew is replayed from its beginning")
    void createdAnew() throws Exception {
        this.letters.create(1).add(0, 50);
        assertThat(ended(replay(FAST)).replayed()).isEqualTo(50);
        try (Admin admin = Admin.create(kafka.adminConfig())) {
            admin.deleteTopics(List.of(this.topic + ".dlq")).all().get();
        }
        Awaitility.await().ignoreExceptions().until(() -> {
            kafka.createTopic(this.topic + ".dlq", 1);
            return true;
        });
        this.letters.add(50, 5);

        assertThat(ended(replay(FAST)).replayed()).isEqualTo(5);
        assertThat(this.letters.numbers("").keySet())
                .containsExactlyInAnyOrderElementsOf(
                        IntStream.range(0, 55).boxed().toList());
    }

    @Test
    @DisplayName(
            "H7 replay: stored dead letters are refused where nothing is stored; the service that has them is not there")
    void nothingStored() {
        assertThatIllegalStateException()
                .isThrownBy(() -> replay(ReplayOptions.defaults()))
                .withMessageContaining("stores no events");
        assertThatExceptionOfType(NoSuchBeanDefinitionException.class).isThrownBy(application::retries);
    }

    private long count(ReplayFilter filter) {
        return ended(replay(FAST.withFilter(filter).asDryRun())).found();
    }

    private ReplayJob replay(ReplayOptions options) {
        return application.context().getBean(DeadLetterReplays.class).start(this.topic, options);
    }

    static ReplayProgress ended(ReplayJob job) {
        Awaitility.await("end of the replay")
                .atMost(Duration.ofSeconds(40))
                .pollInterval(Duration.ofMillis(10))
                .until(() -> job.progress().endedAt() != null);
        return job.progress();
    }

    static void assertInOrder(List<ConsumerRecord<byte[], byte[]>> records) {
        Map<String, Integer> last = new HashMap<>();
        for (ConsumerRecord<byte[], byte[]> record : records) {
            String key = TopicReader.text(record.key());
            assertThat(DeadLetterTopic.number(record)).as(key).isGreaterThan(last.getOrDefault(key, -1));
            last.put(key, DeadLetterTopic.number(record));
        }
    }
}
