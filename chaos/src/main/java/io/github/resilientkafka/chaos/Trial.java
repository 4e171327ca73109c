package io.github.resilientkafka.chaos;

import io.github.resilientkafka.chaos.Conductor.Occurrence;
import io.github.resilientkafka.chaos.Evidence.DeadLetter;
import io.github.resilientkafka.chaos.Evidence.LogRecord;
import io.github.resilientkafka.chaos.Evidence.StoredRow;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
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
            visitor.accept(world);
            world.switches().load(true);
            List<Occurrence> faults = new Conductor(world).carryOut(plan);
            world.switches().load(false);
            String unrest = awaitRest(world, watch);
            world.instances().forEach(Instance::stop);
            List<Entry> journals = new ArrayList<>();
            world.instances().forEach(instance -> journals.addAll(instance.journal()));
            return new Evidence(
                    journals, records(world), deadLetters(world), rows(world), watch.commits(), faults, unrest);
        }
    }

    /** Returns what did not come to rest, if anything. */
    private static @Nullable String awaitRest(World world, CommitWatch watch) throws Exception {
        long deadline = System.nanoTime() + PATIENCE.toNanos();
        while (true) {
            List<String> open = new ArrayList<>();
            rows(world).stream().limit(5).map(StoredRow::toString).forEach(open::add);
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
                .map(each -> new LogRecord(
                        new Position(each.topic(), each.partition(), each.offset()),
                        each.timestamp(),
                        each.key(),
                        Payload.parse(each.value())))
                .toList();
    }

    private static List<DeadLetter> deadLetters(World world) {
        return World.TOPICS.keySet().stream()
                .flatMap(topic -> read(world, topic + ".dlq").stream())
                .map(each -> new DeadLetter(
                        new Position(
                                header(each, "rk_original_topic"),
                                Integer.parseInt(header(each, "rk_original_partition")),
                                Long.parseLong(header(each, "rk_original_offset"))),
                        header(each, "rk_group"),
                        Payload.parse(each.value())))
                .toList();
    }

    private static String header(ConsumerRecord<?, ?> letter, String name) {
        return new String(letter.headers().lastHeader(name).value(), StandardCharsets.UTF_8);
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
        try (Connection connection = DriverManager.getConnection(
                        world.postgres().jdbcUrl(),
                        world.postgres().username(),
                        world.postgres().password());
                Statement statement = connection.createStatement();
                ResultSet result =
                        statement.executeQuery("select status, topic, convert_from(payload, 'UTF8'), attempts"
                                + " from failed_kafka_events where status <> 'RESOLVED' order by id")) {
            while (result.next()) {
                rows.add(
                        new StoredRow(result.getString(1), result.getString(2), result.getString(3), result.getInt(4)));
            }
        }
        return rows;
    }
}
