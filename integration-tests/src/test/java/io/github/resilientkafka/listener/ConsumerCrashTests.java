package io.github.resilientkafka.listener;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.github.resilientkafka.TopicReader;
import io.github.resilientkafka.testing.ChildJvm;
import io.github.resilientkafka.testing.LocalKafka;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.IntStream;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Import;
import org.springframework.core.env.Environment;
import org.springframework.kafka.annotation.KafkaListener;

/**
 * A consuming application is killed in the midst of good, flaky and bad records, and started again.
 */
@Tag("unhurried")
class ConsumerCrashTests {

    private static final int PARTITIONS = 3;

    private static final int RECORDS = 1_500;

    private static final int MAX_POLL = 100;

    private final ListenerWorld world = new ListenerWorld(LocalKafka.shared());

    private final String topic = this.world.topic(PARTITIONS);

    @TempDir
    Path directory;

    @AfterEach
    void close() {
        this.world.close();
    }

    @Test
    @DisplayName(
            "D2, N6: killed twice, nothing is lost: every record was handled, in order, or dead-lettered; nothing is"
                    + " committed that was not; duplicates are few and counted")
    void killed() throws Exception {
        for (int number = 0; number < RECORDS; number++) {
            for (int partition = 0; partition < PARTITIONS; partition++) {
                this.world.send(this.topic, partition, kind(number) + partition + "-" + number);
            }
        }
        this.world.flush();
        Path journal = Files.createFile(this.directory.resolve("journal"));
        List<String> arguments = this.world
                .application(this.topic, Main.class)
                .with("test.journal", journal)
                .with("spring.kafka.consumer.max-poll-records", MAX_POLL)
                .with("spring.kafka.consumer.properties.session.timeout.ms", 6_000)
                .with("resilient-kafka.listener.pause", "50ms")
                .arguments();
        int kills = 2;
        for (int kill = 1; kill <= kills; kill++) {
            int enough = RECORDS * PARTITIONS * kill / 4;
            try (ChildJvm child = launch(arguments)) {
                await("handled")
                        .atMost(Duration.ofSeconds(60))
                        .until(() -> lines(journal).size() > enough);
                child.kill();
            }
            assertNothingCommittedThatWasNotHandled(journal);
        }
        try (ChildJvm child = launch(arguments)) {
            await("all committed")
                    .atMost(Duration.ofSeconds(90))
                    .until(() -> child.isAlive()
                            && IntStream.range(0, PARTITIONS)
                                    .allMatch(partition ->
                                            this.world.committed(this.topic, this.topic, partition) == RECORDS));
        }
        assertNothingCommittedThatWasNotHandled(journal);
        assertOrder(journal);
        int duplicates = lines(journal).size() - new HashSet<>(lines(journal)).size();
        System.out.printf(
                "consumer killed %d times: %d records handled, %d of them twice%n",
                kills, lines(journal).size(), duplicates);
        assertThat(duplicates).as("at most what was polled and not committed").isLessThanOrEqualTo(kills * MAX_POLL);
    }

    /** One in 50 is bad, one in 70 fails the first time. */
    private static String kind(int number) {
        return (number % 50 == 7) ? "bad" : (number % 70 == 9) ? "flaky" : "good";
    }

    private ChildJvm launch(List<String> arguments) throws IOException {
        return ChildJvm.launch(Files.createTempDirectory("resilient-kafka-child-"), Main.class, arguments);
    }

    private static List<String> lines(Path journal) {
        try {
            String text = Files.readString(journal);
            return text.substring(0, text.lastIndexOf('\n') + 1).lines().toList();
        } catch (IOException ex) {
            throw new UncheckedIOException(ex);
        }
    }

    private void assertNothingCommittedThatWasNotHandled(Path journal) {
        Set<String> done = new HashSet<>(lines(journal));
        if (this.world.exists(this.topic + ".dlq")) {
            TopicReader.readAll(this.world.kafka.clientConfig(), this.topic + ".dlq")
                    .forEach(record -> done.add(TopicReader.text(record.value())));
        }
        for (int partition = 0; partition < PARTITIONS; partition++) {
            long committed = this.world.committed(this.topic, this.topic, partition);
            for (int number = 0; number < committed; number++) {
                assertThat(done).contains(kind(number) + partition + "-" + number);
            }
        }
    }

    /** Of first occurrences; what was bad is not in the journal. */
    private static void assertOrder(Path journal) {
        for (int partition = 0; partition < PARTITIONS; partition++) {
            String prefix = partition + "-";
            List<Integer> numbers = lines(journal).stream()
                    .map(line -> line.replaceAll("^[a-z]+", ""))
                    .filter(line -> line.startsWith(prefix))
                    .map(line -> Integer.valueOf(line.substring(prefix.length())))
                    .distinct()
                    .toList();
            assertThat(numbers).isSorted();
        }
    }

    /**
     * What the child runs.
     */
    @Configuration(proxyBeanMethods = false)
    @EnableAutoConfiguration
    @Import(Journal.class)
    static class Main {

        public static void main(String[] arguments) {
            SpringApplication.run(Main.class, arguments);
        }
    }

    static class Journal {

        private final OutputStream journal;

        private final Set<String> failedBefore = new HashSet<>();

        Journal(Environment environment) throws IOException {
            this.journal = Files.newOutputStream(
                    Path.of(environment.getRequiredProperty("test.journal")), StandardOpenOption.APPEND);
        }

        @KafkaListener(id = "orders", topics = "${test.topic}", idIsGroup = false)
        void handle(ConsumerRecord<String, String> record) throws IOException {
            LockSupport.parkNanos(200_000);
            if (record.value().startsWith("bad")) {
                throw new BadDataException("bad");
            }
            if (record.value().startsWith("flaky") && this.failedBefore.add(record.value())) {
                throw new IllegalStateException("the first time");
            }
            this.journal.write((record.value() + "\n").getBytes(StandardCharsets.UTF_8));
        }
    }
}
