package io.github.resilientkafka.benchmarks;

import io.github.resilientkafka.message.HeaderCodec;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.jspecify.annotations.Nullable;

/**
 * The drain that many would write, done as well as it can be: two threads, each with a producer of its own; claim 1,000
 * rows by locking them, send them all, flush, mark or delete them with one statement, commit. It keeps no order of keys, holds a
 * transaction open while it sends, and does nothing for what fails.
 */
final class IdealLoop {

    static final String TABLE = "ideal_events";

    private static final int BATCH = 1_000;

    private static final String CLAIM = """
            select id, topic, partition_no, record_timestamp, record_key, payload, headers
              from ideal_events
             where status = 'PENDING' and next_attempt_at <= now()
             order by next_attempt_at, id
             limit ?
               for update skip locked""";

    /**
     * The indexes of its table: what a row has to be entered in when it is written again.
     */
    enum Indexes {

        /** The primary key, and the one that its claim needs. */
        ITS_OWN(", primary key (id)"),

        /** All of {@code failed_kafka_events} besides: whoever wants to find an event needs them, whatever drains the table. */
        OURS_TOO(" including indexes");

        private final String clause;

        Indexes(String clause) {
            this.clause = clause;
        }
    }

    private final Servers servers;

    private final Supplier<Producer<byte[], byte[]>> producers;

    private final DrainEnd end;

    IdealLoop(Servers servers, Supplier<Producer<byte[], byte[]>> producers, DrainEnd end) {
        this.servers = servers;
        this.producers = producers;
        this.end = end;
    }

    /**
     * Makes its table, with our columns.
     */
    static void createTable(Database database, Indexes indexes) throws SQLException {
        database.execute(
                "create table ideal_events (like " + Database.EVENTS + " including identity" + indexes.clause + ")",
                "create index on ideal_events (next_attempt_at, id) where status = 'PENDING'");
    }

    /**
     * Opens connections and producers, so that they are there when time is taken.
     */
    List<Worker> open() throws SQLException {
        List<Worker> workers = new ArrayList<>();
        for (int i = 0; i < TwoThreads.COUNT; i++) {
            Producer<byte[], byte[]> producer = this.producers.get();
            producer.partitionsFor(Servers.TOPIC);
            workers.add(new Worker(connect(), producer, this.end.idealSettle()));
        }
        return workers;
    }

    private Connection connect() throws SQLException {
        Connection connection = DriverManager.getConnection(
                // Rows come in binary form from the first time on.
                this.servers.postgres().jdbcUrl() + "?prepareThreshold=1",
                this.servers.postgres().username(),
                this.servers.postgres().password());
        connection.setAutoCommit(false);
        return connection;
    }

    /**
     * One thread's part.
     */
    static final class Worker implements AutoCloseable {

        private final Connection connection;

        private final Producer<byte[], byte[]> producer;

        private final String settle;

        private final AtomicReference<@Nullable Exception> failure = new AtomicReference<>();

        private Worker(Connection connection, Producer<byte[], byte[]> producer, String settle) {
            this.connection = connection;
            this.producer = producer;
            this.settle = settle;
        }

        void drain() throws Exception {
            try (PreparedStatement claim = this.connection.prepareStatement(CLAIM);
                    PreparedStatement settle = this.connection.prepareStatement(this.settle)) {
                claim.setInt(1, BATCH);
                List<Long> ids = send(claim);
                while (!ids.isEmpty()) {
                    this.producer.flush();
                    Exception failed = this.failure.get();
                    if (failed != null) {
                        throw failed;
                    }
                    settle.setArray(1, this.connection.createArrayOf("int8", ids.toArray()));
                    settle.executeUpdate();
                    this.connection.commit();
                    ids = send(claim);
                }
                this.connection.commit();
            }
        }

        private List<Long> send(PreparedStatement claim) throws SQLException {
            List<Long> ids = new ArrayList<>(BATCH);
            try (ResultSet row = claim.executeQuery()) {
                while (row.next()) {
                    ids.add(row.getLong("id"));
                    this.producer.send(
                            new ProducerRecord<>(
                                    row.getString("topic"),
                                    row.getObject("partition_no", Integer.class),
                                    row.getLong("record_timestamp"),
                                    row.getBytes("record_key"),
                                    row.getBytes("payload"),
                                    HeaderCodec.decode(row.getString("headers"))),
                            (metadata, exception) -> {
                                if (exception != null) {
                                    this.failure.set(exception);
                                }
                            });
                }
            }
            return ids;
        }

        @Override
        public void close() throws SQLException {
            this.producer.close();
            this.connection.close();
        }
    }
}
