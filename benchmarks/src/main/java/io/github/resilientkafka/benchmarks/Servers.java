package io.github.resilientkafka.benchmarks;

import io.github.resilientkafka.testing.LocalKafka;
import io.github.resilientkafka.testing.LocalPostgres;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.common.TopicPartition;

/**
 * A broker with the options of Kafka's own start script, and a PostgreSQL that does force its log to disk.
 *
 * @param kafka the broker, with a topic
 * @param postgres the database server
 */
record Servers(LocalKafka kafka, LocalPostgres postgres) implements AutoCloseable {

    static final String TOPIC = "events";

    static final int PARTITIONS = 6;

    /** For the report. */
    static final String KAFKA_SETTINGS =
            "one broker, 1 GB heap, G1, one topic of " + PARTITIONS + " partitions, old segments deleted early";

    /** For the report. */
    static final String POSTGRES_SETTINGS =
            "defaults (fsync, synchronous_commit, shared_buffers 128 MB), but autovacuum off: tables are vacuumed and"
                    + " analysed before each round, for both sides alike";

    static Servers launch() {
        LocalKafka kafka = LocalKafka.builder()
                .heap("1g")
                .jvmOptions(
                        "-XX:+UseG1GC", "-XX:MaxGCPauseMillis=20", "-XX:InitiatingHeapOccupancyPercent=35", "-Xms1g")
                // Gigabytes are written: what nobody reads must not fill the disk, nor its queue.
                .property("log.segment.bytes", 32 * 1024 * 1024)
                .property("log.retention.bytes", 64 * 1024 * 1024)
                .property("log.retention.check.interval.ms", 2_000)
                .property("log.segment.delete.delay.ms", 1_000)
                .launch();
        try {
            kafka.createTopic(TOPIC, PARTITIONS);
            return new Servers(kafka, launchPostgres());
        } catch (RuntimeException | Error ex) {
            kafka.close();
            throw ex;
        }
    }

    static LocalPostgres launchPostgres() {
        return LocalPostgres.builder()
                .setting("fsync", "on")
                .setting("autovacuum", "off")
                .launch();
    }

    Connection connect() throws SQLException {
        return DriverManager.getConnection(this.postgres.jdbcUrl(), this.postgres.username(), this.postgres.password());
    }

    /**
     * How many records the topic has ever got.
     */
    long records() throws Exception {
        Map<TopicPartition, OffsetSpec> partitions = IntStream.range(0, PARTITIONS)
                .mapToObj(partition -> new TopicPartition(TOPIC, partition))
                .collect(Collectors.toMap(partition -> partition, partition -> OffsetSpec.latest()));
        try (Admin admin = Admin.create(this.kafka.adminConfig())) {
            return admin.listOffsets(partitions).all().get().values().stream()
                    .mapToLong(offset -> offset.offset())
                    .sum();
        }
    }

    void requireRecords(long expected) throws Exception {
        long found = records();
        if (found != expected) {
            throw new IllegalStateException(found + " records in the topic, not " + expected);
        }
    }

    @Override
    public void close() {
        this.kafka.close();
        this.postgres.close();
    }
}
