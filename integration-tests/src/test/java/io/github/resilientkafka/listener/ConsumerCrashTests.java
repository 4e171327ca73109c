package io.github.resilientkafka.listener;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.github.resilientkafka.TopicReader;
import io.github.resilientkafka.testing.LocalApplication;
import io.github.resilientkafka.testing.LocalKafka;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
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
import org.springframework.kafka.listener.BatchListenerFailedException;

/**
 * A consuming application is killed in the midst of good, flaky and bad records, and started again.
 */
@Tag("unhurried")
class ConsumerCrashTests {

    private static final int PARTITIONS = 3;

    private static final int RECORDS = 1_500;

    private static final int MAX_POLL = 100;

    private static final List<String> LISTENERS = List.of("single", "batches", "collected");

    private final ListenerWorld world = new ListenerWorld(LocalKafka.shared());

    private final String topic = this.world.topic(PARTITIONS);

    @TempDir
    Path directory;

    /**
     * What one of the child's listeners has handled, line by line.
     */
    private record Journal(String listener, Path file) {

        List<String> lines() {
            try {
                String text = Files.readString(this.file);
                return text.substring(0, text.lastIndexOf('\n') + 1).lines().toList();
            } catch (IOException ex) {
                throw new UncheckedIOException(ex);
            }
        }
    }

    @AfterEach
    void close() {
        this.world.close();
    }

    @Test
    @DisplayName(
            "D2, D3, N4, N6: killed twice, listeners of records, of batches and of collected batches lose nothing: every record"
                    + " was handled, in order, or dead-lettered; nothing is committed that was not; duplicates are few and"
                    + " counted")
    void killed() throws Exception {
        for (int number = 0; number < RECORDS; number++) {
            for (int partition = 0; partition < PARTITIONS; partition++) {
                this.world.send(this.topic, partition, kind(number) + partition + "-" + number);
            }
        }
        this.world.flush();
        List<Journal> journals = new ArrayList<>();
        for (String listener : LISTENERS) {
            journals.add(new Journal(listener, Files.createFile(this.directory.resolve(listener))));
        }
        LocalApplication.Builder application = this.world
                .application(this.topic, Main.class)
                .with("test.journals", this.directory)
                .with("spring.kafka.consumer.max-poll-records", MAX_POLL)
                .with("spring.kafka.consumer.properties.session.timeout.ms", 6_000)
                .with("resilient-kafka.listener.pause", "50ms")
                .with("resilient-kafka.listener.instances.collected.batch.collect", true)
                .with("resilient-kafka.listener.instances.collected.batch.read-batch-size", MAX_POLL / 2)
                .with("resilient-kafka.listener.instances.collected.batch.flush-interval", "200ms")
                .inJvmOfItsOwn(Main.class);
        int kills = 2;
        for (int kill = 1; kill <= kills; kill++) {
            int enough = RECORDS * PARTITIONS * kill / 4;
            try (LocalApplication child = application.launch()) {
                await("handled").atMost(Duration.ofSeconds(60)).until(() -> journals.stream()
                        .allMatch(journal -> journal.lines().size() > enough));
                child.kill();
            }
            journals.forEach(this::assertNothingCommittedThatWasNotHandled);
        }
        try (LocalApplication child = application.launch()) {
            await("all committed")
                    .atMost(Duration.ofSeconds(90))
                    .until(() -> child.isRunning() && journals.stream().allMatch(this::isCommitted));
        }
        for (Journal journal : journals) {
            assertNothingCommittedThatWasNotHandled(journal);
            assertOrder(journal);
            int handled = journal.lines().size();
            int duplicates = handled - new HashSet<>(journal.lines()).size();
            System.out.printf(
                    "consumer of %s killed %d times: %d records handled, %d of them twice%n",
                    journal.listener(), kills, handled, duplicates);
            assertThat(duplicates)
                    .as("at most what was polled, or collected, and not committed")
                    .isLessThanOrEqualTo(kills * MAX_POLL);
        }
    }

    /** One in 50 is bad, one in 70 fails the first time. */
    private static String kind(int number) {
        return (number % 50 == 7) ? "bad" : (number % 70 == 9) ? "flaky" : "good";
    }

    private String group(Journal journal) {
        return this.topic + "." + journal.listener();
    }

    private boolean isCommitted(Journal journal) {
        return IntStream.range(0, PARTITIONS)
                .allMatch(partition -> this.world.committed(group(journal), this.topic, partition) == RECORDS);
    }

    private void assertNothingCommittedThatWasNotHandled(Journal journal) {
        Set<String> done = new HashSet<>(journal.lines());
        if (this.world.exists(this.topic + ".dlq")) {
            TopicReader.readAll(this.world.kafka.clientConfig(), this.topic + ".dlq").stream()
                    .filter(record -> group(journal).equals(TopicReader.header(record, "rk_group")))
                    .forEach(record -> done.add(TopicReader.text(record.value())));
        }
        for (int partition = 0; partition < PARTITIONS; partition++) {
            long committed = this.world.committed(group(journal), this.topic, partition);
            for (int number = 0; number < committed; number++) {
                assertThat(done).contains(kind(number) + partition + "-" + number);
            }
        }
    }

    /** Of first occurrences; what was bad is not in the journal. */
    private static void assertOrder(Journal journal) {
        for (int partition = 0; partition < PARTITIONS; partition++) {
            String prefix = partition + "-";
            List<Integer> numbers = journal.lines().stream()
                    .map(line -> line.replaceAll("^[a-z]+", ""))
                    .filter(line -> line.startsWith(prefix))
                    .map(line -> Integer.valueOf(line.substring(prefix.length())))
                    .distinct()
                    .toList();
            assertThat(numbers).isSorted();
        }
    }

    /**
     * What the child runs: three listeners of the same topic, each with a group of its own.
     */
    @Configuration(proxyBeanMethods = false)
    @EnableAutoConfiguration
    @Import(Listeners.class)
    static class Main {

        public static void main(String[] arguments) {
            SpringApplication.run(Main.class, arguments);
        }
    }

    static class Listeners {

        private final Path directory;

        private final Map<String, OutputStream> journals = new ConcurrentHashMap<>();

        private final Set<String> failedBefore = ConcurrentHashMap.newKeySet();

        Listeners(Environment environment) {
            this.directory = Path.of(environment.getRequiredProperty("test.journals"));
        }

        @KafkaListener(id = "single", topics = "${test.topic}", groupId = "${test.topic}.single")
        void handle(ConsumerRecord<String, String> record) {
            handle("single", record);
        }

        @KafkaListener(id = "batches", topics = "${test.topic}", groupId = "${test.topic}.batches", batch = "true")
        void handleBatch(List<ConsumerRecord<String, String>> records) {
            handleAll("batches", records);
        }

        @KafkaListener(id = "collected", topics = "${test.topic}", groupId = "${test.topic}.collected", batch = "true")
        void handleCollected(List<ConsumerRecord<String, String>> records) {
            handleAll("collected", records);
        }

        private void handleAll(String listener, List<ConsumerRecord<String, String>> records) {
            for (ConsumerRecord<String, String> record : records) {
                try {
                    handle(listener, record);
                } catch (RuntimeException ex) {
                    throw new BatchListenerFailedException("one of them", ex, record);
                }
            }
        }

        private void handle(String listener, ConsumerRecord<String, String> record) {
            LockSupport.parkNanos(200_000);
            if (record.value().startsWith("bad")) {
                throw new BadDataException("bad");
            }
            if (record.value().startsWith("flaky") && this.failedBefore.add(listener + record.value())) {
                throw new IllegalStateException("the first time");
            }
            try {
                this.journals
                        .computeIfAbsent(listener, this::open)
                        .write((record.value() + "\n").getBytes(StandardCharsets.UTF_8));
            } catch (IOException ex) {
                throw new UncheckedIOException(ex);
            }
        }

        private OutputStream open(String listener) {
            try {
                return Files.newOutputStream(this.directory.resolve(listener), StandardOpenOption.APPEND);
            } catch (IOException ex) {
                throw new UncheckedIOException(ex);
            }
        }
    }
}
