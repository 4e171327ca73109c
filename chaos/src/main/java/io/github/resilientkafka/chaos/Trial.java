package io.github.resilientkafka.chaos;

import io.github.resilientkafka.chaos.Conductor.Occurrence;
import io.github.resilientkafka.chaos.Evidence.DeadLetter;
import io.github.resilientkafka.chaos.Evidence.LogRecord;
import io.github.resilientkafka.chaos.Evidence.RowChange;
import io.github.resilientkafka.chaos.Evidence.StoredRow;
import io.github.resilientkafka.chaos.Evidence.Undeliverable;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.jspecify.annotations.Nullable;

/**
 * One trial: the world is built, loaded and struck, then left in peace, and then looked at.
 */
final class Trial {

    /** How long everything may take to come to rest after the last fault. */
    private static final Duration PATIENCE = Duration.ofSeconds(120);

    /** The header that says whose handler failed. */
    private static final String GROUP = "rk_group";

    private final Path directory;

    private final int instances;

    private final int rate;

    private final List<String> settings;

    /**
     * @param directory an empty one, where the journals and logs stay
     * @param rate events per second and instance
     * @param settings more arguments for the applications
     */
    Trial(Path directory, int instances, int rate, List<String> settings) {
        this.directory = directory;
        this.instances = instances;
        this.rate = rate;
        this.settings = settings;
    }

    /**
     * @param visitor is shown the world before anything is published
     */
    Evidence run(FaultPlan plan, Consumer<World> visitor) throws Exception {
        try (World world = new World(this.directory, this.instances, this.rate, this.settings);
                CommitWatch watch = new CommitWatch(world)) {
            Ledger ledger = new Ledger(world.postgres());
            visitor.accept(world);
            long start = System.nanoTime();
            world.switches().load(true);
            List<Occurrence> faults = new Conductor(world).carryOut(plan);
            world.switches().load(false);
            long loadNanos = System.nanoTime() - start;
            // What an instance stored while its clock was ahead would be due in an hour.
            world.instances().forEach(instance -> instance.switches().clockOffset(Duration.ofHours(3)));
            String unrest = Stream.of(awaitRest(world, watch), watch.finish())
                    .filter(Objects::nonNull)
                    .collect(Collectors.joining("; "));
            world.instances().forEach(Instance::stop);
            List<Entry> journals = new ArrayList<>();
            world.instances().forEach(instance -> journals.addAll(instance.journal()));
            List<RowChange> changes = ledger.changes();
            return new Evidence(
                    journals,
                    records(world),
                    deadLetters(world, changes),
                    undeliverable(world),
                    rows(world),
                    changes,
                    watch.commits(),
                    faults,
                    this.rate * Duration.ofNanos(loadNanos).toMillis() / 1_000,
                    unrest.isEmpty() ? null : unrest);
        }
    }

    /** Returns what did not come to rest, if anything. */
    private static @Nullable String awaitRest(World world, CommitWatch watch) throws Exception {
        long deadline = System.nanoTime() + PATIENCE.toNanos();
        while (true) {
            List<String> open = new ArrayList<>();
            rows(world).stream()
                    .filter(row -> !row.isAtRest())
                    .limit(5)
                    .map(StoredRow::toString)
                    .forEach(open::add);
            try {
                open.addAll(watch.behind());
            } catch (ExecutionException ex) {
                open.add("Kafka does not answer: " + ex.getCause());
            }
            if (open.isEmpty()) {
                return null;
            }
            if (System.nanoTime() - deadline > 0) {
                return String.join("; ", open);
            }
            TimeUnit.MILLISECONDS.sleep(500);
        }
    }

    private static List<LogRecord> records(World world) {
        return World.TOPICS.keySet().stream()
                .flatMap(topic -> read(world, topic).stream())
                .map(Trial::logRecord)
                .toList();
    }

    private static LogRecord logRecord(ConsumerRecord<String, String> each) {
        return new LogRecord(
                new Position(each.topic(), each.partition(), each.offset()),
                each.timestamp(),
                String.valueOf(each.key()),
                headers(each).getOrDefault("ce_id", "none"),
                Payload.parse(each.value()));
    }

    private static List<DeadLetter> deadLetters(World world, List<RowChange> changes) {
        Map<String, Long> stored = new HashMap<>();
        changes.stream()
                .filter(change -> change.headers().containsKey(GROUP))
                .forEach(change -> stored.merge(taskOf(change.headers()), change.millis(), Long::min));
        return allDeadLetters(world)
                .filter(each -> headers(each).containsKey(GROUP))
                .map(each -> new DeadLetter(
                        positionOf(headers(each)),
                        required(headers(each), GROUP),
                        Math.min(each.timestamp(), stored.getOrDefault(taskOf(headers(each)), Long.MAX_VALUE)),
                        logRecord(each)))
                .toList();
    }

    private static List<Undeliverable> undeliverable(World world) {
        return allDeadLetters(world)
                .filter(each -> !headers(each).containsKey(GROUP))
                .map(each ->
                        new Undeliverable(Integer.parseInt(required(headers(each), "rk_attempts")), logRecord(each)))
                .toList();
    }

    private static Stream<ConsumerRecord<String, String>> allDeadLetters(World world) {
        return World.TOPICS.keySet().stream().flatMap(topic -> read(world, topic + World.DEAD_LETTERS).stream());
    }

    private static Map<String, String> headers(ConsumerRecord<?, ?> letter) {
        Map<String, String> headers = new HashMap<>();
        letter.headers()
                .forEach(header -> headers.put(header.key(), new String(header.value(), StandardCharsets.UTF_8)));
        return headers;
    }

    private static String taskOf(Map<String, String> headers) {
        return required(headers, GROUP) + " " + positionOf(headers);
    }

    private static Position positionOf(Map<String, String> headers) {
        return new Position(
                required(headers, "rk_original_topic"),
                Integer.parseInt(required(headers, "rk_original_partition")),
                Long.parseLong(required(headers, "rk_original_offset")));
    }

    private static String required(Map<String, String> headers, String name) {
        return Objects.requireNonNull(headers.get(name), name);
    }

    /** Reads a topic, partition by partition; one that is not there is empty. */
    private static List<ConsumerRecord<String, String>> read(World world, String topic) {
        List<ConsumerRecord<String, String>> records = new ArrayList<>();
        try (KafkaConsumer<String, String> consumer =
                new KafkaConsumer<>(world.kafka().adminConfig(), new StringDeserializer(), new StringDeserializer())) {
            if (!consumer.listTopics().containsKey(topic)) {
                return records;
            }
            List<TopicPartition> partitions = consumer.partitionsFor(topic).stream()
                    .map(partition -> new TopicPartition(topic, partition.partition()))
                    .toList();
            consumer.assign(partitions);
            consumer.seekToBeginning(partitions);
            var ends = consumer.endOffsets(partitions);
            while (partitions.stream()
                    .anyMatch(partition -> consumer.position(partition) < ends.getOrDefault(partition, 0L))) {
                consumer.poll(Duration.ofMillis(200)).forEach(records::add);
            }
        }
        records.sort(Comparator.<ConsumerRecord<String, String>>comparingInt(ConsumerRecord::partition)
                .thenComparingLong(ConsumerRecord::offset));
        return records;
    }

    private static List<StoredRow> rows(World world) throws SQLException {
        List<StoredRow> rows = new ArrayList<>();
        try (Connection connection = Ledger.connect(world.postgres());
                Statement statement = connection.createStatement();
                ResultSet result = statement.executeQuery(
                        "select status, topic, convert_from(substring(payload for 60), 'UTF8'), attempts"
                                + " from failed_kafka_events where status <> 'RESOLVED' order by id")) {
            while (result.next()) {
                rows.add(new StoredRow(
                        result.getString(1),
                        result.getString(2),
                        Payload.parse(result.getString(3)),
                        result.getInt(4)));
            }
        }
        return rows;
    }
}
