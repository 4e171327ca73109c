package io.github.resilientkafka.store;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.List;
import java.util.UUID;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * A statement and its parameters, set one after the other: columns of many rows become one array each.
 */
final class PostgresParameters implements AutoCloseable {

    private final Connection connection;

    private final PreparedStatement statement;

    private int index;

    PostgresParameters(Connection connection, String sql) throws SQLException {
        this.connection = connection;
        this.statement = connection.prepareStatement(sql);
    }

    PostgresParameters text(String value) throws SQLException {
        this.statement.setString(++this.index, value);
        return this;
    }

    /**
     * Sets namespace and channel.
     */
    PostgresParameters scope(StoreScope scope) throws SQLException {
        return text(scope.namespace()).text(scope.channel());
    }

    PostgresParameters number(long value) throws SQLException {
        this.statement.setLong(++this.index, value);
        return this;
    }

    PostgresParameters instant(Instant value) throws SQLException {
        this.statement.setObject(++this.index, JdbcEventStore.timestamp(value));
        return this;
    }

    <T> PostgresParameters integers(List<T> rows, Function<T, @Nullable Integer> column) throws SQLException {
        return array("int4", column(rows, column, new Integer[rows.size()]));
    }

    <T> PostgresParameters longs(List<T> rows, Function<T, Long> column) throws SQLException {
        return array("int8", column(rows, column, new Long[rows.size()]));
    }

    <T> PostgresParameters texts(List<T> rows, Function<T, @Nullable String> column) throws SQLException {
        return array("text", column(rows, column, new String[rows.size()]));
    }

    /**
     * UUIDs, as texts to be cast: the driver has no binary form for an array of them, and escapes each character.
     */
    <T> PostgresParameters uuids(List<T> rows, Function<T, UUID> column) throws SQLException {
        return texts(rows, row -> column.apply(row).toString());
    }

    <T> PostgresParameters bytes(List<T> rows, Function<T, byte @Nullable []> column) throws SQLException {
        return array("bytea", column(rows, column, new byte[rows.size()][]));
    }

    /**
     * Instants, as microseconds since 1970: exact, and sent as numbers.
     */
    <T> PostgresParameters instants(List<T> rows, Function<T, Instant> column) throws SQLException {
        return longs(rows, row -> micros(column.apply(row)));
    }

    int update() throws SQLException {
        return this.statement.executeUpdate();
    }

    ResultSet query() throws SQLException {
        return this.statement.executeQuery();
    }

    @Override
    public void close() throws SQLException {
        this.statement.close();
    }

    private PostgresParameters array(String type, @Nullable Object[] values) throws SQLException {
        this.statement.setArray(++this.index, this.connection.createArrayOf(type, values));
        return this;
    }

    private static <T, C extends @Nullable Object> C[] column(List<T> rows, Function<T, C> column, C[] target) {
        for (int i = 0; i < target.length; i++) {
            target[i] = column.apply(rows.get(i));
        }
        return target;
    }

    private static long micros(Instant instant) {
        return Math.addExact(Math.multiplyExact(instant.getEpochSecond(), 1_000_000L), instant.getNano() / 1_000L);
    }
}
