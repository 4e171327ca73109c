package io.github.resilientkafka.delivery;

import static io.github.resilientkafka.TestApplication.unique;
import static io.github.resilientkafka.delivery.TopicReplayTests.assertInOrder;
import static io.github.resilientkafka.delivery.TopicReplayTests.ended;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.resilientkafka.TestApplication;
import io.github.resilientkafka.delivery.ReplayProgress.State;
import io.github.resilientkafka.store.EventStatus;
import io.github.resilientkafka.testing.LocalKafka;
import io.github.resilientkafka.testing.LocalPostgres;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.stream.IntStream;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Import;
import org.springframework.kafka.annotation.KafkaListener;

/**
 * Replays of dead-letter topics through what ends or disturbs them: a crash, a frozen broker, other instances.
 */
@Tag("unhurried")
class TopicReplayOutageTests {

    private static final int MANY = 10_000;

    private static final int CHUNK = 500;

    private static final String STALL_TIMEOUT = "resilient-kafka.publisher.stall-timeout";

    private static final ReplayOptions FAST = ReplayOptions.fromTopic().withRowsPerSecond(100_000);

    private final String topic = unique("orders");

    @Test
    @DisplayName(
            "H7 replay of 10,000 dead letters, killed in the middle: each returns at least once, none is lost, at most a"
                    + " chunk twice; hopeless ones are parked")
    void killedInTheMiddle() {
        LocalKafka kafka = LocalKafka.shared();
        LocalPostgres postgres = LocalPostgres.shared();
        String database = postgres.createDatabase(unique("replay"));
        DeadLetterTopic letters = new DeadLetterTopic(kafka, this.topic).create(3);
        letters.add(0, MANY, i -> i % 10 == 0 ? Map.of("rk_replays", "3") : Map.of());
        try (ChildApplication child = ChildApplication.replayingTopicUntil(
                TestApplication.on(kafka, postgres).database(database), this.topic, 4_200)) {
            await("in the middle of a chunk", child::hasHalted);
            child.jvm().kill();
        }
        long before = letters.count("");
        assertThat(before).isLessThan(8_000);
        try (TestApplication restarted =
                TestApplication.on(kafka, postgres).database(database).start()) {
            long start = System.nanoTime();
            ReplayProgress rest = ended(replays(restarted).start(this.topic, FAST));
            Duration took = Duration.ofNanos(System.nanoTime() - start);

            assertThat(rest.state()).isEqualTo(State.DONE);
            Map<Integer, Integer> arrived = letters.numbers("");
            Map<Integer, Integer> parked = letters.numbers(".parked");
            int duplicates = sum(arrived) + sum(parked) - MANY;
            System.out.printf(
                    "killed with %d in the topic; the next job replayed %d and parked %d within %d ms (of which a dead"
                            + " member's session takes up to 6,000); %d arrived twice%n",
                    before, rest.replayed(), rest.parked(), took.toMillis(), duplicates);
            assertThat(arrived.keySet())
                    .containsExactlyInAnyOrderElementsOf(IntStream.range(0, MANY)
                            .filter(i -> i % 10 != 0)
                            .boxed()
                            .toList());
            assertThat(parked.keySet())
                    .containsExactlyInAnyOrderElementsOf(IntStream.range(0, MANY)
                            .filter(i -> i % 10 == 0)
                            .boxed()
                            .toList());
            assertThat(duplicates).isBetween(0, CHUNK);
            assertInOrder(firstCopies(letters.records("")));
            assertThat(restarted.rows(EventStatus.PENDING)).isZero();
        }
    }

    @Test
    @DisplayName("H7 replay of a topic: two instances at once share it: everything once, and both see the end")
    void twoInstances() {
        LocalKafka kafka = LocalKafka.shared();
        DeadLetterTopic letters = new DeadLetterTopic(kafka, this.topic).create(3);
        letters.add(0, 6_000);
        try (TestApplication one = storingNothing(kafka).start();
                TestApplication two = storingNothing(kafka).start()) {
            ReplayOptions slow = FAST.withRowsPerSecond(2_000);
            ReplayJob first = replays(one).start(this.topic, slow);
            await("the first one has begun", () -> first.progress().replayed() > 0);
            ReplayJob second = replays(two).start(this.topic, slow);
            ReplayProgress progressOfFirst = ended(first);
            ReplayProgress progressOfSecond = ended(second);

            assertThat(List.of(progressOfFirst.state(), progressOfSecond.state()))
                    .containsOnly(State.DONE);
            assertThat(List.of(progressOfFirst.left(), progressOfSecond.left())).containsOnly(0L);
            assertThat(progressOfSecond.replayed()).as("its share").isPositive();
            assertThat(progressOfFirst.replayed() + progressOfSecond.replayed()).isEqualTo(6_000);
            Map<Integer, Integer> arrived = letters.numbers("");
            System.out.printf(
                    "two instances: %d and %d, %d arrived twice%n",
                    progressOfFirst.replayed(), progressOfSecond.replayed(), sum(arrived) - 6_000);
            assertThat(arrived).hasSize(6_000);
            assertThat(sum(arrived)).isBetween(6_000, 6_000 + CHUNK);
            assertInOrder(firstCopies(letters.records("")));
        }
    }

    @Test
    @DisplayName("H7 replay of a topic: with Kafka frozen in the middle the job waits, visibly, and goes on; it can be"
            + " cancelled meanwhile, and the application stopped; with a database, and without")
    void frozen() {
        LocalPostgres postgres = LocalPostgres.shared();
        try (LocalKafka kafka = LocalKafka.launch();
                TestApplication storing = TestApplication.on(kafka, postgres)
                        .database(postgres.createDatabase(unique("replay")))
                        .with(STALL_TIMEOUT, "1s")
                        .start();
                TestApplication bare =
                        storingNothing(kafka).with(STALL_TIMEOUT, "1s").start()) {
            DeadLetterTopic letters = new DeadLetterTopic(kafka, this.topic).create(3);
            letters.add(0, 4_000);
            DeadLetterTopic others = new DeadLetterTopic(kafka, this.topic + "_bare").create(3);
            others.add(0, 4_000);
            ReplayOptions slow = FAST.withRowsPerSecond(2_000);
            ReplayJob job = replays(storing).start(this.topic, slow);
            ReplayJob bareJob = replays(bare).start(this.topic + "_bare", slow);
            awaitFrozenInTheMiddle(kafka, job, bareJob);
            ReplayJob cancelled = replays(bare).start(this.topic + "_cancelled", FAST);
            await("waits", () -> cancelled.progress().state() == State.WAITING);
            assertThat(cancelled.cancel()).isTrue();
            assertThat(ended(cancelled).state()).isEqualTo(State.CANCELLED);
            kafka.thaw();

            assertThat(ended(job).state()).isEqualTo(State.DONE);
            assertThat(ended(bareJob).state()).isEqualTo(State.DONE);
            assertThat(storing.rows(EventStatus.PENDING) + storing.rows(EventStatus.RESOLVED))
                    .as("what was in flight was stored, no more")
                    .isBetween(1L, (long) CHUNK);
            storing.awaitNoneLeft(Duration.ofSeconds(20));
            assertOnceOrAChunkTwice("frozen, storing", letters);
            assertOnceOrAChunkTwice("frozen, storing nothing", others);
            assertThat(bare.publisher().getPublisherStats().lostEvents())
                    .as("they were in their dead-letter topic")
                    .isZero();

            others.add(4_000, 4_000);
            ReplayJob stopped = replays(bare).start(this.topic + "_bare", slow);
            awaitFrozenInTheMiddle(kafka, stopped);
            long start = System.nanoTime();
            bare.close();
            assertThat(stopped.progress().state()).isEqualTo(State.CANCELLED);
            assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(10));
            kafka.thaw();
        }
    }

    private static void awaitFrozenInTheMiddle(LocalKafka kafka, ReplayJob... jobs) {
        for (ReplayJob job : jobs) {
            await("some replayed", () -> job.progress().replayed() >= 1_000);
        }
        kafka.freeze();
        for (ReplayJob job : jobs) {
            await("waits", () -> job.progress().state() == State.WAITING);
            assertThat(job.progress().error()).isNotBlank();
        }
    }

    private static void assertOnceOrAChunkTwice(String what, DeadLetterTopic letters) {
        Map<Integer, Integer> arrived = letters.numbers("");
        System.out.printf("%s: %d arrived twice%n", what, sum(arrived) - 4_000);
        assertThat(arrived).hasSize(4_000);
        assertThat(sum(arrived)).isBetween(4_000, 4_000 + CHUNK);
        assertInOrder(firstCopies(letters.records("")));
    }

    @Test
    @DisplayName(
            "H7 replay by cron: what the application's listeners read is replayed, by two instances not twice, again and"
                    + " again")
    void cron() {
        LocalKafka kafka = LocalKafka.shared();
        DeadLetterTopic letters = new DeadLetterTopic(kafka, this.topic).create(3);
        letters.add(0, 3_000);
        try (TestApplication one = listening(kafka).start();
                TestApplication two = listening(kafka).start()) {
            await("replayed", () -> letters.count("") >= 3_000);
            letters.add(3_000, 1_000);
            await("replayed, too", () -> letters.count("") >= 4_000);
            await(
                    "idle",
                    () -> replays(one).jobs().stream()
                                    .allMatch(job -> job.progress().endedAt() != null)
                            && replays(two).jobs().stream()
                                    .allMatch(job -> job.progress().endedAt() != null));
            Map<Integer, Integer> arrived = letters.numbers("");
            System.out.printf("cron, two instances: %d arrived twice%n", sum(arrived) - 4_000);
            assertThat(arrived).hasSize(4_000);
            assertThat(sum(arrived)).isBetween(4_000, 4_000 + CHUNK);
        }
    }

    private TestApplication.Builder listening(LocalKafka kafka) {
        return storingNothing(kafka)
                .sources(Listening.class)
                .with("test.topic", this.topic)
                .with("spring.kafka.consumer.group-id", this.topic)
                .with("resilient-kafka.dlq.replay.cron", "* * * * * *");
    }

    /**
     * Listens to the topic, and is given no record.
     */
    @Configuration(proxyBeanMethods = false)
    @Import(TestApplication.Minimal.class)
    static class Listening {

        @Bean
        Listener listener() {
            return new Listener();
        }
    }

    static class Listener {

        @KafkaListener(topics = "${test.topic}", autoStartup = "false")
        void handle(String value) {}
    }

    private static TestApplication.Builder storingNothing(LocalKafka kafka) {
        return TestApplication.on(kafka, LocalPostgres.shared()).withoutDatabase();
    }

    private static DeadLetterReplays replays(TestApplication application) {
        return application.context().getBean(DeadLetterReplays.class);
    }

    private static int sum(Map<Integer, Integer> numbers) {
        return numbers.values().stream().mapToInt(Integer::intValue).sum();
    }

    private static List<ConsumerRecord<byte[], byte[]>> firstCopies(List<ConsumerRecord<byte[], byte[]>> records) {
        Map<Integer, ConsumerRecord<byte[], byte[]>> first = new LinkedHashMap<>();
        records.forEach(record -> first.putIfAbsent(DeadLetterTopic.number(record), record));
        return new ArrayList<>(first.values());
    }

    private static void await(String what, Callable<Boolean> condition) {
        Awaitility.await(what)
                .atMost(Duration.ofSeconds(40))
                .pollInterval(Duration.ofMillis(20))
                .until(condition);
    }
}
