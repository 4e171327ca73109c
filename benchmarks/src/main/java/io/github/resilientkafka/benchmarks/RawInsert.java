package io.github.resilientkafka.benchmarks;

import io.github.resilientkafka.message.EventIds;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.temporal.ChronoUnit;
import java.util.Arrays;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;

/**
 * The fastest way known to get rows into the table: two threads, each inserting 500 at a time with one statement that
 * is prepared once. The rows are copies of one that our publisher stored, but for ids, lanes and keys; all but the ids is put together
 * before time is taken.
 */
final class RawInsert {

    private static final int BATCH = 500;

    private static final int LANES = 64;

    private static final String SQL = """
            insert into failed_kafka_events (row_id, event_id, scope, namespace, channel, lane, topic, partition_no,
                   record_timestamp, record_key, key_text, payload, headers, event_type, status, failure_kind, attempts,
                   next_attempt_at, error_type, error_message, created_at, updated_at)
            select row_id::uuid, event_id::uuid, ?, ?, ?, lane, topic, partition_no, record_timestamp, record_key, key_text,
                   payload, headers, event_type, 'PENDING', failure_kind, 0,
                   timestamptz 'epoch' + next_attempt_at * interval '1 microsecond', error_type, error_message,
                   timestamptz 'epoch' + created_at * interval '1 microsecond',
                   timestamptz 'epoch' + created_at * interval '1 microsecond'
              from unnest(?::text[], ?::text[], ?::int4[], ?::text[], ?::int4[], ?::int8[], ?::bytea[], ?::text[],
                   ?::bytea[], ?::text[], ?::text[], ?::text[], ?::int8[], ?::text[], ?::text[], ?::int8[])
                as u(row_id, event_id, lane, topic, partition_no, record_timestamp, record_key, key_text,
                     payload, headers, event_type, failure_kind, next_attempt_at, error_type, error_message, created_at)
            """;

    private final Servers servers;

    private final long scope;

    private final String namespace;

    private final String channel;

    /** Columns in the statement's order, as type and values. */
    private final Object[][] columns;

    private final String[] types = {
        "int4", "text", "int4", "int8", "bytea", "text", "bytea", "text", "text", "text", "int8", "text", "text", "int8"
    };

    private RawInsert(Servers servers, ResultSet model) throws SQLException {
        this.servers = servers;
        this.scope = model.getLong("scope");
        this.namespace = model.getString("namespace");
        this.channel = model.getString("channel");
        this.columns = new Object[][] {
            IntStream.range(0, BATCH).mapToObj(i -> i % LANES).toArray(Integer[]::new),
            repeated(model.getString("topic")),
            new Integer[BATCH],
            filled(new Long[BATCH], model.getLong("record_timestamp")),
            IntStream.range(0, BATCH).mapToObj(Events::keyBytes).toArray(byte[][]::new),
            IntStream.range(0, BATCH).mapToObj(Events::key).toArray(String[]::new),
            IntStream.range(0, BATCH).mapToObj(Events::value).toArray(byte[][]::new),
            repeated(model.getString("headers")),
            repeated(model.getString("event_type")),
            repeated(model.getString("failure_kind")),
            filled(new Long[BATCH], micros(model, "next_attempt_at")),
            repeated(model.getString("error_type")),
            repeated(model.getString("error_message")),
            filled(new Long[BATCH], micros(model, "created_at"))
        };
    }

    /**
     * Takes a stored row as the model.
     */
    static RawInsert like(Servers servers) throws SQLException {
        try (Connection connection = servers.connect();
                Statement statement = connection.createStatement();
                ResultSet model = statement.executeQuery("select * from " + Database.EVENTS + " limit 1")) {
            model.next();
            return new RawInsert(servers, model);
        }
    }

    private static long micros(ResultSet model, String column) throws SQLException {
        return ChronoUnit.MICROS.between(
                Instant.EPOCH, model.getObject(column, OffsetDateTime.class).toInstant());
    }

    private static String[] repeated(String value) {
        return filled(new String[BATCH], value);
    }

    private static <T> T[] filled(T[] array, T value) {
        Arrays.fill(array, value);
        return array;
    }

    static int roundedUp(int rows) {
        return (rows + BATCH - 1) / BATCH * BATCH;
    }

    /**
     * Inserts so many rows, a multiple of {@value #BATCH}.
     */
    void run(int rows) throws Exception {
        AtomicInteger left = new AtomicInteger(rows / BATCH);
        TwoThreads.run(() -> {
            try (Connection connection = this.servers.connect();
                    PreparedStatement statement = connection.prepareStatement(SQL)) {
                while (left.getAndDecrement() > 0) {
                    insert(connection, statement);
                }
            }
            return null;
        });
    }

    private void insert(Connection connection, PreparedStatement statement) throws SQLException {
        int parameter = 1;
        statement.setLong(parameter++, this.scope);
        statement.setString(parameter++, this.namespace);
        statement.setString(parameter++, this.channel);
        statement.setArray(parameter++, connection.createArrayOf("text", ids()));
        statement.setArray(parameter++, connection.createArrayOf("text", ids()));
        for (int i = 0; i < this.columns.length; i++) {
            statement.setArray(parameter++, connection.createArrayOf(this.types[i], this.columns[i]));
        }
        statement.executeUpdate();
    }

    private static String[] ids() {
        long now = System.currentTimeMillis();
        String[] ids = new String[BATCH];
        for (int i = 0; i < BATCH; i++) {
            ids[i] = EventIds.next(now).toString();
        }
        return ids;
    }
}
