package io.github.resilientkafka.publisher;

import static io.github.resilientkafka.TestApplication.unique;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.resilientkafka.EventTables;
import io.github.resilientkafka.TestApplication;
import io.github.resilientkafka.store.EventStatus;
import io.github.resilientkafka.testing.LocalApplication;
import io.github.resilientkafka.testing.LocalKafka;
import io.github.resilientkafka.testing.LocalPostgres;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.BitSet;
import java.util.List;
import java.util.Properties;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Published faster than anything absorbs, in a JVM with a heap of 256 MB and the budget as it comes. W1, W5.
 */
class BudgetTests {

    private static final Duration PATIENCE = Duration.ofSeconds(120);

    private static final long HEAP = 256L * 1024 * 1024;

    private final LocalKafka kafka = LocalKafka.shared();

    private final LocalPostgres postgres = LocalPostgres.shared();

    private final String topic = unique("flood");

    private final String database = this.postgres.createDatabase(unique("flood"));

    private final EventTables tables = new EventTables(this.postgres, this.database);

    @TempDir
    private Path directory;

    @ParameterizedTest(name = "values of {0} bytes")
    @ValueSource(ints = {512, 16_384})
    @DisplayName(
            "W1: 8 threads publish without a pause, broker well, then frozen, then the database as well: what does not"
                    + " fit fails at once, what was accepted is durable in the end, and the heap stays flat")
    void flood(int valueLength) throws Exception {
        this.kafka.createTopic(this.topic, 4);
        LocalApplication.Builder application = TestApplication.on(this.kafka, this.postgres)
                .database(this.database)
                .with("resilient-kafka.retry.interval", "1s")
                .with(TightLoop.DIRECTORY, this.directory)
                .with(TightLoop.TOPIC, this.topic)
                .with(TightLoop.VALUE_LENGTH, valueLength)
                .inJvmOfItsOwn(TightLoop.Main.class);
        try (LocalApplication child = application
                .jvmOptions("-Xmx256m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-XX:+ExitOnOutOfMemoryError")
                .launch()) {
            int many = 25_000_000 / valueLength;
            Properties healthy = await(child, state -> number(state, "durable") > many && number(state, "full") > many);
            report("healthy", healthy);

            this.kafka.freeze();
            await(child, state -> this.tables.count(EventStatus.PENDING) > many / 2);
            report("broker frozen", state());

            this.postgres.freeze();
            long before = number(state(), "full");
            await(child, state -> number(state, "full") > before + many);
            long stuck = number(await(child, new Settled()), "accepted");
            await(child, state -> number(state, "full") > before + 5L * many);
            report("both frozen", state());
            assertThat(number(state(), "accepted"))
                    .as("accepted while nothing absorbs")
                    .isEqualTo(stuck);

            this.postgres.thaw();
            this.kafka.thaw();
            Files.createFile(this.directory.resolve("stop"));
            Properties end = await(child, state -> state.containsKey("used-at-end"));
            Awaitility.await("no row pending")
                    .atMost(PATIENCE)
                    .until(() -> this.tables.count(EventStatus.PENDING) == 0);
            report("end", end);

            assertThat(number(end, "failed")).as("accepted, then lost").isZero();
            assertThat(number(end, "durable")).isEqualTo(number(end, "accepted"));
            assertThat(number(end, "full")).isPositive();
            assertThat(number(end, "used-at-end"))
                    .as("heap in the end, with the producer's buffers")
                    .isLessThan(HEAP * 2 / 3);
            assertThat(child.log()).doesNotContain("OutOfMemoryError");
            assertAllThere(end);
        } finally {
            this.postgres.thaw();
            this.kafka.thaw();
        }
    }

    /** Every number that was accepted, and none that was not. */
    private void assertAllThere(Properties end) {
        BitSet[] found = Stream.generate(BitSet::new).limit(TightLoop.THREADS).toArray(BitSet[]::new);
        try (KafkaConsumer<byte[], byte[]> consumer = new KafkaConsumer<>(
                this.kafka.clientConfig(), new ByteArrayDeserializer(), new ByteArrayDeserializer())) {
            List<TopicPartition> partitions = consumer.partitionsFor(this.topic).stream()
                    .map(partition -> new TopicPartition(this.topic, partition.partition()))
                    .toList();
            consumer.assign(partitions);
            consumer.seekToBeginning(partitions);
            var ends = consumer.endOffsets(partitions);
            while (partitions.stream().anyMatch(partition -> consumer.position(partition) < ends.get(partition))) {
                consumer.poll(Duration.ofMillis(200)).forEach(record -> {
                    String[] parts = new String(record.value(), 0, 20, StandardCharsets.UTF_8).split("-");
                    found[Integer.parseInt(parts[0])].set(Integer.parseInt(parts[1]));
                });
            }
        }
        for (int i = 0; i < TightLoop.THREADS; i++) {
            int accepted = (int) number(end, "accepted-" + i);
            assertThat(found[i].cardinality()).as("events of thread " + i).isEqualTo(accepted);
            assertThat(found[i].length()).isEqualTo(accepted);
        }
    }

    private Properties await(LocalApplication child, Predicate<Properties> condition) {
        Awaitility.await("the child")
                .atMost(PATIENCE)
                .pollInterval(Duration.ofMillis(100))
                .failFast("the child is gone", () -> !child.isRunning())
                .until(() -> condition.test(state()));
        return state();
    }

    private Properties state() {
        Properties state = new Properties();
        Path file = this.directory.resolve("state");
        if (Files.exists(file)) {
            try (var in = Files.newInputStream(file)) {
                state.load(in);
            } catch (IOException ex) {
                throw new UncheckedIOException(ex);
            }
        }
        return state;
    }

    private static long number(Properties state, String name) {
        return Long.parseLong(state.getProperty(name, "0"));
    }

    private static void report(String when, Properties state) {
        System.out.println("REPORT " + when + ": " + state);
    }

    /** Nothing was accepted between two looks, ten times in a row. */
    private static final class Settled implements Predicate<Properties> {

        private long last = -1;

        private int times;

        @Override
        public boolean test(Properties state) {
            long accepted = number(state, "accepted");
            this.times = (accepted == this.last) ? this.times + 1 : 0;
            this.last = accepted;
            return this.times == 10;
        }
    }
}
